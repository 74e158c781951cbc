"""A service becomes a SavedModel.

Keras's own exporters write every variable twice and choose signature names themselves
(keras#23553, keras#19458), so the module is handed to TensorFlow directly.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tensorflow as tf


def write(module: Any, signatures: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Saves `module` with its signatures under `folder`.

    Args:
        module: A `tf.Module` that tracks the variables and tables that the signatures use.
        signatures: Name to `tf.function` with a fixed input signature, giving a dict of tensors.
        folder: Where `saved_model.pb`, `variables/` and `assets/` go.

    Returns:
        The signatures as JSON-ready facts: name to inputs and outputs with dtype and shape.
    """
    # Not their concrete functions: TensorFlow traces what it saves anew, and the graph would hold
    # every function twice, which takes a server twice as long to load.
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
