"""tensorflow.serving.ModelService (contract b7.1)."""

from __future__ import annotations

from typing import Any

from tensorflow_serving.apis import (
    get_model_status_pb2,
    model_management_pb2,
    model_service_pb2_grpc,
)

from pipeline.serving.errors import Code, ServingError, invalid
from pipeline.serving.grpc.answers import Answers, Asked, target_of
from pipeline.serving.keys import Keys
from pipeline.serving.state import Server
from pipeline.serving.versions.admin import Admin, Config


class ModelService(model_service_pb2_grpc.ModelServiceServicer):
    """Tells the states of versions; for an administrator also takes labels.

    Args:
        server: Whose models.
        keys: Those that open it.
        admin: Takes ReloadConfig; None on the port of the models' clients.
    """

    def __init__(self, server: Server, keys: Keys, admin: Admin | None = None) -> None:
        self.server, self.answers, self.admin = server, Answers(server, keys), admin

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

    def HandleReloadConfigRequest(self, request: Any, context: Any) -> Any:  # noqa: N802  gRPC's
        """Labels from an administrator; a client of the models must not choose what is loaded.

        As in TensorFlow Serving, what is wrong with a configuration stands in the answer.
        """

        def body(_: Asked) -> Any:
            if self.admin is None:
                raise ServingError(
                    Code.PERMISSION_DENIED,
                    "This server serves what its models folder holds; it takes no configuration"
                    " here",
                )
            answer = model_management_pb2.ReloadConfigResponse()
            try:
                self.admin.reload_config(_configs(request))
            except ServingError as error:
                answer.status.error_code = error.code.value
                answer.status.error_message = error.message
            return answer

        return self.answers.answer("HandleReloadConfigRequest", context, body)


def _configs(request: Any) -> list[Config]:
    if request.config.WhichOneof("config") != "model_config_list":
        raise invalid("Only a model_config_list is supported")
    return [
        Config(config.name, config.base_path, config.version_labels)
        for config in request.config.model_config_list.config
    ]
