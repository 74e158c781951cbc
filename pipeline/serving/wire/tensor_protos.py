"""Converts TensorProto to NumPy and back, for gRPC (contract b7.3, b7.4, b7.7)."""

from __future__ import annotations

import math
from typing import Any

import tensorflow as tf
from tensorflow.core.framework.tensor_pb2 import TensorProto

from pipeline.serving.engine.signature import NUMPY_NAMES, Array, Tensor, dtype_name
from pipeline.serving.errors import Code, ServingError, invalid, too_large
from pipeline.serving.settings import Limits
from pipeline.serving.wire.json_values import check_size

# The field of TensorProto that holds values of each type, one entry per value.
FIELDS = {
    "float": "float_val",
    "double": "double_val",
    "int64": "int64_val",
    "uint32": "uint32_val",
    "uint64": "uint64_val",
    "bool": "bool_val",
    "string": "string_val",
    **dict.fromkeys(("int8", "int16", "int32", "uint8", "uint16"), "int_val"),
}


def read_tensor(proto: Any, tensor: Tensor, limits: Limits) -> Array:
    """Return the array in a message, checked before memory is allocated.

    A few bytes may declare any number of elements, since the last value is repeated to fill them.

    Raises:
        ServingError: INVALID_ARGUMENT; another type, an invalid shape, more or fewer values than
            the shape has. 413; beyond a limit.
    """
    received = _type_of(proto)
    if received != tensor.dtype:
        raise invalid(f"Input {tensor.name}: expected type {tensor.dtype}, received {received}")
    sizes = [dimension.size for dimension in proto.tensor_shape.dim]
    if proto.tensor_shape.unknown_rank or any(size < 0 for size in sizes) or len(sizes) > 32:
        raise _unreadable(tensor, f"shape {sizes[:40]}")
    check_size(tuple(sizes), tensor, limits)
    elements = math.prod(sizes)
    _check_count(proto, tensor, elements)
    _check_text(proto, tensor, elements, limits)
    try:
        array: Array = tf.make_ndarray(proto)
    except (TypeError, ValueError, OverflowError) as error:  # for example 300 in a tensor of uint8
        raise _unreadable(tensor, str(error)) from error
    return array


def _type_of(proto: Any) -> str:
    try:
        return dtype_name(proto.dtype)
    except TypeError:  # an unknown number, or none
        return f"number {proto.dtype}"


def _check_count(proto: Any, tensor: Tensor, elements: int) -> None:
    """Compare the number of values with the declared elements; fewer are repeated, more refused."""
    if proto.tensor_content:
        size = len(proto.tensor_content)
        expected = elements * tf.dtypes.as_dtype(proto.dtype).size
        if tensor.dtype == "string" or size != expected:
            raise _unreadable(tensor, f"{size} bytes of content where {expected} were declared")
        return
    received = len(getattr(proto, FIELDS.get(tensor.dtype, "half_val")))
    if tensor.dtype.startswith("complex"):
        received = (len(proto.scomplex_val) + len(proto.dcomplex_val)) // 2
    if received > elements or (elements and not received):
        raise _unreadable(tensor, f"{received} values where {elements} were declared")


def _check_text(proto: Any, tensor: Tensor, elements: int, limits: Limits) -> None:
    """Check the length of each string, and of all strings with repetitions."""
    lengths = [len(text) for text in proto.string_val]
    if not lengths:
        return
    if max(lengths) > limits.text:
        raise too_large(
            f"{tensor.name}: a string of {max(lengths)} bytes; at most {limits.text} are allowed"
        )
    total = sum(lengths) + (elements - len(lengths)) * lengths[-1]
    if total > limits.body:
        raise too_large(
            f"{tensor.name}: {total} bytes of strings; at most {limits.body} are allowed"
        )


def _unreadable(tensor: Tensor, reason: str) -> ServingError:
    return invalid(f"tensor parsing error: {tensor.name} ({reason})")


def write_tensor(array: Array, tensor: Tensor) -> Any:
    """Return a message with one typed entry per value, TensorFlow Serving's default."""
    field = FIELDS.get(tensor.dtype)
    if field is None:
        if tensor.dtype not in ("half", "bfloat16", "complex64", "complex128"):
            raise ServingError(
                Code.UNIMPLEMENTED, f"TensorProto has no field for values of type {tensor.dtype}"
            )
        return tf.make_tensor_proto(array)
    dtype = tf.dtypes.as_dtype(NUMPY_NAMES.get(tensor.dtype, tensor.dtype))
    proto = TensorProto(dtype=dtype.as_datatype_enum)
    for size in array.shape:
        proto.tensor_shape.dim.add(size=size)
    getattr(proto, field).extend(array.ravel().tolist())
    return proto
