"""The inputs and outputs of a SavedModel's signature, read from its SignatureDef."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import tensorflow as tf
from numpy.typing import NDArray

Array = NDArray[Any]
Arrays = Mapping[str, Array]  # by name of input or output

DEFAULT = "serving_default"
NUMPY_NAMES = {"float": "float32", "double": "float64", "half": "float16"}
INIT = "__saved_model_init_op"  # listed among the signatures, but not callable


@dataclass(frozen=True)
class Tensor:
    """One input or output of a signature.

    Args:
        name: The name that clients use.
        dtype: TensorFlow's name of the type, such as `float` or `string`.
        shape: The size of each dimension, None if unknown; None for an unknown rank.
        feed: The tensor's name in the graph.
    """

    name: str
    dtype: str
    shape: tuple[int | None, ...] | None
    feed: str = ""

    @property
    def batched(self) -> bool:
        """Whether the first dimension, and no other, has an unknown size."""
        return self.shape is not None and self.shape[:1] == (None,) and None not in self.shape[1:]


@dataclass(frozen=True)
class Signature:
    """A function of a SavedModel from named tensors to named tensors."""

    name: str
    method: str
    inputs: Mapping[str, Tensor]
    outputs: Mapping[str, Tensor]

    @property
    def takes_rows(self) -> bool:
        """Whether the first dimension of every input and output has an unknown size: the rows."""
        tensors = (*self.inputs.values(), *self.outputs.values())
        return all(tensor.shape is not None and tensor.shape[:1] == (None,) for tensor in tensors)

    @property
    def by_rows(self) -> bool:
        """Whether the shapes allow rows of several requests to be concatenated."""
        return self.takes_rows and all(tensor.batched for tensor in self.inputs.values())


def read_signatures(definitions: Mapping[str, Any]) -> dict[str, Signature]:
    """Convert the SignatureDefs of a SavedModel; both are keyed by name."""
    return {
        name: Signature(
            name, definition.method_name, _tensors(definition.inputs), _tensors(definition.outputs)
        )
        for name, definition in definitions.items()
        if name != INIT
    }


def _tensors(infos: Mapping[str, Any]) -> dict[str, Tensor]:
    return {name: _tensor(name, infos[name]) for name in sorted(infos)}


def _tensor(name: str, info: Any) -> Tensor:
    shape = None
    if not info.tensor_shape.unknown_rank:
        sizes = (dimension.size for dimension in info.tensor_shape.dim)
        shape = tuple(None if size < 0 else int(size) for size in sizes)
    return Tensor(name, dtype_name(info.dtype), shape, info.name)


def dtype_name(number: int) -> str:
    """Return TensorFlow Serving's name of a type in errors, such as `float` for DT_FLOAT."""
    name: str = tf.dtypes.as_dtype(number).name
    return next((ours for ours, theirs in NUMPY_NAMES.items() if theirs == name), name)
