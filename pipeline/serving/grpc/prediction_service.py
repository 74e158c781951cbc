"""tensorflow.serving.PredictionService (contract b7)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    inference_pb2,
    predict_pb2,
    prediction_service_pb2_grpc,
    regression_pb2,
)

from pipeline.serving.engine.signature import DEFAULT, Arrays, Signature
from pipeline.serving.errors import Code, ServingError, invalid
from pipeline.serving.grpc.calls import CallHandler, CallRecord, signature_of, target_of
from pipeline.serving.state import ServerState, examples_array
from pipeline.serving.wire import examples
from pipeline.serving.wire.metadata import signature_map
from pipeline.serving.wire.proto_examples import serialized_examples
from pipeline.serving.wire.proto_inputs import read_arrays
from pipeline.serving.wire.tensor_protos import write_tensor

SIGNATURES = "signature_def"
CLASSIFY, REGRESS = "tensorflow/serving/classify", "tensorflow/serving/regress"


class PredictionService(prediction_service_pb2_grpc.PredictionServiceServicer):
    """Answers with tensors, classes, numbers, or the signatures of a model."""

    def __init__(self, server: ServerState) -> None:
        self.server, self.handler = server, CallHandler(server, server.keys)

    def Predict(self, request: Any, context: Any) -> Any:  # noqa: N802  gRPC's name
        """Return the outputs of a signature for input tensors."""
        return self.handler.handle("Predict", context, lambda call: self._predict(request, call))

    def Classify(self, request: Any, context: Any) -> Any:  # noqa: N802  gRPC's name
        """Return labels and scores for examples."""

        def body(call: CallRecord) -> Any:
            answer = classification_pb2.ClassificationResponse()
            answer.result.CopyFrom(self._infer(request, request, call, CLASSIFY))
            _set_model_spec(answer, call)
            return answer

        return self.handler.handle("Classify", context, body)

    def Regress(self, request: Any, context: Any) -> Any:  # noqa: N802  gRPC's name
        """Return a number for each example."""

        def body(call: CallRecord) -> Any:
            answer = regression_pb2.RegressionResponse()
            answer.result.CopyFrom(self._infer(request, request, call, REGRESS))
            _set_model_spec(answer, call)
            return answer

        return self.handler.handle("Regress", context, body)

    def MultiInference(self, request: Any, context: Any) -> Any:  # noqa: N802  gRPC's name
        """Run several signatures of one model on the same examples."""
        return self.handler.handle(
            "MultiInference", context, lambda call: self._multi(request, call)
        )

    def GetModelMetadata(self, request: Any, context: Any) -> Any:  # noqa: N802  gRPC's name
        """Return the signatures of a version."""

        def body(call: CallRecord) -> Any:
            _check_metadata_fields(request.metadata_field)
            call.engine = self.server.models.find(target_of(request))
            answer = get_model_metadata_pb2.GetModelMetadataResponse()
            answer.metadata[SIGNATURES].Pack(signature_map(call.engine.servable))
            answer.model_spec.name = call.engine.servable.name
            answer.model_spec.version.value = call.engine.servable.version
            return answer

        return self.handler.handle("GetModelMetadata", context, body)

    def _predict(self, request: Any, call: CallRecord) -> Any:
        call.engine = self.server.models.find(target_of(request), call.key)
        signature = signature_of(call.engine, request.model_spec.signature_name)
        call.signature = signature.name
        names = filter_outputs(request.output_filter, signature)
        definitions = call.engine.servable.definitions
        arrays = read_arrays(request.inputs, signature, definitions, self.server.limits)
        outputs = self.handler.run(call, signature, arrays)
        answer = predict_pb2.PredictResponse()
        for name in names:
            answer.outputs[name].CopyFrom(write_tensor(outputs[name], signature.outputs[name]))
        _set_model_spec(answer, call)
        return answer

    def _infer(self, request: Any, task: Any, call: CallRecord, method: str) -> Any:
        """Return a ClassificationResult or a RegressionResult for the examples of a request."""
        target = target_of(task)
        rows = serialized_examples(request.input, self.server.limits)
        call.engine = self.server.models.find(target, call.key)
        signature = signature_of(call.engine, task.model_spec.signature_name)
        call.signature = signature.name
        outputs = self.handler.run(call, signature, examples_array(signature, rows))
        write = _classes if method == CLASSIFY else _numbers
        return write(signature, outputs, len(rows))

    def _multi(self, request: Any, call: CallRecord) -> Any:
        if not request.tasks:
            raise invalid("Inference request must contain at least one task")
        if len({target_of(task) for task in request.tasks}) > 1:
            raise invalid("All ModelSpecs in a MultiInferenceRequest must access the same model.")
        names = [task.model_spec.signature_name or DEFAULT for task in request.tasks]
        if len(set(names)) < len(names):
            raise invalid(f"Duplicate evaluation of signature: {names}")
        answer = inference_pb2.MultiInferenceResponse()
        for task in request.tasks:
            if task.method_name not in (CLASSIFY, REGRESS):
                raise ServingError(
                    Code.UNIMPLEMENTED, f"Unsupported signature method_name: {task.method_name}"
                )
            result = answer.results.add()
            output = self._infer(request, task, call, task.method_name)
            kind = "classification" if task.method_name == CLASSIFY else "regression"
            getattr(result, f"{kind}_result").CopyFrom(output)
            _set_model_spec(result, call)
        return answer


def filter_outputs(output_filter: Iterable[str], signature: Signature) -> list[str]:
    """Return the names of the outputs to send: those in the filter, or all if it is empty.

    Raises:
        ServingError: INVALID_ARGUMENT; a name is unknown or listed twice.
    """
    names = list(output_filter)
    for index, name in enumerate(names):
        if name not in signature.outputs:
            raise invalid(f"output tensor alias not found in signature: {name}")
        if name in names[:index]:
            raise invalid(f"duplicate output tensor alias: {name}")
    return names or list(signature.outputs)


def _check_metadata_fields(fields: Any) -> None:
    if not fields:
        raise invalid("GetModelMetadataRequest must specify at least one metadata_field")
    for field in fields:
        if field != SIGNATURES:
            raise invalid(f"Metadata field {field} is not supported")


def _set_model_spec(answer: Any, call: CallRecord) -> None:
    """Report the version and signature that answered."""
    if call.engine is not None:
        answer.model_spec.name = call.engine.servable.name
        answer.model_spec.version.value = call.engine.servable.version
        answer.model_spec.signature_name = call.signature


def _classes(signature: Signature, outputs: Arrays, rows: int) -> Any:
    result = classification_pb2.ClassificationResult()
    for row in examples.classify_outputs(signature, outputs, rows):
        classifications = result.classifications.add()
        for label, score in row:
            classifications.classes.add(label=label, score=float(score))
    return result


def _numbers(signature: Signature, outputs: Arrays, rows: int) -> Any:
    result = regression_pb2.RegressionResult()
    for value in examples.regress_outputs(signature, outputs, rows).tolist():
        result.regressions.add(value=value)
    return result
