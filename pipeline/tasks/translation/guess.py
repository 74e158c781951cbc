"""A config for a user's own data: its format, columns, languages and splits, detected and said."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.datasets import tfds_sets
from pipeline.datasets.encodings import guess_encoding
from pipeline.datasets.lines import (
    UTF_8,
    read_lines,
    read_objects,
    read_rows,
    refuse_semicolons,
    require,
)
from pipeline.datasets.parquet import MAGIC, read_parquet, read_parquet_columns
from pipeline.errors import DataError, InputError
from pipeline.tasks.translation import columns
from pipeline.tasks.translation.formats import table, tmx
from pipeline.tasks.translation.languages import language_of
from pipeline.tasks.translation.loader import READERS
from pipeline.tasks.translation.records import shorten
from pipeline.tasks.translation.settings import UNKNOWN

LINES = 2000  # of a file that are looked at
TRAIN, SPLITS = "train", {"valid": ("valid", "dev", "validation", "val"), "test": ("test",)}
ENDINGS = {".csv": "csv", ".tsv": "tsv", ".parquet": "parquet", ".tmx": "tmx", ".jsonl": "jsonl"}
COUPLES = (("source", "target"), ("src", "tgt"), ("src", "trg"))  # endings of aligned files
EXPECTED = (
    "CSV, TSV, JSONL or Parquet with two columns of texts; a TMX file; one of two aligned files,"
    " such as train.en and train.de; tfds:NAME"
)
Guess = tuple[dict[str, Any], str]


class Aligned(NamedTuple):
    """Two files that differ in the ending that names their language; the source's first."""

    source: Path
    target: Path

    def beside(self, name: str) -> Aligned:
        """The files called so instead of `train`."""
        return Aligned(*(path.with_name(_swapped(path.name, name)) for path in self))


def guess(path: Path, format_: str | None = None, known: Mapping[str, Any] | None = None) -> Guess:
    """The data section of a config for this file, folder or `tfds:` name, and what was seen.

    Args:
        path: The user's file (of two aligned ones the source), a folder with such, or the name of
            a TensorFlow Datasets data set.
        format_: The format, where the user says it; else it is detected.
        known: Columns that count before usual ones where the file has them.

    Raises:
        InputError: The file is none of the formats that can be read.
    """
    known = known or {}
    if format_ is not None and format_ not in READERS:
        raise InputError(f"format `{format_}`: unknown; expected one of {', '.join(READERS)}")
    if str(path).startswith(tfds_sets.PREFIX) or format_ == "tfds":
        return _tfds(f"{tfds_sets.PREFIX}{str(path).removeprefix(tfds_sets.PREFIX)}", known)
    if require(path).is_dir():
        return _folder(path, format_, known)
    encoding = UTF_8 if _is_parquet(path) else guess_encoding(path)
    found = format_ or _detect(path, encoding)
    if found == "aligned":
        return _aligned(_couple(path), encoding)
    section: dict[str, Any] = {"format": found, "files": _beside(path)}
    if encoding != UTF_8 and found != "tmx":
        section["encoding"] = encoding
    readers = {"csv": _table, "tsv": _table, "jsonl": _jsonl, "parquet": _parquet, "tmx": _tmx}
    more, seen = readers[found](path, encoding, found, known)
    said = f", in {section['encoding']}" if "encoding" in section else ""
    return section | more, f"{path}: {seen}{said}"


def _detect(path: Path, encoding: str) -> str:
    if _is_parquet(path):
        return "parquet"
    for suffix in path.suffixes[::-1]:
        if suffix in ENDINGS:
            return ENDINGS[suffix]
    if _siblings(path):
        return "aligned"
    lines = [line for _, line in itertools.islice(read_lines(path, encoding=encoding), LINES)]
    lines = [line for line in lines if line.strip()]
    if lines and lines[0].lstrip().startswith("{"):
        return "jsonl"
    if lines and lines[0].lstrip().startswith("<") and any("<tmx" in line for line in lines):
        return "tmx"
    if lines and lines[0].count("\t") and len({line.count("\t") for line in lines}) == 1:
        return "tsv"
    raise InputError(f"{path}: the format was not recognised; expected {EXPECTED}")


def _table(path: Path, encoding: str, format_: str, known: Mapping[str, Any]) -> Guess:
    separator = table.COMMA if format_ == "csv" else table.TAB
    read = read_rows(path, separator, lambda _: None, encoding)
    rows = [cells for _, cells in itertools.islice(read, LINES)]
    if not rows:
        raise DataError(path, 0, "the file is empty", "a row an example")
    refuse_semicolons(path, rows[0])
    header = (columns.by_known(rows[0], known) or columns.by_name(rows[0])) is not None
    names = table.names_in(rows[0], header)
    rest = [dict(zip(names, row, strict=False)) for row in (rows[1:] if header else rows)]
    more, seen = _columns(path, names, rest, known)
    shown = f"columns {', '.join(names)}" if header else f"{len(names)} columns without a header"
    return {"header": header} | more, f"a {format_.upper()} table with {shown}{seen}"


def _jsonl(path: Path, encoding: str, format_: str, known: Mapping[str, Any]) -> Guess:
    del format_
    next(read_objects(path, encoding=encoding), None)  # damage on the first line is told at once
    read = read_objects(path, lambda _: None, encoding)
    rows = [columns.flat(row) for _, row in itertools.islice(read, LINES)]
    names = list(dict.fromkeys(name for row in rows for name in row))
    more, seen = _columns(path, names, rows, known)
    return more, f"JSONL with keys {', '.join(names)}{seen}"


def _parquet(path: Path, encoding: str, format_: str, known: Mapping[str, Any]) -> Guess:
    del encoding, format_
    read = read_parquet(path, list(dict.fromkeys(read_parquet_columns(path))), lambda _: None)
    rows = [columns.flat(row) for _, row in itertools.islice(read, LINES)]
    names = list(dict.fromkeys(name for row in rows for name in row))
    more, seen = _columns(path, names, rows, known)
    return more, f"Parquet with columns {', '.join(names)}{seen}"


def _columns(
    path: Path, names: Sequence[str], rows: Sequence[columns.Row], known: Mapping[str, Any]
) -> Guess:
    """The settings of the columns and languages found, and what to say of them."""
    found = (
        columns.by_known(names, known) or columns.by_name(names) or columns.by_content(names, rows)
    )
    if found is None:
        raise InputError(
            f"{path}: no two columns of texts among {shorten(', '.join(names) or 'none')}; expected"
            " such as `source` and `target` (or name them in the config: data.columns; to retrain:"
            " --set retrain.columns.source=NAME, and so with target)"
        )
    texts = [[str(row[name]) for row in rows if name in row] for name in found]
    more, said = _languages(found, texts)
    section: dict[str, Any] = {"columns": found._asdict()}
    if columns.by_known(names, known):
        section["columns"] = {side: known[side] for side in found._fields}  # all names of a side
    unread = [name for name in names if name not in found]
    seen = f"; source in {found.source}, target in {found.target}{said}"
    return section | more, seen + (f" (not read: {', '.join(unread)})" if unread else "")


def _languages(names: Sequence[str], texts: Sequence[Sequence[str]]) -> Guess:
    """The languages by the names of columns or files, else by what stands there."""
    codes = []
    for name, column in zip(names, texts, strict=True):
        named = columns.language_named(name)
        codes.append(named if named != UNKNOWN else language_of(column))
    said = " to ".join("an unknown language" if code == UNKNOWN else code for code in codes)
    return {"languages": dict(zip(("source", "target"), codes, strict=True))}, f", {said}"


def _tmx(path: Path, encoding: str, format_: str, known: Mapping[str, Any]) -> Guess:
    del encoding, format_, known
    codes = tmx.languages_in(path, LINES)
    if len(codes) < 2:
        found = ", ".join(codes) or "no language"
        raise InputError(f"{path}: TMX in {found}; expected units in two languages")
    more = f" (also in it: {', '.join(codes[2:])})" if len(codes) > 2 else ""
    languages = {"source": codes[0], "target": codes[1]}
    return {"languages": languages}, f"TMX, {codes[0]} to {codes[1]}{more}"


def _aligned(files: Aligned, encoding: str) -> Guess:
    texts = [
        [line for _, line in itertools.islice(read_lines(path, lambda _: None, encoding), LINES)]
        for path in files
    ]
    more, said = _languages([_ending(path) for path in files], texts)
    found = {TRAIN: files}
    for split, names in SPLITS.items() if TRAIN in files.source.name else ():
        for other in map(files.beside, names):
            if split not in found and all(path.is_file() for path in other):
                found[split] = other
    section: dict[str, Any] = {
        "format": "aligned",
        "files": {
            split: {side: str(path) for side, path in both._asdict().items()}
            for split, both in found.items()
        },
    }
    if encoding != UTF_8:
        section["encoding"] = encoding
        said += f", in {encoding}"
    return section | more, f"{files.source}: aligned with {files.target.name}{said}"


def _couple(path: Path) -> Aligned:
    others = _siblings(path)
    if len(others) != 1:
        found = ", ".join(other.name for other in others) or "none"
        expected = "one (or name both in a config: data.files, {source: ..., target: ...})"
        wrong = f"files in another language beside it: {found}"
        raise InputError(f"{path}: {wrong}; expected {expected}")
    return Aligned(path, others[0])


def _siblings(path: Path) -> list[Path]:
    """The files that have the same name but for the language at its end."""
    ending = _ending(path)
    mates = [other for pair in COUPLES for other in pair if ending in pair and other != ending]
    return sorted(
        other
        for other in path.parent.iterdir()
        if other.is_file()
        and other != path
        and _stem(other) == _stem(path)
        and (_ending(other) in mates or _is_language(ending, _ending(other)))
    )


def _is_language(*endings: str) -> bool:
    return all(columns.language_named(ending) != UNKNOWN for ending in endings)


def _stem(path: Path) -> str:
    return path.name.removesuffix(".gz").rpartition(".")[0]


def _ending(path: Path) -> str:
    return path.name.removesuffix(".gz").rpartition(".")[2]


def _folder(path: Path, format_: str | None, known: Mapping[str, Any]) -> Guess:
    files = sorted(f for f in path.iterdir() if f.is_file() and not f.name.startswith("."))
    training = [file for file in files if file.name.startswith(f"{TRAIN}.")] or files
    sources = [file for file in training if _ending(file) in ("source", "src")]
    if len(training) == 2 and _siblings(training[0]):
        return guess((sources or training)[0], format_, known)
    if len(training) == 1:
        return guess(training[0], format_, known)
    raise InputError(f"{path}: no pairs of texts here; expected {EXPECTED}")


def _tfds(name: str, known: Mapping[str, Any]) -> Guess:
    builder, stated = tfds_sets.resolve(name)
    present = list(builder.info.splits)
    files = {TRAIN: name if stated else f"{name}/{TRAIN}"}
    for split, names in () if stated else (SPLITS | tfds_sets.SPLITS).items():
        files.update((split, f"{name}/{each}") for each in names if each in present)
    features = tfds_sets.features_of(builder)
    found = columns.by_name(list(features))
    keys = builder.info.supervised_keys
    if keys is not None and len(keys) == 2 and all(isinstance(key, str) for key in keys):
        found = columns.Found(*keys)  # what the set itself says
    found = columns.by_known(list(features), known) or found
    if found is None:
        raise InputError(
            f"{name}: no features for source and target among {', '.join(features)}; name them in a"
            " config: data.columns"
        )
    more, said = _languages(found, ((), ()))
    section: dict[str, Any] = {"format": "tfds", "files": files, "columns": found._asdict()}
    seen = f"{name}: TensorFlow Datasets, version {builder.version}, splits {', '.join(present)}"
    return section | more, f"{seen}; source in {found.source}, target in {found.target}{said}"


def _is_parquet(path: Path) -> bool:
    with path.open("rb") as file:
        return ".parquet" in path.suffixes or file.read(len(MAGIC)) == MAGIC


def _beside(path: Path) -> dict[str, str]:
    """The file as `train`, with the `valid` and `test` files that stand beside it."""
    files = {TRAIN: str(path)}
    for split, names in SPLITS.items() if TRAIN in path.name else ():
        for name in names:
            other = path.with_name(_swapped(path.name, name))
            if split not in files and other.is_file():
                files[split] = str(other)
    return files


def _swapped(name: str, other: str) -> str:
    before, _, after = name.rpartition(TRAIN)
    return f"{before}{other}{after}"
