"""One loaded version of a model: its signatures, called with arrays."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import tensorflow as tf

from pipeline.serving.engine.signature import Signature, Tensor
from pipeline.serving.errors import Code, ServingError, invalid

Arrays = Mapping[str, Any]
NODE = re.compile(r"\{\{[^}]*\}\} *")  # the name of a node in the graph, as TensorFlow writes it


@dataclass(frozen=True)
class Servable:
    """A version that can answer.

    Args:
        name: The model's.
        version: Its number.
        signatures: By name.
        definitions: The SignatureDefs, as metadata requests give them.
        loaded: What TensorFlow loaded; held, since a signature alone does not keep its variables.
    """

    name: str
    version: int
    signatures: Mapping[str, Signature]
    definitions: Any
    loaded: Any = field(repr=False)

    def run(self, signature: Signature, arrays: Arrays) -> dict[str, Any]:
        """The outputs for inputs that fit the signature, as NumPy arrays.

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


def _array(value: Any) -> Any:
    """A lone string comes as bytes; everything else has a shape already."""
    return np.array(value, object) if isinstance(value, bytes) else value


def check_inputs(signature: Signature, arrays: Arrays) -> None:
    """Refuses shapes that the signature does not take, in one line instead of TensorFlow's page.

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
    """Whether a value of this shape may be fed."""
    if tensor.shape is None:
        return True
    return len(shape) == len(tensor.shape) and all(
        wanted is None or wanted == size for wanted, size in zip(tensor.shape, shape, strict=True)
    )


def _graph_error(error: Any) -> ServingError:
    code = Code(error.error_code) if error.error_code in set(Code) else Code.UNKNOWN
    return ServingError(code, _first_line(error.message or str(error)))


def _first_line(message: str) -> str:
    """What went wrong; TensorFlow puts the whole graph's whereabouts round it."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    lines = [line for line in lines if not line.startswith(("Graph execution error", "Detected"))]
    told = [line for line in lines if not line.startswith(("File ", "<stack", "node ", "Stack tr"))]
    return NODE.sub("", (told or lines or ["no reason given"])[0])
