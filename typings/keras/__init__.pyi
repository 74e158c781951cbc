# The classes of Keras that this project subclasses or passes on, so that mypy distinguishes a
# model from a tokenizer. Keras ships no types; everything that is not listed here is Any.
from typing import Any

from keras import callbacks as callbacks
from keras import layers as layers
from keras import losses as losses
from keras import optimizers as optimizers

class Model:
    def __init__(self, *args: Any, **kwargs: Any) -> None: ...
    def __call__(self, *args: Any, **kwargs: Any) -> Any: ...
    def __getattr__(self, name: str) -> Any: ...

def __getattr__(name: str) -> Any: ...
