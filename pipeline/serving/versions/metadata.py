"""Status and metadata of models as JSON (contract b5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from google.protobuf import json_format
from tensorflow_serving.apis import get_model_metadata_pb2

from pipeline.serving.engine.servable import Servable
from pipeline.serving.versions.state import VersionState


def status_json(states: Mapping[int, VersionState]) -> dict[str, Any]:
    """All versions asked for; a version is a string, as protobuf writes int64."""
    return {
        "model_version_status": [
            {
                "version": str(version),
                "state": state.state.name,
                "status": {"error_code": state.code.name, "error_message": state.message},
            }
            for version, state in states.items()
        ]
    }


def signature_map(servable: Servable) -> Any:
    """The message that metadata requests are answered with."""
    answer = get_model_metadata_pb2.SignatureDefMap()
    for name, definition in servable.definitions.items():
        answer.signature_def[name].CopyFrom(definition)
    return answer


def metadata_json(servable: Servable) -> dict[str, Any]:
    """The signatures; `signature_def` stands twice, as clients expect it."""
    signatures = json_format.MessageToDict(
        signature_map(servable),
        preserving_proto_field_name=True,
        always_print_fields_with_no_presence=True,
    )
    spec = {"name": servable.name, "signature_name": "", "version": str(servable.version)}
    return {"model_spec": spec, "metadata": {"signature_def": signatures}}
