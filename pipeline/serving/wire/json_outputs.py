"""Output arrays to the JSON of an answer (contract b3).

orjson writes float32 with as few digits as bring it back, but NaN as null, which breaks clients;
answers with a number that is not finite go through the standard library instead.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import orjson

from pipeline.serving.errors import invalid

WRITABLE = "fiub"  # kinds of NumPy types that JSON can hold
BYTES_SUFFIX = "_bytes"


def write_rows(outputs: Mapping[str, Any]) -> bytes:
    """`{"predictions": [...]}`, one entry a row.

    Raises:
        ServingError: INVALID_ARGUMENT; an output without rows, or with another number of them.
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


def write_columns(outputs: Mapping[str, Any]) -> bytes:
    """`{"outputs": ...}`: the only output's value, or an object of them."""
    plain = {name: _plain(name, value) for name, value in outputs.items()}
    finite = all(map(_finite, plain.values()))
    return to_bytes({"outputs": next(iter(plain.values())) if len(plain) == 1 else plain}, finite)


def results(value: Any, outputs: Mapping[str, Any]) -> bytes:
    """`{"results": ...}`, made of these outputs."""
    return to_bytes({"results": value}, all(map(_finite, outputs.values())))


def to_bytes(value: Any, finite: bool = True) -> bytes:
    """JSON of plain values and NumPy arrays; `finite` where no number is NaN or infinite."""
    if finite:
        return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY)
    return json.dumps(_python(value), ensure_ascii=False, separators=(",", ":")).encode()


def _plain(name: str, value: Any) -> Any:
    """An array that orjson writes, or nested lists of strings; a scalar for 0-d."""
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
        except UnicodeDecodeError:  # TensorFlow Serving writes JSON here that nobody can read
            pass
    return {"b64": base64.b64encode(value).decode()}


def _finite(value: Any) -> bool:
    if isinstance(value, np.ndarray | np.floating):
        return value.dtype.kind != "f" or bool(np.isfinite(value).all())
    return True


def _python(value: Any) -> Any:
    """The same for the standard library; a float32 keeps its own shortest digits."""
    if isinstance(value, np.ndarray):
        return [_python(item) for item in value]
    if isinstance(value, np.floating):
        return float(str(value))
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, dict):
        return {key: _python(item) for key, item in value.items()}
    return [_python(item) for item in value] if isinstance(value, list) else value
