"""Text files and tables line by line, nothing dropped, replaced or re-encoded."""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
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
    """
    with _open(path) as file:
        for number, raw in enumerate(file, start=1):
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

    Every cell stays the string that stands in the file: "NA" and "007" are text. A row's line
    number counts the line breaks inside quoted cells of the rows before it.
    """
    for number, _ in read_lines(path, on_error):
        last = number  # the pass refuses damaged UTF-8 by line, before pandas sees the file
    try:
        frame = pd.read_csv(
            path,
            sep=_separator(path),
            dtype=str,
            keep_default_na=False,
            skip_blank_lines=False,
            encoding="utf-8-sig",
            quoting=csv.QUOTE_MINIMAL,
        )
    except pd.errors.EmptyDataError as error:
        raise DataError(path, 0, "the file is empty", "a header and one row an example") from error
    except pd.errors.ParserError as error:
        raise DataError(
            path, 0, f"not a table ({error})".strip(), "cells as the header has"
        ) from error
    line = 2
    for row in frame.to_dict("records"):
        yield min(line, last), {str(key): value for key, value in row.items()}
        line += 1 + sum(value.count("\n") for value in row.values())


def read_header(path: Path) -> list[str]:
    """The column names of a CSV or TSV file."""
    frame = pd.read_csv(path, sep=_separator(path), nrows=0, dtype=str, encoding="utf-8-sig")
    return [str(name) for name in frame.columns]


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


def _open(path: Path) -> Any:
    require(path)
    return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")
