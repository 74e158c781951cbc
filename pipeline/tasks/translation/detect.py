"""Detect how a user's file of pairs is to be read."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.datasets import tfds_sets
from pipeline.datasets.lines import UTF_8, read_lines, require
from pipeline.errors import InputError
from pipeline.report.terminal import note
from pipeline.task import Detected, Purpose
from pipeline.tasks.translation import columns
from pipeline.tasks.translation.direction import SIDES, in_direction
from pipeline.tasks.translation.file_format import form_of
from pipeline.tasks.translation.formats import tmx
from pipeline.tasks.translation.languages import language_of
from pipeline.tasks.translation.loader import READERS
from pipeline.tasks.translation.settings import UNKNOWN, DataSettings
from pipeline.userfiles import detect as userfiles
from pipeline.userfiles.adopt import known_columns, on_one_file
from pipeline.userfiles.columns import no_columns, unused
from pipeline.userfiles.detect import (
    MAX_ROWS,
    SPLIT_NAMES,
    TRAIN,
    Sample,
    encoding_of,
    files_beside,
    first_lines,
    format_by_ending,
    format_by_lines,
    is_parquet,
    renamed,
    require_format,
    sample_jsonl,
    sample_parquet,
    sample_table,
    sample_tfds,
)

ENDINGS = {**userfiles.ENDINGS, ".tmx": "tmx", ".jsonl": "jsonl"}
COUPLES = (("source", "target"), ("src", "tgt"), ("src", "trg"))  # endings of aligned files
EXPECTED = (
    "CSV, TSV, JSONL or Parquet with two columns of texts; a TMX file; one of two aligned files,"
    " such as train.en and train.de; tfds:NAME"
)
Found = tuple[dict[str, Any], str]
"""Settings, and what they come from, for a person."""


class Aligned(NamedTuple):
    """Two files that differ in the ending that names their language; the source's first."""

    source: Path
    target: Path

    def of_split(self, name: str) -> Aligned:
        """Return the files with `name` in place of `train`."""
        return Aligned(*(path.with_name(renamed(path.name, name)) for path in self))


def detect(
    path: Path, format_: str | None = None, known: Mapping[str, Any] | None = None
) -> Detected:
    """Return the data section of a config for a file, folder or `tfds:` name.

    Args:
        path: The user's file (the source of two aligned ones), a folder with such, or the name of a
            TensorFlow Datasets data set.
        format_: The format, if the user states it; otherwise it is detected.
        known: Columns, as in `data.columns`, that are preferred to those with usual names.

    Raises:
        InputError: The file has no format that can be read.
    """
    known = known or {}
    require_format(format_, READERS)
    if str(path).startswith(tfds_sets.PREFIX) or format_ == "tfds":
        return _tfds(f"{tfds_sets.PREFIX}{str(path).removeprefix(tfds_sets.PREFIX)}", known)
    if require(path).is_dir():
        return _folder(path, format_, known)
    encoding = encoding_of(path)
    format_ = format_ or _format_of(path, encoding)
    if format_ == "aligned":
        return _aligned(_couple(path), encoding)
    settings: dict[str, Any] = {"format": format_, "files": files_beside(path)}
    if format_ == "tmx":
        more, seen = _tmx(path)
        return Detected(settings | more, f"{path}: {seen}")
    if encoding != UTF_8:
        settings["encoding"] = encoding
    more, seen = _columns(path, format_, encoding, known)
    shown = f", in {encoding}" if encoding != UTF_8 else ""
    return Detected(settings | more, f"{path}: {seen}{shown}")


def adopt(
    data: DataSettings, path: Path, renamed: Mapping[str, Any], purpose: Purpose
) -> DataSettings:
    """Return the settings that read a new file for a model trained with `data`.

    The direction is the model's; logs when source and target are swapped.

    Args:
        data: The model's data settings.
        path: The new file.
        renamed: As in `retrain.columns`.
        purpose: What the file is read for.

    Raises:
        InputError: The file has no format that can be read.
    """
    known = known_columns(form_of(data, TRAIN).columns, renamed)
    detected = detect(path, known=known)
    settings = in_direction(data.languages, detected.settings)
    if any(settings.get(key) != detected.settings.get(key) for key in ("columns", "files")):
        note(f"{detected.seen}; source and target swapped, as the model needs them")
    return on_one_file(data, settings, purpose)


def columns_of(data: DataSettings) -> dict[str, Any]:
    """Return the columns of the training file, as in `data.columns`."""
    return form_of(data, TRAIN).columns.model_dump()


def _format_of(path: Path, encoding: str) -> str:
    if is_parquet(path):
        return "parquet"
    if found := format_by_ending(path, ENDINGS):
        return found
    if _siblings(path):
        return "aligned"
    lines = first_lines(path, encoding)
    if lines and lines[0].lstrip().startswith("<") and any("<tmx" in line for line in lines):
        return "tmx"
    if found := format_by_lines(lines):
        return found
    raise InputError(f"{path}: the format was not recognised; expected {EXPECTED}")


def _columns(path: Path, format_: str, encoding: str, known: Mapping[str, Any]) -> Found:
    settings: dict[str, Any] = {}
    if format_ == "jsonl":
        sample = sample_jsonl(path, encoding, columns.flat)
    elif format_ == "parquet":
        sample = sample_parquet(path, columns.flat)
    else:
        sample, settings["header"] = sample_table(
            path, format_, encoding, lambda rows: columns.has_header(rows, known)
        )
    found = _choose(path, sample, known)
    texts = [[str(row[name]) for row in sample.rows if name in row] for name in found]
    languages, shown = _languages(found, texts)
    settings["columns"] = found._asdict()
    if columns.by_known(sample.names, known):
        settings["columns"] = {side: known[side] for side in SIDES}  # all names of a side
    seen = f"{sample.seen}; source in {found.source}, target in {found.target}{shown}"
    return settings | languages, seen + unused(sample.names, found)


def _choose(path: Path, sample: Sample, known: Mapping[str, Any]) -> columns.PairColumns:
    names = sample.names
    found = (
        columns.by_known(names, known)
        or columns.by_name(names)
        or columns.by_content(names, sample.rows)
    )
    if found is None:
        what, expected = "no two columns of texts", "such as `source` and `target`"
        raise no_columns(path, what, names, expected, SIDES)
    return found


def _languages(names: Sequence[str], texts: Sequence[Sequence[str]]) -> Found:
    """Return the languages that columns or endings name, or otherwise those of the texts."""
    codes = []
    for name, column in zip(names, texts, strict=True):
        named = columns.language_named(name)
        codes.append(named if named != UNKNOWN else language_of(column))
    shown = " to ".join("an unknown language" if code == UNKNOWN else code for code in codes)
    return {"languages": dict(zip(SIDES, codes, strict=True))}, f", {shown}"


def _tmx(path: Path) -> Found:
    codes = tmx.languages_in(path, MAX_ROWS)
    if len(codes) < 2:
        found = ", ".join(codes) or "no language"
        raise InputError(f"{path}: TMX in {found}; expected units in two languages")
    more = f" (also in it: {', '.join(codes[2:])})" if len(codes) > 2 else ""
    languages = {"source": codes[0], "target": codes[1]}
    return {"languages": languages}, f"TMX, {codes[0]} to {codes[1]}{more}"


def _aligned(files: Aligned, encoding: str) -> Detected:
    texts = [
        [line for _, line in itertools.islice(read_lines(path, lambda _: None, encoding), MAX_ROWS)]
        for path in files
    ]
    languages, shown = _languages([_ending(path) for path in files], texts)
    splits = {TRAIN: files}
    for split, names in SPLIT_NAMES.items() if TRAIN in files.source.name else ():
        for other in map(files.of_split, names):
            if split not in splits and all(path.is_file() for path in other):
                splits[split] = other
    settings: dict[str, Any] = {
        "format": "aligned",
        "files": {
            split: {side: str(path) for side, path in both._asdict().items()}
            for split, both in splits.items()
        },
    }
    if encoding != UTF_8:
        settings["encoding"] = encoding
        shown += f", in {encoding}"
    seen = f"{files.source}: aligned with {files.target.name}{shown}"
    return Detected(settings | languages, seen)


def _couple(path: Path) -> Aligned:
    others = _siblings(path)
    if len(others) != 1:
        found = ", ".join(other.name for other in others) or "none"
        expected = "one (or name both in a config: data.files, {source: ..., target: ...})"
        wrong = f"files in another language beside it: {found}"
        raise InputError(f"{path}: {wrong}; expected {expected}")
    return Aligned(path, others[0])


def _siblings(path: Path) -> list[Path]:
    """Return the files whose names differ only in the language at the end."""
    ending = _ending(path)
    mates = [other for pair in COUPLES for other in pair if ending in pair and other != ending]
    return sorted(
        other
        for other in path.parent.iterdir()
        if other.is_file()
        and other != path
        and _stem(other) == _stem(path)
        and (_ending(other) in mates or _are_languages(ending, _ending(other)))
    )


def _are_languages(*endings: str) -> bool:
    return all(columns.language_named(ending) != UNKNOWN for ending in endings)


def _stem(path: Path) -> str:
    return path.name.removesuffix(".gz").rpartition(".")[0]


def _ending(path: Path) -> str:
    return path.name.removesuffix(".gz").rpartition(".")[2]


def _folder(path: Path, format_: str | None, known: Mapping[str, Any]) -> Detected:
    files = sorted(f for f in path.iterdir() if f.is_file() and not f.name.startswith("."))
    training = [file for file in files if file.name.startswith(f"{TRAIN}.")] or files
    sources = [file for file in training if _ending(file) in ("source", "src")]
    if len(training) == 2 and _siblings(training[0]):
        return detect((sources or training)[0], format_, known)
    if len(training) == 1:
        return detect(training[0], format_, known)
    raise InputError(f"{path}: no pairs of texts here; expected {EXPECTED}")


def _tfds(name: str, known: Mapping[str, Any]) -> Detected:
    sample = sample_tfds(name)
    names = list(sample.features)
    found = columns.by_known(names, known)
    if found is None and sample.supervised:
        found = columns.PairColumns(*sample.supervised)
    found = found or columns.by_name(names)
    if found is None:
        raise InputError(
            f"{name}: no features for source and target among {', '.join(names)}; name them in a"
            " config: data.columns"
        )
    languages, shown = _languages(found, ((), ()))
    settings = {"format": "tfds", "files": sample.files, "columns": found._asdict()}
    seen = f"{sample.seen}; source in {found.source}, target in {found.target}{shown}"
    return Detected(settings | languages, seen)
