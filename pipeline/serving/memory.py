"""Gives memory back to the system after versions came or went."""

from __future__ import annotations

import ctypes
import gc


def settle_in() -> None:
    """Leaves what is there out of all later looks for garbage; most of it is TensorFlow itself."""
    gc.collect()
    gc.freeze()


def give_back() -> None:
    """Frees what only refers to itself, as a SavedModel does, and empties the allocator's stores.

    The GNU C library keeps what was freed for later. Measured with 14 loads of the flights' slot
    model in a row, no requests between: 418 MiB of anonymous memory as it is, 341 MiB given back.
    """
    gc.collect()
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except AttributeError:  # another C library, which has no such stores
        return
