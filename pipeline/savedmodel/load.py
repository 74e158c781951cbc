"""Loads a SavedModel's folder as a function from strings to NumPy outputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import tensorflow as tf
import tensorflow_text  # noqa: F401  registers the ops that tokenize in the graph

from pipeline.errors import PipelineError

SignatureOutputs = dict[str, Any]


def load_signature(
    folder: Path, name: str = "serving_default"
) -> Callable[[Sequence[str]], SignatureOutputs]:
    """Load `folder` and return its signature `name` as a function of texts.

    Raises:
        PipelineError: The folder does not load or has no such signature.
    """
    try:
        loaded = tf.saved_model.load(str(folder))
    except (OSError, ValueError, IndexError, tf.errors.OpError) as error:
        reason = " ".join(str(error).split())[:300]
        raise PipelineError(f"{folder}: the SavedModel does not load: {reason}") from error
    if name not in loaded.signatures:
        known = ", ".join(loaded.signatures)
        raise PipelineError(f"{folder}: no signature {name}; it has {known}")

    def call(texts: Sequence[str]) -> SignatureOutputs:
        # Access `loaded` at each call: a signature alone does not keep the variables alive.
        outputs = loaded.signatures[name](text=tf.constant(list(texts), tf.string))
        return {key: value.numpy() for key, value in outputs.items()}

    return call
