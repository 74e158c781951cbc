"""Any value in a request is read or refused, without other errors."""

import contextlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tensorflow.core.framework.tensor_pb2 import TensorProto

from pipeline.serving.engine.signature import DEFAULT, Signature, Tensor
from pipeline.serving.errors import Code, ServingError
from pipeline.serving.settings import Limits
from pipeline.serving.versions.warmup import WarmupRequest, example_texts
from pipeline.serving.wire.examples import read_examples
from pipeline.serving.wire.json_inputs import read_inputs
from pipeline.serving.wire.json_outputs import write_columns
from pipeline.serving.wire.tensor_protos import read_tensor, write_tensor

ONE = np.array([b"a"], object)
LIMITS = Limits(elements=1000, rows=50, text=100)
TYPES = ["float", "double", "int32", "int64", "uint8", "uint64", "bool", "string", "half"]
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
VALUES = st.recursive(
    SCALARS,
    lambda v: st.lists(v) | st.dictionaries(st.sampled_from(["x", "b64", "z"]) | st.text(), v),
    max_leaves=30,
)
NUMBERS = {"float_val": st.floats(width=32), "double_val": st.floats(), "bool_val": st.booleans()}
NUMBERS |= {"int_val": st.integers(-(2**31), 2**31 - 1), "half_val": st.integers(0, 2**16 - 1)}
NUMBERS |= {"int64_val": st.integers(-(2**63), 2**63 - 1), "uint64_val": st.integers(0, 2**64 - 1)}
NUMBERS |= {"string_val": st.binary(max_size=200)}


def signature(dtype, names=("x",)):
    """A signature with inputs of any shape."""
    return Signature("s", "", {name: Tensor(name, dtype, None) for name in names}, {})


@given(
    st.dictionaries(st.sampled_from(["instances", "inputs", "signature_name"]), VALUES),
    st.sampled_from(TYPES),
    st.sampled_from([("x",), ("x", "z")]),
)
def test_any_json_is_read_or_refused(document, dtype, names):
    with contextlib.suppress(ServingError):
        arrays = read_inputs(document, signature(dtype, names), LIMITS).arrays
        assert set(arrays) == set(names)
        assert all(value.size <= LIMITS.elements for value in arrays.values())


@pytest.mark.parametrize("values", [[], [1.5], 1, [[]]])
@pytest.mark.parametrize("dtype", ["half", "bfloat16", "uint16", "complex64"])
def test_a_type_without_json_values_is_refused(dtype, values):
    """An empty list has no value that could be refused; it once raised a KeyError."""
    with pytest.raises(ServingError, match=f"to type: {dtype}") as refused:
        read_inputs({"inputs": values}, signature(dtype), LIMITS)
    assert refused.value.code is Code.UNIMPLEMENTED


@given(st.dictionaries(st.sampled_from(["examples", "context"]), VALUES))
def test_any_json_is_examples_or_refused(document):
    with contextlib.suppress(ServingError):
        assert all(isinstance(row, bytes) for row in read_examples(document, LIMITS))


@given(st.data(), st.sampled_from(TYPES), st.integers(0, 25))
def test_any_message_is_a_tensor_or_refused(data, dtype, number):
    proto = TensorProto(dtype=number)
    for size in data.draw(st.lists(st.integers(-2, 2**62), max_size=3)):
        proto.tensor_shape.dim.add(size=size)
    if data.draw(st.booleans()):
        proto.tensor_content = data.draw(st.binary(max_size=40))
    field = data.draw(st.sampled_from(sorted(NUMBERS)))
    getattr(proto, field).extend(data.draw(st.lists(NUMBERS[field], max_size=5)))
    with contextlib.suppress(ServingError):
        assert read_tensor(proto, Tensor("x", dtype, None), LIMITS).size <= LIMITS.elements


@given(st.binary(max_size=200))
def test_bytes_that_are_a_message_are_a_tensor_or_refused(data):
    proto = TensorProto()
    with contextlib.suppress(Exception):  # most bytes are not a message, which gRPC itself refuses
        proto.ParseFromString(data)
    with contextlib.suppress(ServingError):
        read_tensor(proto, Tensor("x", "float", None), LIMITS)


@pytest.mark.parametrize("dtype", ["bfloat16", "float8_e5m2", "complex64"])
@pytest.mark.parametrize("shape", [(), (2,)])
def test_types_that_json_cannot_represent(dtype, shape):
    with pytest.raises(ServingError, match=f"Failed to write JSON value for .*: {dtype}"):
        write_columns({"y": np.zeros(shape, dtype)})


def test_a_warm_up_request_without_inputs_has_no_example_text():
    assert example_texts(
        [WarmupRequest(DEFAULT, {}, ""), WarmupRequest(DEFAULT, {"x": ONE}, "")]
    ) == ("a",)


@pytest.mark.parametrize("dtype", ["resource", "variant", "qint8"])
def test_types_that_a_message_cannot_represent(dtype):
    with pytest.raises(ServingError, match="TensorProto has no field for values of"):
        write_tensor(None, Tensor("y", dtype, None))
