"""Read and write rows of Parquet files; reject strings that are not UTF-8."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.datasets.lines import OnError, open_bytes, stop
from pipeline.errors import DataError

MAGIC = b"PAR1"  # the first bytes of a Parquet file
ROWS = 1024  # rows decoded at a time


def read_parquet(
    path: Path, columns: Sequence[str], on_error: OnError = stop
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield (row number from 1, {column name: value}); also from `.gz` files.

    Values are plain Python values; bytes are decoded as UTF-8. A row with a string that is not
    UTF-8 is passed to `on_error` and is not yielded.

    Args:
        path: The file.
        columns: The columns to read; the file must have each exactly once.
        on_error: Called with the error of each damaged row.

    Raises:
        DataError: The file is damaged, or a column is missing or repeated.
    """
    with open_bytes(path) as file:
        table = _opened(path, file)
        present = table.schema_arrow.names
        for column in columns:
            if present.count(column) != 1:
                known = ", ".join(present)
                wrong = f"{'no' if column not in present else 'more than one'} column {column!r}"
                raise DataError(path, 0, f"{wrong} among {known}", "each configured column once")
        wanted, number = list(dict.fromkeys(columns)), 0
        for batch in _batches(path, table, wanted):
            for values in zip(*(batch.column(name).to_pylist() for name in wanted), strict=True):
                number += 1
                try:
                    row = {name: _text(v) for name, v in zip(wanted, values, strict=True)}
                except UnicodeDecodeError as error:
                    wrong = f"byte 0x{error.object[error.start]:02x} of a string is not UTF-8"
                    on_error(DataError(path, number, wrong, "strings in UTF-8"))
                else:
                    yield number, row


def read_parquet_columns(path: Path) -> list[str]:
    """Return the names of a file's columns."""
    with open_bytes(path) as file:
        return list(_opened(path, file).schema_arrow.names)


def read_class_names(path: Path) -> dict[str, list[str]]:
    """Return {column: class names} from the metadata that Hugging Face's `datasets` writes."""
    with open_bytes(path) as file:
        metadata = (_opened(path, file).schema_arrow.metadata or {}).get(b"huggingface")
    try:
        features = json.loads(metadata)["info"]["features"] if metadata else {}
        return {name: list(map(str, f["names"])) for name, f in features.items() if "names" in f}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}  # this metadata is not part of the Parquet format


def write_parquet(path: Path, columns: dict[str, list[Any]]) -> None:
    """Write columns of strings or of lists of strings to a file."""
    arrays = {
        name: pa.array(values, pa.list_(pa.string()) if _nested(values) else pa.string())
        for name, values in columns.items()
    }
    pq.write_table(pa.table(arrays), path)


def _nested(values: Sequence[Any]) -> bool:
    return any(isinstance(value, list) for value in values)


def _opened(path: Path, file: Any) -> Any:
    """Open the Parquet file, decompressed if its name ends in `.gz`."""
    try:
        source = pa.BufferReader(file.read()) if path.suffix == ".gz" else file
        return pq.ParquetFile(source)
    except (pa.ArrowException, gzip.BadGzipFile, EOFError, OSError) as error:
        raise _damage(path, error) from error


def _batches(path: Path, table: Any, columns: Sequence[str]) -> Iterator[Any]:
    """Yield tables with strings as bytes: PyArrow would reject a whole batch for one bad byte."""
    fields = [table.schema_arrow.field(name) for name in columns]
    schema = pa.schema([pa.field(field.name, _as_bytes(field.type)) for field in fields])
    try:
        for batch in table.iter_batches(ROWS, columns=list(columns)):
            yield pa.Table.from_batches([batch]).select(list(columns)).cast(schema)
    except (pa.ArrowException, OSError) as error:
        raise _damage(path, error) from error


def _as_bytes(kind: Any) -> Any:
    if pa.types.is_dictionary(kind):
        return _as_bytes(kind.value_type)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return pa.large_binary()
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return pa.large_list(_as_bytes(kind.value_type))
    return kind


def _text(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode("utf-8")
    return [_text(item) for item in value] if isinstance(value, list) else value


def _damage(path: Path, error: Exception) -> DataError:
    reason = " ".join(str(error).split())
    return DataError(path, 0, f"damaged Parquet file ({reason})", "an intact Parquet file")
