"""tensorflow.serving.PredictionService (contract b7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    inference_pb2,
    predict_pb2,
    prediction_service_pb2_grpc,
    regression_pb2,
)

from pipeline.serving.engine.signature import DEFAULT, Signature
from pipeline.serving.errors import Code, ServingError, invalid
from pipeline.serving.grpc.answers import Answers, Asked, signature_of, target_of
from pipeline.serving.state import Server, examples_array
from pipeline.serving.versions.metadata import signature_map
from pipeline.serving.wire import examples
from pipeline.serving.wire.proto_examples import serialized_examples
from pipeline.serving.wire.proto_inputs import read_arrays
from pipeline.serving.wire.tensor_protos import write_tensor

SIGNATURES = "signature_def"
CLASSIFY, REGRESS = "tensorflow/serving/classify", "tensorflow/serving/regress"


class PredictionService(prediction_service_pb2_grpc.PredictionServiceServicer):
    """Answers with tensors, classes, numbers, or what a model's signatures are."""

    def __init__(self, server: Server) -> None:
        self.server, self.answers = server, Answers(server, server.keys)

    def Predict(self, request: Any, context: Any) -> Any:  # noqa: N802  gRPC's name
        """Tensors to tensors."""
        return self.answers.answer("Predict", context, lambda asked: self._predict(request, asked))

    def Classify(self, request: Any, context: Any) -> Any:  # noqa: N802  gRPC's name
        """Examples to labels and scores."""

        def body(asked: Asked) -> Any:
            answer = classification_pb2.ClassificationResponse()
            answer.result.CopyFrom(self._infer(request, request, asked, CLASSIFY))
            _tell_model(answer, asked)
            return answer

        return self.answers.answer("Classify", context, body)

    def Regress(self, request: Any, context: Any) -> Any:  # noqa: N802  gRPC's name
        """Examples to numbers."""

        def body(asked: Asked) -> Any:
            answer = regression_pb2.RegressionResponse()
            answer.result.CopyFrom(self._infer(request, request, asked, REGRESS))
            _tell_model(answer, asked)
            return answer

        return self.answers.answer("Regress", context, body)

    def MultiInference(self, request: Any, context: Any) -> Any:  # noqa: N802  gRPC's name
        """The same examples to several signatures of one model."""
        return self.answers.answer(
            "MultiInference", context, lambda asked: self._multi(request, asked)
        )

    def GetModelMetadata(self, request: Any, context: Any) -> Any:  # noqa: N802  gRPC's name
        """The signatures of a version."""

        def body(asked: Asked) -> Any:
            _check_metadata_fields(request.metadata_field)
            asked.engine = self.server.models.find(target_of(request))
            answer = get_model_metadata_pb2.GetModelMetadataResponse()
            answer.metadata[SIGNATURES].Pack(signature_map(asked.engine.servable))
            answer.model_spec.name = asked.engine.servable.name
            answer.model_spec.version.value = asked.engine.servable.version
            return answer

        return self.answers.answer("GetModelMetadata", context, body)

    def _predict(self, request: Any, asked: Asked) -> Any:
        asked.engine = self.server.models.find(target_of(request), asked.key)
        signature = signature_of(asked.engine, request.model_spec.signature_name)
        asked.signature = signature.name
        wanted = filtered(request.output_filter, signature)
        definitions = asked.engine.servable.definitions
        arrays = read_arrays(request.inputs, signature, definitions, self.server.limits)
        outputs = self.answers.run(asked, signature, arrays)
        answer = predict_pb2.PredictResponse()
        for name in wanted:
            answer.outputs[name].CopyFrom(write_tensor(outputs[name], signature.outputs[name]))
        _tell_model(answer, asked)
        return answer

    def _infer(self, request: Any, task: Any, asked: Asked, method: str) -> Any:
        """A ClassificationResult or a RegressionResult for the examples of a request."""
        target = target_of(task)
        rows = serialized_examples(request.input, self.server.limits)
        asked.engine = self.server.models.find(target, asked.key)
        signature = signature_of(asked.engine, task.model_spec.signature_name)
        asked.signature = signature.name
        outputs = self.answers.run(asked, signature, examples_array(signature, rows))
        write = _classes if method == CLASSIFY else _numbers
        return write(signature, outputs, len(rows))

    def _multi(self, request: Any, asked: Asked) -> Any:
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
            made = self._infer(request, task, asked, task.method_name)
            kind = "classification" if task.method_name == CLASSIFY else "regression"
            getattr(result, f"{kind}_result").CopyFrom(made)
            _tell_model(result, asked)
        return answer


def filtered(wanted: Iterable[str], signature: Signature) -> list[str]:
    """The outputs to send: those that a filter names, else all.

    Raises:
        ServingError: INVALID_ARGUMENT; one is unknown or named twice.
    """
    names = list(wanted)
    for place, name in enumerate(names):
        if name not in signature.outputs:
            raise invalid(f"output tensor alias not found in signature: {name}")
        if name in names[:place]:
            raise invalid(f"duplicate output tensor alias: {name}")
    return names or list(signature.outputs)


def _check_metadata_fields(fields: Any) -> None:
    if not fields:
        raise invalid("GetModelMetadataRequest must specify at least one metadata_field")
    for field in fields:
        if field != SIGNATURES:
            raise invalid(f"Metadata field {field} is not supported")


def _tell_model(answer: Any, asked: Asked) -> None:
    """Which version answered, under which signature."""
    if asked.engine is not None:
        answer.model_spec.name = asked.engine.servable.name
        answer.model_spec.version.value = asked.engine.servable.version
        answer.model_spec.signature_name = asked.signature


def _classes(signature: Signature, outputs: Mapping[str, Any], rows: int) -> Any:
    result = classification_pb2.ClassificationResult()
    for row in examples.classify_outputs(signature, outputs, rows):
        classifications = result.classifications.add()
        for label, score in row:
            classifications.classes.add(label=label, score=float(score))
    return result


def _numbers(signature: Signature, outputs: Mapping[str, Any], rows: int) -> Any:
    result = regression_pb2.RegressionResult()
    for value in examples.regress_outputs(signature, outputs, rows).tolist():
        result.regressions.add(value=value)
    return result
