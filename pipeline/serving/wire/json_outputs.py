"""Converts output arrays to the JSON of a response (contract b3).

orjson writes float32 with the fewest digits that restore it, but it writes NaN as null, which
breaks clients; the standard library writes responses with non-finite numbers instead.
"""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np
import orjson

from pipeline.serving.engine.signature import Array, Arrays
from pipeline.serving.errors import invalid

WRITABLE = "fiub"  # kinds of NumPy types that JSON can represent
BYTES_SUFFIX = "_bytes"


def write_rows(outputs: Arrays) -> bytes:
    """Write `{"predictions": [...]}` with one entry per row.

    Raises:
        ServingError: INVALID_ARGUMENT; an output without rows, or with another number of rows.
    """
    rows = None
    for name, value in outputs.items():
        if value.ndim == 0:
            raise invalid(f"Tensor name: {name} has no shape information ")
        if rows is not None and len(value) != rows:
            raise invalid(
                f"Tensor name: {name} has inconsistent batch size: {len(value)} expecting: {rows}"
            )
        rows = len(value)
    plain = {name: _plain(name, value) for name, value in outputs.items()}
    finite = all(map(_finite, plain.values()))
    if len(plain) == 1:
        return to_bytes({"predictions": next(iter(plain.values()))}, finite)
    names, columns = list(plain), list(plain.values())
    entries = [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
    return to_bytes({"predictions": entries}, finite)


def write_columns(outputs: Arrays) -> bytes:
    """Write `{"outputs": ...}`: the value of a single output, or an object of all outputs."""
    plain = {name: _plain(name, value) for name, value in outputs.items()}
    finite = all(map(_finite, plain.values()))
    return to_bytes({"outputs": next(iter(plain.values())) if len(plain) == 1 else plain}, finite)


def write_results(value: object, outputs: Arrays) -> bytes:
    """Write `{"results": ...}`; `outputs` determines whether all numbers are finite."""
    return to_bytes({"results": value}, all(map(_finite, outputs.values())))


def to_bytes(value: object, finite: bool = True) -> bytes:
    """Write plain values and NumPy arrays as JSON; `finite` if no number is NaN or infinite."""
    if finite:
        return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY)
    return json.dumps(_python(value), ensure_ascii=False, separators=(",", ":")).encode()


def _plain(name: str, value: Array) -> Any:
    """Convert to an array that orjson writes, nested lists of strings, or a scalar."""
    if value.dtype == object:
        return _strings(value.tolist(), as_bytes=name.endswith(BYTES_SUFFIX))
    if value.dtype.kind not in WRITABLE or value.dtype.isbuiltin != 1:  # bfloat16, float8, ...
        raise invalid(f"Failed to write JSON value for tensor type: {value.dtype.name}")
    return np.ascontiguousarray(value) if value.ndim else value[()]


def _strings(value: Any, as_bytes: bool) -> Any:
    if isinstance(value, list):
        return [_strings(item, as_bytes) for item in value]
    if not as_bytes:
        try:
            return value.decode()
        except UnicodeDecodeError:  # TensorFlow Serving writes invalid JSON here
            pass
    return {"b64": base64.b64encode(value).decode()}


def _finite(value: object) -> bool:
    if isinstance(value, np.ndarray | np.floating):
        return value.dtype.kind != "f" or bool(np.isfinite(value).all())
    return True


def _python(value: object) -> object:
    """Convert for the standard library; a float32 keeps its shortest digits."""
    if isinstance(value, np.ndarray):
        return [_python(item) for item in value]
    if isinstance(value, np.floating):
        return float(str(value))
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, dict):
        return {key: _python(item) for key, item in value.items()}
    return [_python(item) for item in value] if isinstance(value, list) else value
