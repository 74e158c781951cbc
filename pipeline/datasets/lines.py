"""Text files and tables line by line, nothing dropped, replaced or re-encoded."""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.errors import DataError, InputError

OnError = Callable[[DataError], None]


def stop(error: DataError) -> None:
    """The usual answer to a bad line: raise it. `validate` collects them instead."""
    raise error


def read_lines(path: Path, on_error: OnError = stop) -> Iterator[tuple[int, str]]:
    """Yields (line number from 1, text without its line end), for `.gz` files too.

    Only LF and CRLF end a line: U+0085, U+2028 and the like are text. A byte order mark at the
    start of the file is dropped. A line that is not UTF-8 goes to `on_error` and is not yielded.

    Raises:
        DataError: A `.gz` file is damaged.
    """
    with _open(path) as file:
        for number, raw in enumerate(_raw_lines(path, file), start=1):
            body = raw.removesuffix(b"\n").removesuffix(b"\r")
            if number == 1:
                body = body.removeprefix(b"\xef\xbb\xbf")
            try:
                yield number, body.decode("utf-8")
            except UnicodeDecodeError as error:
                byte = body[error.start]
                wrong = f"byte 0x{byte:02x} at column {error.start + 1} is not UTF-8"
                on_error(DataError(path, number, wrong, "a file saved as UTF-8"))


def read_objects(path: Path, on_error: OnError = stop) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yields (line number, object) from a JSONL file; blank lines are passed over."""
    for number, line in read_lines(path, on_error):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            on_error(DataError(path, number, f"not valid JSON ({error})", "one object a line"))
            continue
        if not isinstance(value, dict):
            on_error(DataError(path, number, f"a JSON {type(value).__name__}", "an object"))
            continue
        yield number, value


def read_table(path: Path, on_error: OnError = stop) -> Iterator[tuple[int, dict[str, str]]]:
    """Yields (row's line number, column name to text) from a CSV or TSV file with a header.

    Every cell stays the string that stands in the file: "NA" and "007" are text; cells that a row
    lacks at its end are empty. A row's line number counts the line breaks inside quoted cells of
    the rows before it. Rows without any text, as blank lines make, are passed over.

    Raises:
        DataError: The file is empty, a column's name stands twice, or a row has more cells than
            the header.
    """
    refused: list[DataError] = []
    for number, _ in read_lines(path, refused.append):
        last = number  # the pass refuses damaged UTF-8 by line, before pandas sees the file
    for error in refused:
        on_error(error)
    if refused:
        return
    header, *rows = _cells(path)
    line = 2 + _line_breaks(header)
    for row in rows:
        if any(row):
            yield min(line, last), dict(zip(header, row, strict=True))
        line += 1 + _line_breaks(row)


def read_header(path: Path) -> list[str]:
    """The column names of a CSV or TSV file."""
    return list(_cells(path, limit=1)[0])


def _cells(path: Path, limit: int | None = None) -> list[tuple[str, ...]]:
    """The rows of a table, its header first. All have as many cells."""
    try:
        # The header is read as a row: else pandas takes the first column of rows that are longer
        # than the header for their index, and the cells move one column to the left.
        frame = pd.read_csv(
            path,
            sep=_separator(path),
            header=None,
            nrows=limit,
            dtype=str,
            keep_default_na=False,
            skip_blank_lines=False,
            encoding="utf-8-sig",
            quoting=csv.QUOTE_MINIMAL,
        )
    except pd.errors.EmptyDataError as error:
        raise DataError(path, 0, "the file is empty", "a header and one row an example") from error
    except (pd.errors.ParserError, UnicodeDecodeError) as error:
        wrong = f"not a table ({' '.join(str(error).split())})"
        raise DataError(path, 0, wrong, "cells as the header has") from error
    rows = list(frame.itertuples(index=False, name=None))
    repeated = [name for name, times in Counter(rows[0]).items() if times > 1]
    if repeated:
        raise DataError(path, 1, f"the column {repeated[0]!r} stands twice", "one column a name")
    return rows


def _line_breaks(row: Iterable[str]) -> int:
    return sum(cell.count("\n") for cell in row)


def _separator(path: Path) -> str:
    """Tab for `.tsv` (also `.tsv.gz`), else comma."""
    return "\t" if ".tsv" in path.suffixes else ","


def require(path: Path) -> Path:
    """The path, if it exists.

    Raises:
        InputError: It does not; says how real data is found.
    """
    if not path.exists():
        raise InputError(
            f"{path}: no such file or folder; real data is looked for below $NLP_DATA_DIR"
            " (default data/benchmarks, whose README says which files go there)"
        )
    return path


def content_key(files: Iterable[Path], *settings: object) -> str:
    """Sixteen hexadecimal digits that change when a file's bytes, its name or a setting does."""
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True, default=str).encode())
    for file in files:
        digest.update(file.name.encode() + b"\0")
        with file.open("rb") as handle:
            digest.update(hashlib.file_digest(handle, "sha256").digest())
    return digest.hexdigest()[:16]


def _raw_lines(path: Path, file: Iterable[bytes]) -> Iterator[bytes]:
    try:
        yield from file
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DataError(path, 0, f"damaged ({error})", "a whole gzip file") from error


def _open(path: Path) -> Any:
    if require(path).is_dir():
        raise InputError(f"{path}: a folder; expected a file")
    return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")
