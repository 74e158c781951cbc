"""Splits of TensorFlow Datasets (TFDS) datasets, such as `tfds:imdb_reviews/train`.

A name may contain a config, a version and a slice: `tfds:glue/sst2:2.0.0/train[:10%]`. Datasets are
stored below `~/tensorflow_datasets` or the folder in `TFDS_DATA_DIR`. TFDS downloads and prepares a
missing dataset once.
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
SPLITS = {"valid": ("validation", "valid", "dev")}  # this project's split name to those of TFDS


class TfdsSplit(NamedTuple):
    """The builder and split of a `tfds:` name; `split` is empty if the name has none."""

    builder: Any
    split: str


def read_rows(name: str, columns: Sequence[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield (row number from 1, {column: value from TFDS, strings as bytes}).

    Args:
        name: A `tfds:` name with a split.
        columns: Names of features.
    """
    builder, split = resolve(name)
    whole = type(builder.info.features) is not tfds.features.FeaturesDict  # as TFDS checks it
    rows = builder.as_dataset(
        split=split,
        shuffle_files=False,
        read_config=tfds.ReadConfig(interleave_cycle_length=1, try_autocache=False),
        decoders=None if whole else tfds.decode.PartialDecoding(dict.fromkeys(columns, True)),
    )
    yield from enumerate(rows.as_numpy_iterator(), start=1)


def place(name: str, split: str) -> Path:
    """Return the name as a path that includes a split; add the configured one if it has none.

    Prepares the dataset if necessary.

    Raises:
        InputError: The dataset or split does not exist, or it could not be prepared.
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
    """Return the files that determine a split's content: its records and the metadata files."""
    builder, split = resolve(str(path))
    records = {Path(file) for info in builder.info.splits.values() for file in info.filepaths}
    wanted = {Path(file) for file in builder.info.splits[split].filepaths}
    folder = Path(str(builder.data_path))
    return sorted(f for f in folder.iterdir() if f.is_file() and (f in wanted or f not in records))


def resolve(name: str) -> TfdsSplit:
    """Return the prepared dataset that a `tfds:` name refers to, and its split if it has one.

    Raises:
        InputError: The dataset does not exist, or it could not be prepared.
    """
    whole = name.removeprefix(PREFIX)
    before, _, last = whole.rpartition("/")
    if not name.startswith(PREFIX) or not whole:
        raise InputError(
            f"{name}: not the name of a TensorFlow Datasets split; expected {EXPECTED}"
        )
    builder, split = _builder(whole), ""
    if builder is None and before:
        builder, split = _builder(before), last
    if builder is None:
        raise InputError(f"{name}: unknown to TensorFlow Datasets; expected {EXPECTED}")
    if not Path(str(builder.data_path)).exists():
        _prepare(name, builder)
    return TfdsSplit(builder, split)


def features_of(builder: Any) -> dict[str, Any]:
    """Return the features of a dataset by name."""
    return dict(builder.info.features.items())


def require_features(
    name: str, present: Mapping[str, Any], wanted: Iterable[Sequence[str]]
) -> list[str]:
    """Return the features to read: those names of each group that are present.

    Raises:
        InputError: No name of a group is present.
    """
    features: list[str] = []
    for names in wanted:
        known = [each for each in names if each in present]
        if not known:
            alternatives = "` or `".join(dict.fromkeys(names))
            columns = ", ".join(present)
            raise InputError(
                f"{name}: no feature `{alternatives}`; it has {columns} (see data.columns)"
            )
        features += known
    return list(dict.fromkeys(features))


def plain(value: Any) -> Any:
    """Return a value of a row as plain Python, with strings decoded.

    Raises:
        UnicodeDecodeError: A string is not UTF-8.
    """
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, bytes):
        return value.decode("utf-8")
    return value.tolist() if hasattr(value, "tolist") else value


def _builder(name: str) -> Any:
    """Return the builder of that name, or None."""
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            return tfds.builder(name, data_dir=os.environ.get("TFDS_DATA_DIR"))
    except (tfds.core.registered.DatasetNotFoundError, ValueError):  # unknown dataset or config
        return None


def _prepare(name: str, builder: Any) -> None:
    where = builder.data_path.parent
    message = f"{name}: not found below {where}; downloading and preparing it once"
    print(message, file=sys.stderr)
    tfds.disable_progress_bar()
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            builder.download_and_prepare()
    except Exception as error:  # TFDS has no common error class
        reason = " ".join(str(error).split())[:300]
        wrong = f"could not download and prepare it ({type(error).__name__}: {reason})"
        raise InputError(f"{name}: {wrong}") from error
