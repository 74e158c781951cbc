"""Read text files and tables line by line; drop, replace or re-encode nothing."""

from __future__ import annotations

import codecs
import gzip
import hashlib
import json
import os
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from pipeline.datasets.cells import Line, quotes_are_text, split_end, split_rows, value_of
from pipeline.errors import DataError, InputError, RowError

OnError = Callable[[DataError], None]
UTF_8 = "utf-8"


def stop(error: DataError) -> None:
    """Raise the error: the default for bad lines. `validate` collects the errors instead."""
    raise error


def read_lines(
    path: Path, on_error: OnError = stop, encoding: str = UTF_8
) -> Iterator[tuple[int, str]]:
    """Yield (line number from 1, text without its line end); also from `.gz` files.

    Only LF and CRLF end a line: U+0085, U+2028 and the like are text. A byte order mark at the
    start of the file is dropped. A damaged line is passed to `on_error` and is not yielded.

    Args:
        path: The file.
        on_error: Called with the error of each line that is not in the encoding.
        encoding: Python's name of the encoding.

    Raises:
        DataError: A `.gz` file is damaged.
        InputError: The encoding is unknown.
    """
    for line in whole_lines(path, on_error, encoding):
        if line.whole:
            yield line.number, split_end(line.text)[0]


def read_objects(
    path: Path, on_error: OnError = stop, encoding: str = UTF_8
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield (line number, object) from a JSONL file; skip blank lines."""
    for number, line in read_lines(path, on_error, encoding):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            on_error(DataError(path, number, f"not valid JSON ({error})", "one object per line"))
            continue
        if not isinstance(value, dict):
            on_error(DataError(path, number, f"a JSON {type(value).__name__}", "an object"))
            continue
        yield number, value


def read_rows(
    path: Path, separator: str, on_error: OnError = stop, encoding: str = UTF_8
) -> Iterator[tuple[int, list[str]]]:
    """Yield (line that the row begins on, its cells) from a CSV or TSV file.

    Cells are not converted: "NA" and "007" are text. Blank lines and the byte order mark are
    skipped. In a TSV file that was written without quoting (`cells.quotes_are_text`), quotes are
    text.
    """
    quoting = has_quoting(path, separator, encoding)
    for row in split_rows(whole_lines(path, on_error, encoding), separator, quoting):
        if row.wrong and row.whole:
            expected = (
                "a separator or the line's end after the closing quote (double a quote inside"
                " quotes)"
            )
            on_error(DataError(path, row.line, row.wrong, expected))
        elif row.whole and row.cells:
            yield row.line, [value_of(cell, quoting) for cell in row.cells]


def has_quoting(path: Path, separator: str, encoding: str = UTF_8) -> bool:
    """Return whether cells may be quoted: always in CSV, depending on the content in TSV."""
    ignored = whole_lines(path, lambda _: None, encoding)
    return separator == "," or not quotes_are_text(ignored, separator)


def read_table(path: Path, on_error: OnError = stop) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield (row's line number, {column name: text}) from a CSV or TSV file with a header.

    Rows are read as in `read_rows`. Missing cells at the end of a row are empty, and rows without
    any text are skipped. A row with more cells than the header is passed to `on_error`.

    Raises:
        DataError: The file is empty, or a column name is repeated.
    """
    header = read_header(path)
    rows = read_rows(path, separator_of(path), on_error)
    next(rows, None)
    for line, row in rows:
        if len(row) > len(header):
            expected = f"{len(header)} cells, as the header has"
            on_error(DataError(path, line, f"{len(row)} cells", expected))
        elif any(row):
            row += [""] * (len(header) - len(row))
            yield line, dict(zip(header, row, strict=True))


def read_header(path: Path) -> list[str]:
    """Return the column names of a CSV or TSV file.

    Raises:
        DataError: The file is empty, or a column name is repeated.
    """
    for line, header in read_rows(path, separator_of(path)):
        repeated = [name for name, times in Counter(header).items() if times > 1]
        if repeated:
            wrong = f"the column {repeated[0]!r} is repeated"
            raise DataError(path, line, wrong, "unique column names")
        return header
    raise DataError(path, 0, "the file is empty", "a header and one row per example")


def separator_of(path: Path) -> str:
    """Return a tab for `.tsv` and `.tsv.gz`, otherwise a comma."""
    return "\t" if ".tsv" in path.suffixes else ","


def refuse_semicolons(path: Path, first: Sequence[str]) -> None:
    """Reject a table whose cells are separated by `;`.

    Spreadsheets write such CSV in locales with decimal commas.

    Raises:
        InputError: The first row is a single cell that contains `;`.
    """
    if len(first) == 1 and ";" in first[0]:
        expected = "`,` between them, or tabs in a .tsv file"
        raise InputError(f"{path}: the cells are separated by `;`; expected {expected}")


def require(path: Path) -> Path:
    """Return the path if it exists.

    Raises:
        InputError: It does not exist; the message says where real data is looked up.
    """
    if not path.exists():
        raise InputError(
            f"{path}: no such file or folder; real data is looked for below $NLP_DATA_DIR"
            " (default data/benchmarks, whose README says which files go there)"
        )
    return path


def content_key(files: Iterable[Path], *settings: object) -> str:
    """Return a hash of 16 hexadecimal digits over the files' bytes and names and the settings.

    Names are relative to the common parent folder, since the name of a folder may be a label.
    """
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True, default=str).encode())
    paths = [file.absolute() for file in files]
    shared = os.path.commonpath([path.parent for path in paths]) if paths else ""
    for file in paths:
        digest.update(os.fsencode(file.relative_to(shared)) + b"\0")
        with file.open("rb") as handle:
            digest.update(hashlib.file_digest(handle, "sha256").digest())
    return digest.hexdigest()[:16]


def whole_lines(path: Path, on_error: OnError = stop, encoding: str = UTF_8) -> Iterator[Line]:
    """Yield every line with its line end.

    A damaged line is first passed to `on_error`, then yielded with `whole=False`; its damaged bytes
    are lone surrogates (Python's `surrogateescape`).
    """
    name = codec_name(encoding)
    with open_bytes(path) as file:
        if "\n".encode(name) != b"\n":
            yield from _wide_lines(path, file, name, on_error)
            return
        for number, raw in enumerate(_raw_lines(path, file), start=1):
            body = raw.removeprefix(b"\xef\xbb\xbf") if (number, name) == (1, UTF_8) else raw
            try:
                text = body.decode(name)
            except UnicodeDecodeError as error:
                on_error(_damaged(path, number, body[error.start], error.start, encoding))
                yield Line(number, body.decode(name, "surrogateescape"), whole=False)
            else:
                first = number == 1 and name != UTF_8
                yield Line(number, text.removeprefix("\ufeff") if first else text)


def codec_name(encoding: str) -> str:
    """Return Python's canonical name of an encoding; `utf-8` also for UTF-8 with a BOM.

    Raises:
        InputError: The encoding is unknown.
    """
    try:
        "".encode(encoding)
        name = codecs.lookup(encoding).name
    except (LookupError, ValueError) as error:
        expected = "one of Python's names, such as utf-8, latin-1, cp1252, gb18030, utf-16"
        raise InputError(f"encoding `{encoding}`: unknown; expected {expected}") from error
    return UTF_8 if name == "utf-8-sig" else name


def _wide_lines(path: Path, file: Any, name: str, on_error: OnError) -> Iterator[Line]:
    """Yield the lines of a file whose line break is not the byte 0x0A (UTF-16), read at once."""
    raw = b"".join(_raw_lines(path, file))
    try:
        text = raw.decode(name)
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode(name, "replace")
        number = before.count("\n") + 1
        column = len(before) - before.rfind("\n") - 1
        on_error(_damaged(path, number, raw[error.start], column, name))
        return  # where the next character begins is unknown
    lines = text.removeprefix("\ufeff").split("\n")
    for number, line in enumerate(lines, start=1):
        if number < len(lines):
            yield Line(number, f"{line}\n")
        elif line:
            yield Line(number, line)


def _damaged(path: Path, number: int, byte: int, column: int, encoding: str) -> DataError:
    name = encoding.upper() if encoding == UTF_8 else encoding
    wrong = f"byte 0x{byte:02x} at column {column + 1} is not {name}"
    expected, fix = f"a file saved as {name}", f"save the file as {name}"
    return RowError(path, number, wrong, expected, fix=fix)


def _raw_lines(path: Path, file: Iterable[bytes]) -> Iterator[bytes]:
    try:
        yield from file
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DataError(path, 0, f"damaged ({error})", "an intact gzip file") from error


def read_bytes(path: Path) -> bytes:
    """Return the content of a file, decompressed if its name ends in `.gz`.

    Raises:
        DataError: A `.gz` file is damaged.
    """
    with open_bytes(path) as file:
        return b"".join(_raw_lines(path, file))


def open_bytes(path: Path) -> Any:
    """Open the file for reading, decompressed if its name ends in `.gz`.

    Raises:
        InputError: The path does not exist or is a folder.
    """
    if require(path).is_dir():
        raise InputError(f"{path}: a folder; expected a file")
    return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")
