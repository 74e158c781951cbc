"""Converts a JSON value to the flat values of a tensor (contract b2.8 to b2.10)."""

from __future__ import annotations

import base64
import binascii
import math
from typing import Any, TypeGuard

import numpy as np

from pipeline.serving.engine.signature import Array, Tensor
from pipeline.serving.errors import Code, ServingError, invalid, too_large
from pipeline.serving.settings import Limits
from pipeline.serving.wire.json_text import abbreviate, json_type

MAX_RANK = 32
FLOATS = {"float": np.float32, "double": np.float64}
NUMBERS = frozenset({float, int})
# Ranges of integers; small types are checked as int32 only, as in TensorFlow Serving.
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


def infer_shape(value: object) -> Shape:
    """Infer the shape of a nested list from the first item of each list.

    Raises:
        ServingError: INVALID_ARGUMENT; more than `MAX_RANK` nested lists.
    """
    sizes: list[int] = []
    while isinstance(value, list):
        sizes.append(len(value))
        if len(sizes) > MAX_RANK:
            raise invalid(f"JSON Value: nested deeper than {MAX_RANK} lists")
        if not value:
            break
        value = value[0]
    return tuple(sizes)


def check_size(shape: Shape, tensor: Tensor, limits: Limits) -> None:
    """Refuse too many elements (413), before the values are converted.

    A dimension of size 0 counts as 1: a million empty lists are not a small tensor.
    """
    elements = math.prod(max(size, 1) for size in shape)
    if elements > limits.elements:
        raise too_large(
            f"{tensor.name}: {elements} elements; at most {limits.elements} are allowed"
        )


def flatten(value: object, level: int, shape: Shape, tensor: Tensor, limits: Limits) -> list[Any]:
    """Flatten nested lists in order, and check each value against the tensor's type.

    Args:
        value: A list or a single value.
        level: The number of lists around `value`.
        shape: The result of `infer_shape` for the outermost list.
        tensor: The tensor that the values belong to.
        limits: `text` limits each string.

    Raises:
        ServingError: INVALID_ARGUMENT; lists of unequal lengths or depths, or a wrong type.
    """
    if not isinstance(value, list):
        if level != len(shape):
            raise invalid(
                f"JSON Value: {abbreviate(value)} found at incorrect level: {level + 1}"
                f" in the JSON DOM. Expected at level: {len(shape)}"
            )
        return [convert_scalar(value, tensor, limits)]
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
    return [leaf for item in value for leaf in flatten(item, level + 1, shape, tensor, limits)]


def _fast_leaf(values: list[Any], tensor: Tensor) -> list[Any] | None:
    """Return the values of an innermost list if all have the right type, else None; loops in C."""
    types = set(map(type, values))
    if tensor.dtype in FLOATS:
        return values if types <= NUMBERS else None
    if tensor.dtype in RANGES and types == {int}:
        low, high = RANGES[tensor.dtype]
        return values if low <= min(values) and max(values) <= high else None
    return None


def convert_scalar(value: Any, tensor: Tensor, limits: Limits) -> Any:
    """Convert a single value to the tensor's type; strings become bytes."""
    dtype, received = tensor.dtype, type(value)
    if dtype == "string":
        return convert_string(value, tensor, limits)
    if received is dict:
        raise _wrong_type(value, dtype)
    if dtype in FLOATS:
        fits = received in NUMBERS
    elif dtype in RANGES:
        low, high = RANGES[dtype]
        fits = received is int and low <= value <= high
    elif dtype == "bool":
        fits = received is bool
    else:
        raise _not_from_json(value, dtype)
    if not fits:
        raise _wrong_type(value, dtype)
    return value


def convert_string(value: object, tensor: Tensor, limits: Limits) -> bytes:
    """Convert a string, or an object with the only key `b64`, to bytes."""
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
            f"{tensor.name}: a string of {len(encoded)} bytes; at most {limits.text} are allowed"
        )
    return encoded


def is_base64(value: object) -> TypeGuard[dict[str, str]]:
    """Whether a value is an object that encodes bytes, `{"b64": ...}`."""
    return isinstance(value, dict) and len(value) == 1 and isinstance(value.get("b64"), str)


def decode_base64(value: object) -> bytes:
    """Decode `{"b64": ...}`; padding is optional.

    Raises:
        ServingError: INVALID_ARGUMENT; another object, or invalid base64.
    """
    if not is_base64(value):
        raise invalid(f"JSON Value: {abbreviate(value)} not formatted correctly for base64 data")
    try:
        letters = "".join(value["b64"].split())
        return base64.b64decode(letters + "=" * (-len(letters) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise invalid("Unable to base64 decode") from error


def _not_from_json(value: object, dtype: str) -> ServingError:
    return ServingError(
        Code.UNIMPLEMENTED, f"Conversion of JSON Value: {abbreviate(value)} to type: {dtype}"
    )


def _wrong_type(value: object, dtype: str) -> ServingError:
    return invalid(
        f"JSON Value: {abbreviate(value)} Type: {json_type(value)} is not of expected type: {dtype}"
    )


def to_array(flat: list[Any], shape: Shape, tensor: Tensor) -> Array:
    """Return checked values as an array of the tensor's type; strings have dtype object.

    Raises:
        ServingError: A number exceeds all floats, or JSON cannot represent the type (501, as in
            `convert_scalar`).
    """
    if tensor.dtype == "string":
        values = np.empty(len(flat), object)
        values[:] = flat
        return values.reshape(shape)
    if tensor.dtype in RANGES:  # 300 as uint8 wraps around, as in TensorFlow Serving
        wide = np.uint64 if tensor.dtype == "uint64" else np.int64
        return np.array(flat, wide).astype(tensor.dtype).reshape(shape)
    if tensor.dtype == "bool":
        return np.array(flat, bool).reshape(shape)
    if tensor.dtype not in FLOATS:
        raise _not_from_json(flat, tensor.dtype)
    try:
        with np.errstate(over="ignore"):  # overflow becomes infinity
            return np.array(flat, np.float64).astype(FLOATS[tensor.dtype]).reshape(shape)
    except OverflowError as error:
        raise invalid("JSON Parse error: Number too big to be stored in double") from error
