"""The splits of TensorFlow Datasets data sets, such as `tfds:imdb_reviews/train`.

A name may hold a config, a version and a slice: `tfds:glue/sst2:2.0.0/train[:10%]`. Data sets lie
below `~/tensorflow_datasets`, or below the folder that `TFDS_DATA_DIR` names. One that is not there
is downloaded and prepared, once, by TensorFlow Datasets' own code.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import tensorflow_datasets as tfds

from pipeline.errors import InputError

PREFIX = "tfds:"
EXPECTED = "tfds:NAME/SPLIT, e.g. tfds:imdb_reviews/train"
SPLITS = {"valid": ("validation", "valid", "dev")}  # what TFDS calls the splits that we call else


class Named(NamedTuple):
    """What a `tfds:` name means; `split` is empty where it names none."""

    builder: Any
    split: str


def read_rows(name: str, columns: Sequence[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yields (row's number from 1, column to value as TFDS gives it, strings as bytes).

    Args:
        name: With a split.
        columns: Names of features.
    """
    builder, split = resolve(name)
    whole = type(builder.info.features) is not tfds.features.FeaturesDict  # TFDS asks so, too
    rows = builder.as_dataset(
        split=split,
        shuffle_files=False,
        read_config=tfds.ReadConfig(interleave_cycle_length=1, try_autocache=False),
        decoders=None if whole else tfds.decode.PartialDecoding(dict.fromkeys(columns, True)),
    )
    yield from enumerate(rows.as_numpy_iterator(), start=1)


def place(name: str, split: str) -> Path:
    """The name as a path, with a split in it: the config's own where it names none.

    The data set is prepared now, if it is not.

    Raises:
        InputError: There is no such data set or split, or it cannot be had.
    """
    builder, stated = resolve(name)
    if not stated:
        known = [each for each in SPLITS.get(split, (split,)) if each in builder.info.splits]
        stated = known[0] if known else split
        name = f"{name}/{stated}"
    try:
        builder.info.splits[stated]
    except (KeyError, ValueError) as error:
        splits = ", ".join(builder.info.splits)
        raise InputError(f"{name}: no split `{stated}`; it has {splits}") from error
    return Path(name)


def files_of(path: Path) -> list[Path]:
    """The files that make a split's content: its records, and what says their version and names."""
    builder, split = resolve(str(path))
    records = {Path(file) for info in builder.info.splits.values() for file in info.filepaths}
    wanted = {Path(file) for file in builder.info.splits[split].filepaths}
    folder = Path(str(builder.data_path))
    return sorted(f for f in folder.iterdir() if f.is_file() and (f in wanted or f not in records))


def resolve(name: str) -> Named:
    """The prepared data set that is meant, and its split if one is named.

    Raises:
        InputError: There is none of that name, or it cannot be had.
    """
    whole = name.removeprefix(PREFIX)
    before, _, last = whole.rpartition("/")
    if not name.startswith(PREFIX) or not whole:
        raise InputError(f"{name}: no name of a TensorFlow Datasets split; expected {EXPECTED}")
    builder, split = _builder(whole), ""
    if builder is None and before:
        builder, split = _builder(before), last
    if builder is None:
        raise InputError(f"{name}: TensorFlow Datasets has none of that name; expected {EXPECTED}")
    if not Path(str(builder.data_path)).exists():
        _prepare(name, builder)
    return Named(builder, split)


def features_of(builder: Any) -> dict[str, Any]:
    """A data set's features by name."""
    return dict(builder.info.features.items())


def require_features(
    name: str, present: Mapping[str, Any], wanted: Iterable[Sequence[str]]
) -> list[str]:
    """Return the features to read: of each group of wanted names those that are present.

    Raises:
        InputError: A group has no present name.
    """
    chosen: list[str] = []
    for names in wanted:
        known = [each for each in names if each in present]
        if not known:
            shown = "` or `".join(dict.fromkeys(names))
            raise InputError(
                f"{name}: no feature `{shown}`; it has {', '.join(present)} (see data.columns)"
            )
        chosen += known
    return list(dict.fromkeys(chosen))


def plain(value: Any) -> Any:
    """Return a value of a row as plain Python; strings in it are decoded.

    Raises:
        UnicodeDecodeError: A string is not UTF-8.
    """
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, bytes):
        return value.decode("utf-8")
    return value.tolist() if hasattr(value, "tolist") else value


def _builder(name: str) -> Any:
    """The builder of that name, None if there is none."""
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            return tfds.builder(name, data_dir=os.environ.get("TFDS_DATA_DIR"))
    except (tfds.core.registered.DatasetNotFoundError, ValueError):  # no such set, no such config
        return None


def _prepare(name: str, builder: Any) -> None:
    where = builder.data_path.parent
    said = f"{name}: not yet below {where}; it is downloaded and prepared, once"
    print(said, file=sys.stderr)
    tfds.disable_progress_bar()
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            builder.download_and_prepare()
    except Exception as error:  # TFDS has no class of its own for what can go wrong here
        said = " ".join(str(error).split())[:300]
        wrong = f"it could not be downloaded and prepared ({type(error).__name__}: {said})"
        raise InputError(f"{name}: {wrong}") from error
