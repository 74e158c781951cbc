"""Reads the tensors of a gRPC predict request for a signature (contract b7.3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.serving.engine.signature import Array, Signature
from pipeline.serving.errors import invalid
from pipeline.serving.settings import Limits
from pipeline.serving.wire.tensor_protos import read_tensor


def read_arrays(
    inputs: Mapping[str, Any], signature: Signature, definitions: Mapping[str, Any], limits: Limits
) -> dict[str, Array]:
    """Return arrays by input name; inputs with defaults are optional.

    Raises:
        ServingError: INVALID_ARGUMENT; inputs are missing, unknown or malformed.
    """
    received = dict(inputs)
    for name, default in definitions[signature.name].defaults.items():
        received.setdefault(name, default)
    if len(received) != len(signature.inputs):
        raise invalid(_wrong_names(received, signature))
    for name, tensor in signature.inputs.items():
        if name not in received:
            raise invalid(
                f"Signature input alias: {name}(feed name: {tensor.feed}) not found in request."
                f" Inputs expected to be in the set {{{','.join(signature.inputs)}}}."
            )
    return {
        name: read_tensor(received[name], tensor, limits)
        for name, tensor in signature.inputs.items()
    }


def _wrong_names(received: Mapping[str, object], signature: Signature) -> str:
    extra = sorted(received.keys() - signature.inputs.keys())
    missing = sorted(signature.inputs.keys() - received.keys())
    return (
        f"input size does not match signature: {len(received)}!={len(signature.inputs)}"
        f" len({{{','.join(signature.inputs)}}}). Sent extra: {{{','.join(extra)}}}."
        f" Missing but required: {{{','.join(missing)}}}."
    )
