"""A loaded version of a model, whose signatures are called with arrays."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import tensorflow as tf

from pipeline.serving.engine.signature import Array, Arrays, Signature, Tensor
from pipeline.serving.errors import Code, ServingError, invalid

NODE = re.compile(r"\{\{[^}]*\}\} *")  # the name of a graph node in TensorFlow's messages


@dataclass(frozen=True)
class Servable:
    """A loaded version of a model.

    Args:
        name: The model's name.
        version: The version's number.
        signatures: The signatures by name.
        definitions: The SignatureDefs by name, for metadata requests.
        loaded: The SavedModel; a signature alone does not keep its variables alive.
    """

    name: str
    version: int
    signatures: Mapping[str, Signature]
    definitions: Mapping[str, Any]
    loaded: Any = field(repr=False)

    def run(self, signature: Signature, arrays: Arrays) -> dict[str, Array]:
        """Return the outputs of a signature as NumPy arrays; the inputs must match it.

        Raises:
            ServingError: The graph failed.
        """
        function = self.loaded.signatures[signature.name]
        tensors = {
            name: tf.constant(value, tf.string if value.dtype == object else None)
            for name, value in arrays.items()
        }
        try:
            outputs = function(**tensors)
            return {name: _array(value.numpy()) for name, value in outputs.items()}
        except tf.errors.OpError as error:
            raise _graph_error(error) from error
        except (TypeError, ValueError) as error:
            raise invalid(_first_line(str(error))) from error


def _array(value: Array | bytes) -> Array:
    """Return a scalar string, which TensorFlow gives as bytes, as an array of shape []."""
    return np.array(value, object) if isinstance(value, bytes) else value


def check_inputs(signature: Signature, arrays: Arrays) -> None:
    """Check the shapes of inputs; the error is one line instead of TensorFlow's page of text.

    Raises:
        ServingError: INVALID_ARGUMENT.
    """
    for name, tensor in signature.inputs.items():
        if not fits(arrays[name].shape, tensor):
            sizes = ",".join("?" if size is None else str(size) for size in tensor.shape or ())
            raise invalid(
                f"Input {name}: expected shape [{sizes}], received {list(arrays[name].shape)}"
            )


def fits(shape: tuple[int, ...], tensor: Tensor) -> bool:
    """Whether a value of this shape matches the tensor's shape."""
    if tensor.shape is None:
        return True
    return len(shape) == len(tensor.shape) and all(
        expected is None or expected == size
        for expected, size in zip(tensor.shape, shape, strict=True)
    )


def _graph_error(error: tf.errors.OpError) -> ServingError:
    code = Code(error.error_code) if error.error_code in set(Code) else Code.UNKNOWN
    return ServingError(code, _first_line(error.message or str(error)))


def _first_line(message: str) -> str:
    """Return the reason of a graph's error without the stack trace that TensorFlow adds."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    lines = [line for line in lines if not line.startswith(("Graph execution error", "Detected"))]
    reasons = [
        line for line in lines if not line.startswith(("File ", "<stack", "node ", "Stack tr"))
    ]
    return NODE.sub("", (reasons or lines or ["no reason given"])[0])
