"""The signatures of a version as a message and as JSON (contract b5)."""

from __future__ import annotations

from typing import Any

from google.protobuf import json_format
from tensorflow_serving.apis import get_model_metadata_pb2

from pipeline.serving.engine.servable import Servable


def signature_map(servable: Servable) -> Any:
    """Return the message that answers metadata requests."""
    answer = get_model_metadata_pb2.SignatureDefMap()
    for name, definition in servable.definitions.items():
        answer.signature_def[name].CopyFrom(definition)
    return answer


def metadata_json(servable: Servable) -> dict[str, object]:
    """Return the signatures as JSON; `signature_def` is nested twice, as clients expect."""
    signatures = json_format.MessageToDict(
        signature_map(servable),
        preserving_proto_field_name=True,
        always_print_fields_with_no_presence=True,
    )
    spec = {"name": servable.name, "signature_name": "", "version": str(servable.version)}
    return {"model_spec": spec, "metadata": {"signature_def": signatures}}
