"""The tensors of a gRPC predict request against a signature (contract b7.3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.serving.engine.signature import Signature
from pipeline.serving.errors import invalid
from pipeline.serving.settings import Limits
from pipeline.serving.wire.tensor_protos import read_tensor


def read_arrays(
    inputs: Mapping[str, Any], signature: Signature, definitions: Mapping[str, Any], limits: Limits
) -> dict[str, Any]:
    """Arrays by input name; what the signature has defaults for may be left out.

    Raises:
        ServingError: INVALID_ARGUMENT; inputs missing, unknown, or not to be decoded.
    """
    given = dict(inputs)
    for name, default in definitions[signature.name].defaults.items():
        given.setdefault(name, default)
    if len(given) != len(signature.inputs):
        raise invalid(_wrong_names(given, signature))
    for name, tensor in signature.inputs.items():
        if name not in given:
            raise invalid(
                f"Signature input alias: {name}(feed name: {tensor.feed}) not found in request."
                f" Inputs expected to be in the set {{{','.join(signature.inputs)}}}."
            )
    return {
        name: read_tensor(given[name], tensor, limits) for name, tensor in signature.inputs.items()
    }


def _wrong_names(given: Mapping[str, Any], signature: Signature) -> str:
    extra = sorted(given.keys() - signature.inputs.keys())
    missing = sorted(signature.inputs.keys() - given.keys())
    return (
        f"input size does not match signature: {len(given)}!={len(signature.inputs)}"
        f" len({{{','.join(signature.inputs)}}}). Sent extra: {{{','.join(extra)}}}."
        f" Missing but required: {{{','.join(missing)}}}."
    )
