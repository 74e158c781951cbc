"""The lookup tables of a loaded SavedModel, which TensorFlow does not free by itself.

A load gives each table a name of its own among the process's resources, and nothing takes it out
again when the model is gone: the flights' slot model left its vocabularies, 0.2 MiB a load.
"""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import Any

import tensorflow as tf


def handles(loaded: Any) -> list[Any]:
    """What names the tables among the process's resources."""
    parts = tf.train.TrackableView(loaded).descendants()
    found = (getattr(part, "resource_handle", None) for part in parts)
    return [handle for handle in found if handle is not None and handle.dtype == tf.resource]


def free_with(loaded: Any) -> None:
    """Has the tables freed when nobody holds the SavedModel any more."""
    weakref.finalize(loaded, _free, handles(loaded)).atexit = False


def _free(tables: Sequence[Any]) -> None:
    for table in tables:
        tf.raw_ops.DestroyResourceOp(resource=table, ignore_lookup_error=True)
