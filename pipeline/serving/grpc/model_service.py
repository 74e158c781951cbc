"""tensorflow.serving.ModelService (contract b7.1)."""

from __future__ import annotations

from typing import Any

from tensorflow_serving.apis import (
    get_model_status_pb2,
    model_management_pb2,
    model_service_pb2_grpc,
)

from pipeline.serving.errors import Code, ServingError, invalid
from pipeline.serving.grpc.calls import CallHandler, CallRecord, target_of
from pipeline.serving.keys import ApiKeys
from pipeline.serving.state import ServerState
from pipeline.serving.versions.admin import Admin, ModelConfig


class ModelService(model_service_pb2_grpc.ModelServiceServicer):
    """Reports the states of versions; on the administrator's port it also sets labels.

    Args:
        server: The server's state.
        keys: The keys that it accepts.
        admin: Carries out ReloadConfig; None on the clients' port.
    """

    def __init__(self, server: ServerState, keys: ApiKeys, admin: Admin | None = None) -> None:
        self.server, self.handler, self.admin = server, CallHandler(server, keys), admin

    def GetModelStatus(self, request: Any, context: Any) -> Any:  # noqa: N802  gRPC's name
        """Return the states of versions, the newest version first."""

        def body(_: CallRecord) -> Any:
            answer = get_model_status_pb2.GetModelStatusResponse()
            for version, state in self.server.models.status(target_of(request)).items():
                row = answer.model_version_status.add(version=version, state=state.state.value)
                row.status.error_code = state.code.value
                row.status.error_message = state.message
            return answer

        return self.handler.handle("GetModelStatus", context, body)

    def HandleReloadConfigRequest(self, request: Any, context: Any) -> Any:  # noqa: N802  gRPC's
        """Set labels for an administrator; clients must not choose what is loaded.

        As in TensorFlow Serving, an error of the configuration is reported in the response.
        """

        def body(_: CallRecord) -> Any:
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

        return self.handler.handle("HandleReloadConfigRequest", context, body)


def _configs(request: Any) -> list[ModelConfig]:
    if request.config.WhichOneof("config") != "model_config_list":
        raise invalid("Only a model_config_list is supported")
    return [
        ModelConfig(config.name, config.base_path, config.version_labels)
        for config in request.config.model_config_list.config
    ]
