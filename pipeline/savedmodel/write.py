"""Writes a service as a SavedModel.

Keras's exporters write every variable twice and choose the names of signatures (keras#23553,
keras#19458), so TensorFlow saves the module directly.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tensorflow as tf


def write(module: Any, signatures: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Save `module` with its signatures in `folder`.

    Args:
        module: A `tf.Module` that tracks the variables and tables that the signatures use.
        signatures: `tf.function`s by name; each has a fixed input signature and returns a dict of
            tensors.
        folder: The folder of `saved_model.pb`, `variables/` and `assets/`.

    Returns:
        The signatures as JSON: the dtype and shape of each input and output, by name.
    """
    # Do not pass concrete functions: TensorFlow traces again when it saves, so the graph would
    # contain every function twice and take twice as long to load.
    tf.saved_model.save(module, str(folder), signatures=dict(signatures))
    return {name: _describe(fn.get_concrete_function()) for name, fn in signatures.items()}


def _describe(function: Any) -> dict[str, Any]:
    _, keywords = function.structured_input_signature
    inputs = (*function.structured_input_signature[0], *keywords.values())
    return {
        "inputs": {spec.name: _spec(spec) for spec in inputs},
        "outputs": {name: _spec(tensor) for name, tensor in function.structured_outputs.items()},
    }


def _spec(spec: Any) -> dict[str, Any]:
    return {"dtype": spec.dtype.name, "shape": spec.shape.as_list()}
