"""Detect a user's file: its format, its encoding, its columns, and the files of other splits."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.datasets import tfds_sets
from pipeline.datasets.cells import SEPARATORS
from pipeline.datasets.encodings import guess_encoding
from pipeline.datasets.lines import (
    UTF_8,
    read_lines,
    read_objects,
    read_rows,
    refuse_semicolons,
)
from pipeline.datasets.parquet import MAGIC, read_parquet, read_parquet_columns
from pipeline.errors import DataError, InputError
from pipeline.userfiles.columns import Row
from pipeline.userfiles.read import column_names

MAX_ROWS = 2000  # rows of a file that are looked at
TRAIN = "train"
SPLIT_NAMES = {"valid": ("valid", "dev", "validation", "val"), "test": ("test",)}
ENDINGS = {".csv": "csv", ".tsv": "tsv", ".parquet": "parquet"}


class Sample(NamedTuple):
    """The first rows of a file with columns.

    Attributes:
        names: The columns' names.
        rows: Column name to value.
        seen: What the file is, for a person.
    """

    names: Sequence[str]
    rows: Sequence[Row]
    seen: str


class TfdsSample(NamedTuple):
    """A TensorFlow Datasets data set.

    Attributes:
        files: Split to the name that reads it.
        features: Name to feature.
        supervised: The input and the target feature, if the data set states these two.
        seen: What the data set is, for a person.
    """

    files: dict[str, str]
    features: Mapping[str, Any]
    supervised: tuple[str, str] | None
    seen: str


def require_format(format_: str | None, formats: Collection[str]) -> None:
    """Check the format that the user states, if any.

    Raises:
        InputError: There is no such format.
    """
    if format_ is not None and format_ not in formats:
        raise InputError(f"format `{format_}`: unknown; expected one of {', '.join(formats)}")


def encoding_of(path: Path) -> str:
    """Return the likely encoding of a file."""
    return UTF_8 if is_parquet(path) else guess_encoding(path)


def is_parquet(path: Path) -> bool:
    """Tell whether a file is Parquet, by its ending or its first bytes."""
    with path.open("rb") as file:
        return ".parquet" in path.suffixes or file.read(len(MAGIC)) == MAGIC


def format_by_ending(path: Path, endings: Mapping[str, str]) -> str | None:
    """Return the format of a file's last known ending; `a.csv.gz` is a CSV file."""
    return next((endings[suffix] for suffix in path.suffixes[::-1] if suffix in endings), None)


def first_lines(path: Path, encoding: str = UTF_8) -> list[str]:
    """Return the first lines of a file that are not blank."""
    lines = itertools.islice(read_lines(path, encoding=encoding), MAX_ROWS)
    return [line for _, line in lines if line.strip()]


def format_by_lines(lines: Sequence[str]) -> str | None:
    """Return jsonl or tsv if the lines look like it."""
    if lines and lines[0].lstrip().startswith("{"):
        return "jsonl"
    if lines and lines[0].count("\t") and len({line.count("\t") for line in lines}) == 1:
        return "tsv"
    return None


def renamed(name: str, split_name: str) -> str:
    """Return a file's name with `split_name` in place of `train`."""
    before, _, after = name.rpartition(TRAIN)
    return f"{before}{split_name}{after}"


def files_beside(path: Path) -> dict[str, str]:
    """Return the file as `train`, with the files of `valid` and `test` beside it."""
    files = {TRAIN: str(path)}
    for split, names in SPLIT_NAMES.items() if TRAIN in path.name else ():
        for name in names:
            other = path.with_name(renamed(path.name, name))
            if split not in files and other.is_file():
                files[split] = str(other)
    return files


def training_file(folder: Path) -> Path | None:
    """Return the only file `train.*` of a folder; None if there is none or several."""
    files = sorted(file for file in folder.glob(f"{TRAIN}.*") if file.is_file())
    return files[0] if len(files) == 1 else None


def sample_table(
    path: Path, format_: str, encoding: str, has_header: Callable[[Sequence[list[str]]], bool]
) -> tuple[Sample, bool]:
    """Return the first rows of a CSV or TSV file, and whether it has a header.

    Args:
        path: The table.
        format_: `csv` or `tsv`.
        encoding: One of Python's names.
        has_header: Tells from the first rows whether the first one names the columns.

    Raises:
        DataError: The file is empty.
        InputError: Its cells are separated by semicolons.
    """
    read = read_rows(path, SEPARATORS[format_], _ignore, encoding)
    rows = [cells for _, cells in itertools.islice(read, MAX_ROWS)]
    if not rows:
        raise DataError(path, 0, "the file is empty", "one example in each row")
    refuse_semicolons(path, rows[0])
    header = has_header(rows)
    names = column_names(rows[0], header)
    examples = [dict(zip(names, row, strict=False)) for row in (rows[1:] if header else rows)]
    shown = f"columns {', '.join(names)}" if header else f"{len(names)} columns without a header"
    return Sample(names, examples, f"a {format_.upper()} table with {shown}"), header


def sample_jsonl(path: Path, encoding: str, flatten: Callable[[Row], Row] = dict) -> Sample:
    """Return the first objects of a JSONL file, each passed through `flatten`.

    Raises:
        DataError: The first object is damaged.
    """
    next(read_objects(path, encoding=encoding), None)  # damage on the first line is reported now
    read = read_objects(path, _ignore, encoding)
    names, rows = _named_rows(read, flatten)
    return Sample(names, rows, f"JSONL with keys {', '.join(names)}")


def sample_parquet(path: Path, flatten: Callable[[Row], Row] = dict) -> Sample:
    """Return the first rows of a Parquet file, each passed through `flatten`."""
    columns = list(dict.fromkeys(read_parquet_columns(path)))
    names, rows = _named_rows(read_parquet(path, columns, _ignore), flatten)
    return Sample(names or columns, rows, f"Parquet with columns {', '.join(names or columns)}")


def sample_tfds(name: str) -> TfdsSample:
    """Return the splits and features of a TensorFlow Datasets data set.

    Raises:
        InputError: There is no such data set.
    """
    builder, stated = tfds_sets.resolve(name)
    present = list(builder.info.splits)
    files = {TRAIN: name if stated else f"{name}/{TRAIN}"}
    for split, names in () if stated else SPLIT_NAMES.items():
        for each in names:
            if each in present:
                files.setdefault(split, f"{name}/{each}")
    keys = builder.info.supervised_keys
    stated_keys = keys is not None and len(keys) == 2 and all(isinstance(k, str) for k in keys)
    splits = ", ".join(present)
    return TfdsSample(
        files,
        tfds_sets.features_of(builder),
        (keys[0], keys[1]) if stated_keys else None,
        f"{name}: TensorFlow Datasets, version {builder.version}, splits {splits}",
    )


def all_values(
    path: Path, format_: str, encoding: str, names: Sequence[str], name: str
) -> Iterator[Any]:
    """Yield the values of one column of a whole file in csv, tsv, jsonl or parquet."""
    if format_ == "jsonl":
        yield from (row.get(name) for _, row in read_objects(path, _ignore, encoding))
    elif format_ == "parquet":
        yield from (row[name] for _, row in read_parquet(path, [name], _ignore))
    else:
        index = names.index(name)
        rows = read_rows(path, SEPARATORS[format_], _ignore, encoding)
        yield from (cells[index] for _, cells in rows if len(cells) == len(names))


def _named_rows(
    read: Iterable[tuple[int, Row]], flatten: Callable[[Row], Row]
) -> tuple[list[str], list[Row]]:
    rows = [flatten(row) for _, row in itertools.islice(read, MAX_ROWS)]
    return list(dict.fromkeys(name for row in rows for name in row)), rows


def _ignore(error: DataError) -> None:
    """Ignore a bad line, which is reported where the file is read."""
