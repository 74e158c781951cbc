"""One JSON value to the flat values of a tensor (contract b2.8 to b2.10)."""

from __future__ import annotations

import base64
import binascii
import math
from typing import Any

import numpy as np

from pipeline.serving.engine.signature import Tensor
from pipeline.serving.errors import Code, ServingError, invalid, too_large
from pipeline.serving.settings import Limits
from pipeline.serving.wire.json_text import kind, shown

HIGHEST_RANK = 32
FLOATS = {"float": np.float32, "double": np.float64}
NUMBERS = frozenset({float, int})
# What a whole number must fit; small types are not checked further, as in TensorFlow Serving.
INT32, UINT32 = (-(2**31), 2**31 - 1), (0, 2**32 - 1)
RANGES = {
    "int8": INT32,
    "int16": INT32,
    "int32": INT32,
    "uint8": INT32,
    "int64": (-(2**63), 2**63 - 1),
    "uint32": UINT32,
    "uint64": (0, 2**64 - 1),
}

Shape = tuple[int, ...]


def shape_of(value: Any) -> Shape:
    """The shape that a nested list would have, going by the first of each list.

    Raises:
        ServingError: INVALID_ARGUMENT; lists inside lists beyond `HIGHEST_RANK`.
    """
    sizes: list[int] = []
    while isinstance(value, list):
        sizes.append(len(value))
        if len(sizes) > HIGHEST_RANK:
            raise invalid(f"JSON Value: nested deeper than {HIGHEST_RANK} lists")
        if not value:
            break
        value = value[0]
    return tuple(sizes)


def check_size(shape: Shape, tensor: Tensor, limits: Limits) -> None:
    """Refuses a tensor by its shape, before its values are looked at; 413.

    A dimension of size 0 counts as 1: a million empty lists are no small tensor.
    """
    elements = math.prod(max(size, 1) for size in shape)
    if elements > limits.elements:
        raise too_large(f"{tensor.name}: {elements} elements; at most {limits.elements} are taken")


def fill(value: Any, level: int, shape: Shape, tensor: Tensor, limits: Limits) -> list[Any]:
    """The values inside `value`, in order, each checked against the tensor's type.

    Args:
        value: A list `level` lists deep, or a single value.
        level: How many lists it stands in.
        shape: What `shape_of` said of the outermost.
        tensor: What is filled.
        limits: `text` bounds each string.

    Raises:
        ServingError: INVALID_ARGUMENT; lists of unequal lengths or depths, or a wrong type.
    """
    if not isinstance(value, list):
        if level != len(shape):
            raise invalid(
                f"JSON Value: {shown(value)} found at incorrect level: {level + 1}"
                f" in the JSON DOM. Expected at level: {len(shape)}"
            )
        return [one_value(value, tensor, limits)]
    if level >= len(shape):
        raise invalid(f"Encountered list at unexpected level: {level} expected < {len(shape)}")
    if len(value) != shape[level]:
        raise invalid(
            f"Encountered list at unexpected size: {len(value)} at level: {level}"
            f" expected size: {shape[level]}"
        )
    if level + 1 == len(shape):
        flat = _fast_leaf(value, tensor)
        if flat is not None:
            return flat
    return [leaf for item in value for leaf in fill(item, level + 1, shape, tensor, limits)]


def _fast_leaf(values: list[Any], tensor: Tensor) -> list[Any] | None:
    """The values of an innermost list if all have the right type, by loops in C; else None."""
    types = set(map(type, values))
    if tensor.dtype in FLOATS:
        return values if types <= NUMBERS else None
    if tensor.dtype in RANGES and types == {int}:
        low, high = RANGES[tensor.dtype]
        return values if low <= min(values) and max(values) <= high else None
    return None


def one_value(value: Any, tensor: Tensor, limits: Limits) -> Any:
    """A single value of the tensor's type; text as bytes."""
    dtype, given = tensor.dtype, type(value)
    if dtype == "string":
        return text(value, tensor, limits)
    if given is dict:
        raise _wrong_type(value, dtype)
    if dtype in FLOATS:
        fits = given in NUMBERS
    elif dtype in RANGES:
        low, high = RANGES[dtype]
        fits = given is int and low <= value <= high
    elif dtype == "bool":
        fits = given is bool
    else:
        raise _not_from_json(value, dtype)
    if not fits:
        raise _wrong_type(value, dtype)
    return value


def text(value: Any, tensor: Tensor, limits: Limits) -> bytes:
    """A string, or an object whose only key `b64` holds one."""
    if isinstance(value, str):
        try:
            encoded = value.encode()
        except UnicodeEncodeError as error:
            raise invalid("JSON Value: the surrogate pair in string is invalid") from error
    elif isinstance(value, dict):
        encoded = decode_base64(value)
    else:
        raise _wrong_type(value, tensor.dtype)
    if len(encoded) > limits.text:
        raise too_large(
            f"{tensor.name}: a string of {len(encoded)} bytes; at most {limits.text} are taken"
        )
    return encoded


def is_base64(value: Any) -> bool:
    """Whether an object stands for bytes."""
    return isinstance(value, dict) and len(value) == 1 and isinstance(value.get("b64"), str)


def decode_base64(value: Any) -> bytes:
    """The bytes of `{"b64": ...}`; padding may be left out.

    Raises:
        ServingError: INVALID_ARGUMENT; another object, or no base64.
    """
    if not is_base64(value):
        raise invalid(f"JSON Value: {shown(value)} not formatted correctly for base64 data")
    try:
        letters = "".join(value["b64"].split())
        return base64.b64decode(letters + "=" * (-len(letters) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise invalid("Unable to base64 decode") from error


def _not_from_json(value: Any, dtype: str) -> ServingError:
    return ServingError(
        Code.UNIMPLEMENTED, f"Conversion of JSON Value: {shown(value)} to type: {dtype}"
    )


def _wrong_type(value: Any, dtype: str) -> ServingError:
    return invalid(
        f"JSON Value: {shown(value)} Type: {kind(value)} is not of expected type: {dtype}"
    )


def array(flat: list[Any], shape: Shape, tensor: Tensor) -> Any:
    """Checked values as an array of the tensor's type; strings as objects.

    Raises:
        ServingError: A number beyond all floats, or no values at all for a type that JSON has none
            for (501, as `one_value` says of one).
    """
    if tensor.dtype == "string":
        values = np.empty(len(flat), object)
        values[:] = flat
        return values.reshape(shape)
    if tensor.dtype in RANGES:  # 300 as uint8 wraps round, as in TensorFlow Serving
        wide = np.uint64 if tensor.dtype == "uint64" else np.int64
        return np.array(flat, wide).astype(tensor.dtype).reshape(shape)
    if tensor.dtype == "bool":
        return np.array(flat, bool).reshape(shape)
    if tensor.dtype not in FLOATS:
        raise _not_from_json(flat, tensor.dtype)
    try:
        with np.errstate(over="ignore"):  # beyond float32 lies infinity
            return np.array(flat, np.float64).astype(FLOATS[tensor.dtype]).reshape(shape)
    except OverflowError as error:
        raise invalid("JSON Parse error: Number too big to be stored in double") from error
