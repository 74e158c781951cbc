"""The wire contract over gRPC, tested with the client of tensorflow-serving-api."""

import contextlib
from typing import Any, NamedTuple

import grpc
import numpy as np
import pytest
import tensorflow as tf
from google.protobuf import any_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from tensorflow.core.framework.tensor_pb2 import TensorProto
from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    inference_pb2,
    model_management_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
    regression_pb2,
)

from pipeline.serving.settings import Limits

CLASSIFY, REGRESS = "tensorflow/serving/classify", "tensorflow/serving/regress"
TIMEOUT = 20


@pytest.fixture(scope="module")
def channel(served):
    with grpc.insecure_channel(served.grpc) as open_channel:
        yield open_channel


@pytest.fixture(scope="module")
def stub(channel):
    return prediction_service_pb2_grpc.PredictionServiceStub(channel)


@pytest.fixture(scope="module")
def models(channel):
    return model_service_pb2_grpc.ModelServiceStub(channel)


def named(message, model, signature="", version=None, label=None):
    """The message with its ModelSpec filled."""
    spec = message.tasks.add().model_spec if hasattr(message, "tasks") else message.model_spec
    spec.name, spec.signature_name = model, signature
    if version is not None:
        spec.version.value = version
    if label is not None:
        spec.version_label = label
    return message


def predict(model="half_plus_two", signature="", version=None, label=None, filter=(), **inputs):
    """A PredictRequest; inputs are arrays or TensorProtos."""
    request = named(predict_pb2.PredictRequest(), model, signature, version, label)
    request.output_filter.extend(filter)
    for name, value in inputs.items():
        proto = value if isinstance(value, TensorProto) else tf.make_tensor_proto(value)
        request.inputs[name].CopyFrom(proto)
    return request


def example(**features):
    """A tf.Example; floats, bytes and ints to their lists."""
    made = tf.train.Example()
    for name, value in features.items():
        kind = {float: "float_list", bytes: "bytes_list", int: "int64_list"}[type(value)]
        getattr(made.features.feature[name], kind).value.append(value)
    return made


def tensor(dtype, sizes, **fields):
    """A TensorProto as it is written by hand."""
    proto = TensorProto(dtype=dtype.as_datatype_enum)
    for size in sizes:
        proto.tensor_shape.dim.add(size=size)
    for name, values in fields.items():
        if name == "tensor_content":
            proto.tensor_content = values
        else:
            getattr(proto, name).extend(values)
    return proto


X = np.array([1, 5], np.float32)
F = tf.float32


class Row(NamedTuple):
    """A PredictRequest with the code and a part of the message of its error."""

    rule: str
    request: Any
    code: grpc.StatusCode
    text: str = ""
    differs: bool = False


INVALID = grpc.StatusCode.INVALID_ARGUMENT
MISSING = grpc.StatusCode.NOT_FOUND
BOMB = tensor(F, [10**6, 10**6], float_val=[1.0])
REFUSED = [
    Row("b7.2 no spec", predict_pb2.PredictRequest(), INVALID, "Missing ModelSpec"),
    Row("b7.2 no name", predict(model="", version=1), INVALID, "ModelSpec has no name specified."),
    Row(
        "b2.3", predict(signature="no", x=X), grpc.StatusCode.FAILED_PRECONDITION, '"no" not found'
    ),
    Row(
        "b6.1 model",
        predict(model="no", x=X),
        MISSING,
        "Servable not found for request: Latest(no)",
    ),
    Row("b6.1 version", predict(version=7, x=X), MISSING, "Specific(half_plus_two, 7)"),
    Row("b6.5", predict(label="no", x=X), INVALID, "Unrecognized servable version label: no"),
    Row("b7.3 none", predict(), INVALID, "input size does not match signature: 0!=1 len({x})"),
    Row("b7.3 missing", predict(), INVALID, "Missing but required: {x}."),
    Row("b7.3 extra", predict(x=X, z=X), INVALID, "Sent extra: {z}."),
    Row("b7.3 wrong", predict(z=X), INVALID, "x"),
    Row("b3.6 filter", predict(x=X, filter=["no"]), INVALID, "no"),
    Row("b3.6 filter twice", predict(x=X, filter=["y", "y"]), INVALID, "y"),
    Row("b7.3 type", predict(x=np.array([1, 2])), INVALID),
    Row(
        "b7.3 cut", predict(x=tensor(F, [2], tensor_content=b"123")), INVALID, "tensor parsing err"
    ),
    Row("b7.3 many", predict(x=tensor(F, [1], float_val=[1, 2])), INVALID),
    Row("b7.3 negative", predict(x=tensor(F, [-1], float_val=[1])), INVALID, "tensor parsing err"),
    Row("b7.7 bomb", predict(x=BOMB), INVALID, "1000000000000 elements", differs=True),
    Row(
        "b7.3 zeros",
        predict("shapes", "float32", x=tensor(F, [2**40, 0])),
        INVALID,
        "1099511627776 elements",
        differs=True,
    ),
    Row(
        "b7.3 range",
        predict("shapes", "uint8", x=tensor(tf.uint8, [1], int_val=[300])),
        INVALID,
        "tensor parsing err",
        differs=True,
    ),
    Row(
        "b7.3 range of half",
        predict("shapes", "float16", x=tensor(tf.float16, [1], half_val=[70_000])),
        INVALID,
        "tensor parsing err",
        differs=True,
    ),
    Row(
        "b9 rows",
        predict(x=tensor(F, [1001], float_val=[1])),
        INVALID,
        "1001 rows; at most 1000",
        differs=True,
    ),
    Row(
        "b9 one text for many",
        predict("shapes", "string", x=tensor(tf.string, [500, 2], string_val=[b"a" * 4000])),
        INVALID,
        "4000000 bytes of strings; at most 1000000",
        differs=True,
    ),
    Row(
        "b9 a long text beside many",
        predict("shapes", "raw", text=tensor(tf.string, [150], string_val=[b"a" * 4000])),
        INVALID,
        "150 rows, the longest of 4000 bytes",
        differs=True,
    ),
    Row("b7.7 none", predict(x=tensor(F, [3])), INVALID, "0 values", differs=True),
    Row("b9 rank", predict(x=np.float32(1)), INVALID, "expected shape [?]", differs=True),
]


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: row.rule)
def test_what_is_refused(served, stub, row):
    if row.differs and not served.ours:
        pytest.skip("ours differs on purpose")
    with pytest.raises(grpc.RpcError) as caught:
        stub.Predict(row.request, TIMEOUT)
    assert caught.value.code() == row.code
    assert row.text in caught.value.details()


@pytest.mark.parametrize(
    "request_",
    [
        predict(x=X),
        predict(x=X, version=123),
        predict(x=X, label="stable"),
        predict(x=X, signature="serving_default"),
        predict(x=X, filter=["y"]),
        predict(x=tensor(F, [2], float_val=[1, 5])),
        predict(x=tensor(F, [2], tensor_content=X.tobytes())),
    ],
)
def test_a_request_gets_tensors_and_who_answered(stub, request_):
    answer = stub.Predict(request_, TIMEOUT)
    np.testing.assert_allclose(tf.make_ndarray(answer.outputs["y"]), [2.5, 4.5])
    assert list(answer.outputs["y"].float_val) == [2.5, 4.5]  # typed, as the contract says
    assert answer.model_spec.name == "half_plus_two"
    assert answer.model_spec.version.value == 123
    assert answer.model_spec.signature_name == "serving_default"


def test_one_value_may_stand_for_many(stub):
    answer = stub.Predict(predict(x=tensor(F, [3], float_val=[1])), TIMEOUT)
    assert list(answer.outputs["y"].float_val) == [2.5, 2.5, 2.5]


def test_what_has_a_default_may_be_left_out(stub):
    """Contract b7.3: `by` is 2 where it is not given."""
    answer = stub.Predict(predict("shapes", "defaults", x=X), TIMEOUT)
    assert list(answer.outputs["y"].float_val) == [2.0, 10.0]
    by = np.array([3], np.float32)
    answer = stub.Predict(predict("shapes", "defaults", x=X, by=by), TIMEOUT)
    assert list(answer.outputs["y"].float_val) == [3.0, 15.0]


@pytest.mark.parametrize(
    ("signature", "value"),
    [
        ("uint16", np.array([65535], np.uint16)),
        ("bfloat16", np.array([0.5], tf.bfloat16.as_numpy_dtype)),
        ("complex64", np.array([1 + 2j], np.complex64)),
        ("float64", np.array([[0.1, 1e300]])),
        ("int8", np.array([-5], np.int8)),
        ("int16", np.array([-5], np.int16)),
        ("int32", np.array([2**31 - 1], np.int32)),
        ("int64", np.array([2**63 - 1])),
        ("uint8", np.array([255], np.uint8)),
        ("uint32", np.array([2**32 - 1], np.uint32)),
        ("uint64", np.array([2**64 - 1], np.uint64)),
        ("bool", np.array([True, False])),
        ("string", np.array([b"\xff", "é".encode()], object)),
        ("float16", np.array([0.5], np.float16)),
        ("float32", np.zeros([0, 3], np.float32)),
    ],
)
def test_every_type_comes_back_as_it_went(stub, signature, value):
    answer = stub.Predict(predict("shapes", signature, x=value), TIMEOUT)
    np.testing.assert_array_equal(tf.make_ndarray(answer.outputs["y"]), value)


def test_a_signature_without_inputs(stub):
    answer = stub.Predict(predict("shapes", "nothing"), TIMEOUT)
    assert list(answer.outputs["y"].float_val) == [1.0]


def test_outputs_are_chosen_by_the_filter(stub):
    inputs = {"text": np.array([b"a"], object), "x": np.array([1], np.float32)}
    answer = stub.Predict(predict("shapes", filter=["double"], **inputs), TIMEOUT)
    assert list(answer.outputs) == ["double"]


def test_classify(stub):
    request = named(classification_pb2.ClassificationRequest(), "examples")
    request.input.example_list.examples.append(example(x=1.5, name=b"n"))
    answer = stub.Classify(request, TIMEOUT)
    rows = [[(c.label, c.score) for c in row.classes] for row in answer.result.classifications]
    assert rows == [[("n", 1.5), ("b", 0.0)]]
    assert answer.model_spec.version.value == 123


def test_regress_with_a_context(stub):
    request = named(regression_pb2.RegressionRequest(), "examples", "regress")
    request.input.example_list_with_context.context.CopyFrom(example(x=1.5))
    request.input.example_list_with_context.examples.append(example(name=b"n"))
    answer = stub.Regress(request, TIMEOUT)
    assert [row.value for row in answer.result.regressions] == [3.0]


def test_a_context_counts_for_each_example(served, stub):
    if not served.ours:
        pytest.skip("ours differs on purpose")
    request = named(regression_pb2.RegressionRequest(), "examples", "regress")
    request.input.example_list_with_context.context.CopyFrom(example(name=b"a" * 4000))
    request.input.example_list_with_context.examples.extend([example()] * 300)
    with pytest.raises(grpc.RpcError, match="more than 1000000 bytes") as caught:
        stub.Regress(request, TIMEOUT)
    assert caught.value.code() == INVALID


def test_an_empty_input_is_refused(stub):
    with pytest.raises(grpc.RpcError) as caught:
        stub.Classify(named(classification_pb2.ClassificationRequest(), "examples"), TIMEOUT)
    assert caught.value.code() == INVALID


def multi(*tasks):
    """A MultiInferenceRequest over one example."""
    request = inference_pb2.MultiInferenceRequest()
    for signature, method in tasks:
        task = request.tasks.add(method_name=method)
        task.model_spec.name, task.model_spec.signature_name = "examples", signature
    request.input.example_list.examples.append(example(x=1.5, name=b"n"))
    return request


def test_one_example_to_several_signatures(stub):
    answer = stub.MultiInference(multi(("regress", REGRESS), ("", CLASSIFY)), TIMEOUT)
    first, second = answer.results
    assert first.regression_result.regressions[0].value == 3.0
    assert second.classification_result.classifications[0].classes[0].label == "n"
    assert second.model_spec.version.value == 123


@pytest.mark.parametrize(
    ("tasks", "code"),
    [
        ([], INVALID),
        ([("regress", REGRESS), ("regress", REGRESS)], INVALID),
        ([("regress", "tensorflow/serving/predict")], grpc.StatusCode.UNIMPLEMENTED),
    ],
)
def test_tasks_that_make_no_sense(stub, tasks, code):
    with pytest.raises(grpc.RpcError) as caught:
        stub.MultiInference(multi(*tasks), TIMEOUT)
    assert caught.value.code() == code


def test_metadata(stub):
    request = named(get_model_metadata_pb2.GetModelMetadataRequest(), "half_plus_two")
    request.metadata_field.append("signature_def")
    answer = stub.GetModelMetadata(request, TIMEOUT)
    packed: any_pb2.Any = answer.metadata["signature_def"]
    signatures = get_model_metadata_pb2.SignatureDefMap()
    assert packed.Unpack(signatures)
    assert signatures.signature_def["serving_default"].inputs["x"].dtype == 1
    assert answer.model_spec.version.value == 123


@pytest.mark.parametrize("fields", [[], ["no"]])
def test_metadata_of_other_fields_is_refused(stub, fields):
    request = named(get_model_metadata_pb2.GetModelMetadataRequest(), "half_plus_two")
    request.metadata_field.extend(fields)
    with pytest.raises(grpc.RpcError) as caught:
        stub.GetModelMetadata(request, TIMEOUT)
    assert caught.value.code() == INVALID


def test_status(models):
    request = named(get_model_status_pb2.GetModelStatusRequest(), "half_plus_two")
    (row,) = models.GetModelStatus(request, TIMEOUT).model_version_status
    assert (row.version, row.state, row.status.error_code) == (123, 30, 0)


def test_status_of_nothing(models):
    request = named(get_model_status_pb2.GetModelStatusRequest(), "no")
    with pytest.raises(grpc.RpcError) as caught:
        models.GetModelStatus(request, TIMEOUT)
    assert caught.value.code() == MISSING
    assert "Could not find any versions of model no" in caught.value.details()


def test_a_client_may_not_choose_what_is_served(served, models):
    if not served.ours:
        pytest.skip("ours differs on purpose")
    with pytest.raises(grpc.RpcError) as caught:
        models.HandleReloadConfigRequest(model_management_pb2.ReloadConfigRequest(), TIMEOUT)
    assert caught.value.code() == grpc.StatusCode.PERMISSION_DENIED


@pytest.mark.parametrize("service", ["", "ModelService", "PredictionService"])
def test_health(served, channel, service):
    if not served.ours:
        pytest.skip("off there unless asked for")
    request = health_pb2.HealthCheckRequest(service=service)
    answer = health_pb2_grpc.HealthStub(channel).Check(request, TIMEOUT)
    assert answer.status == health_pb2.HealthCheckResponse.SERVING


def test_who_watches_health_and_leaves_keeps_nobody(serve, contract_models):
    """Twenty watchers that disconnected together once blocked all calls and the version watcher."""
    with (
        serve(contract_models, grace_seconds=1.0) as watched,
        grpc.insecure_channel(watched.grpc) as channel,
    ):
        health = health_pb2_grpc.HealthStub(channel)
        stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        calls = [health.Watch(health_pb2.HealthCheckRequest(service=f"x{i}")) for i in range(20)]
        with pytest.raises(grpc.RpcError) as caught:
            next(calls.pop())
        assert caught.value.code() == grpc.StatusCode.UNIMPLEMENTED
        for call in calls:
            call.cancel()
        assert stub.Predict(predict(x=X), TIMEOUT).model_spec.version.value == 123
        watched.server.models.refresh()


def test_messages_beyond_the_4_mb_of_grpc_s_own_limit(serve, served, contract_models):
    """Contract b7.6; this server has its own limit, checked before the message is read."""
    numbers = np.ones(1_200_000, np.float32)
    options = [("grpc.max_receive_message_length", -1)]
    with contextlib.ExitStack() as stack:
        address = served.grpc
        if served.ours:  # the suite's server has tight limits
            limits = Limits(body=5_000_000, rows=2_000_000)
            address = stack.enter_context(serve(contract_models, limits=limits)).grpc
        channel = stack.enter_context(grpc.insecure_channel(address, options))
        stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        answer = stub.Predict(predict(x=numbers), TIMEOUT)
        assert len(answer.outputs["y"].float_val) == len(numbers)
        if served.ours:
            with pytest.raises(grpc.RpcError) as caught:
                stub.Predict(predict(x=np.ones(1_300_000, np.float32)), TIMEOUT)
            assert caught.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED


def test_a_call_past_its_deadline_gets_deadline_exceeded(serve, contract_models):
    """Contract b7.5; the client here would wait longer."""
    with (
        serve(contract_models, limits=Limits(seconds=0)) as late,
        grpc.insecure_channel(late.grpc) as channel,
    ):
        stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        with pytest.raises(grpc.RpcError) as caught:
            stub.Predict(predict(x=X), TIMEOUT)
        assert caught.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
        assert "deadline expired" in caught.value.details()


def test_a_long_error_is_cut(served, stub):
    if not served.ours:
        pytest.skip("the same there, but for other texts")
    with pytest.raises(grpc.RpcError) as caught:
        stub.Predict(predict(x=X, signature="s" * 3000), TIMEOUT)
    assert caught.value.details().endswith("...TRUNCATED")
    assert len(caught.value.details()) == 1024 + len("...TRUNCATED")
