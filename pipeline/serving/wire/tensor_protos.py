"""TensorProto to NumPy and back, for gRPC (contract b7.3, b7.4, b7.7)."""

from __future__ import annotations

import math
from typing import Any

import tensorflow as tf
from tensorflow.core.framework.tensor_pb2 import TensorProto

from pipeline.serving.engine.signature import NUMPY_NAMES, Tensor, dtype_name
from pipeline.serving.errors import Code, ServingError, invalid, too_large
from pipeline.serving.settings import Limits
from pipeline.serving.wire.json_values import check_size

# Where a TensorProto keeps values of each type, one entry a value.
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


def read_tensor(proto: Any, tensor: Tensor, limits: Limits) -> Any:
    """The array that a message holds, checked before any memory is asked for.

    A few bytes may declare any number of elements, the last value standing for all that follow.

    Raises:
        ServingError: INVALID_ARGUMENT; another type, a bad shape, more or fewer values than the
            shape has, or beyond a limit.
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
        array = tf.make_ndarray(proto)
    except (TypeError, ValueError, OverflowError) as error:  # 300 in a tensor of uint8, above all
        raise _unreadable(tensor, str(error)) from error
    return array


def _type_of(proto: Any) -> str:
    try:
        return dtype_name(proto.dtype)
    except TypeError:  # a number that stands for no type, or none at all
        return f"number {proto.dtype}"


def _check_count(proto: Any, tensor: Tensor, elements: int) -> None:
    """Values given against values declared; one value may stand for many, many not for one."""
    if proto.tensor_content:
        size = len(proto.tensor_content)
        wanted = elements * tf.dtypes.as_dtype(proto.dtype).size
        if tensor.dtype == "string" or size != wanted:
            raise _unreadable(tensor, f"{size} bytes of content where {wanted} were declared")
        return
    given = len(getattr(proto, FIELDS.get(tensor.dtype, "half_val")))
    if tensor.dtype.startswith("complex"):
        given = (len(proto.scomplex_val) + len(proto.dcomplex_val)) // 2
    if given > elements or (elements and not given):
        raise _unreadable(tensor, f"{given} values where {elements} were declared")


def _check_text(proto: Any, tensor: Tensor, elements: int, limits: Limits) -> None:
    """Each string against its limit, and all against what a body may hold, repetitions too."""
    lengths = [len(text) for text in proto.string_val]
    if not lengths:
        return
    if max(lengths) > limits.text:
        raise too_large(f"{tensor.name}: a string beyond {limits.text} bytes")
    total = sum(lengths) + (elements - len(lengths)) * lengths[-1]
    if total > limits.body:
        raise too_large(f"{tensor.name}: {total} bytes of strings; at most {limits.body} are taken")


def _unreadable(tensor: Tensor, reason: str) -> ServingError:
    return invalid(f"tensor parsing error: {tensor.name} ({reason})")


def write_tensor(array: Any, tensor: Tensor) -> Any:
    """A message with one typed entry a value, as TensorFlow Serving answers by default."""
    field = FIELDS.get(tensor.dtype)
    if field is None:
        if tensor.dtype not in ("half", "bfloat16", "complex64", "complex128"):
            raise ServingError(Code.UNIMPLEMENTED, f"No message holds values of {tensor.dtype}")
        return tf.make_tensor_proto(array)
    dtype = tf.dtypes.as_dtype(NUMPY_NAMES.get(tensor.dtype, tensor.dtype))
    proto = TensorProto(dtype=dtype.as_datatype_enum)
    for size in array.shape:
        proto.tensor_shape.dim.add(size=size)
    getattr(proto, field).extend(array.ravel().tolist())
    return proto
