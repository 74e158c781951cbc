# `tf.Module`, so that mypy distinguishes a tokenizer from a model. TensorFlow ships no types:
# tensors and everything else that is not listed here are Any.
from typing import Any, TypeAlias

from tensorflow import data as data
from tensorflow import lookup as lookup

class Module:
    def __init__(self, name: str | None = None) -> None: ...
    def __getattr__(self, name: str) -> Any: ...
    def __setattr__(self, name: str, value: Any) -> None: ...

Tensor: TypeAlias = Any
RaggedTensor: TypeAlias = Any
TensorArray: TypeAlias = Any
TensorShape: TypeAlias = Any
TensorSpec: TypeAlias = Any
IndexedSlices: TypeAlias = Any
DType: TypeAlias = Any

def __getattr__(name: str) -> Any: ...
