"""tensorflow.serving.ModelService (contract b7.1)."""

from __future__ import annotations

from typing import Any

from tensorflow_serving.apis import get_model_status_pb2, model_service_pb2_grpc

from pipeline.serving.codes import Code, ServingError
from pipeline.serving.grpc_answers import Answers, Asked, target_of
from pipeline.serving.questions import Server


class ModelService(model_service_pb2_grpc.ModelServiceServicer):
    """Tells the states of versions; which models there are is read off the folder alone."""

    def __init__(self, server: Server) -> None:
        self.server, self.answers = server, Answers(server)

    def GetModelStatus(self, request: Any, context: Any) -> Any:  # noqa: N802  gRPC's name
        """States, the newest version first."""

        def body(_: Asked) -> Any:
            answer = get_model_status_pb2.GetModelStatusResponse()
            for version, state in self.server.models.status(target_of(request)).items():
                row = answer.model_version_status.add(version=version, state=state.state.value)
                row.status.error_code = state.code.value
                row.status.error_message = state.message
            return answer

        return self.answers.answer("GetModelStatus", context, body)

    def HandleReloadConfigRequest(self, _: Any, context: Any) -> Any:  # noqa: N802  gRPC's name
        """Refused: a client of the models must not choose what is loaded."""

        def body(_: Asked) -> Any:
            raise ServingError(
                Code.PERMISSION_DENIED,
                "This server serves what its models folder holds; it takes no configuration here",
            )

        return self.answers.answer("HandleReloadConfigRequest", context, body)
