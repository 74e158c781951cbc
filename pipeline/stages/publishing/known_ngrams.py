"""The words and pairs of words of training: one bit for each hash, in a version's folder.

Two n-grams may share a bit, so a new one sometimes counts as known; held-out and live texts are
affected alike. No text can be recovered from the bits.
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from pipeline import artifacts
from pipeline.errors import InputError
from pipeline.text import tokens
from pipeline.text.ngrams import hashed_ngrams

BUCKETS = 2**22
WORDS = 2  # longest n-gram
GROUP = 512

Known = NDArray[np.bool_]


def of_texts(texts: Iterable[str]) -> Known:
    """Return the n-grams of some texts; bool [BUCKETS]."""
    known = np.zeros(BUCKETS, bool)
    for group in in_groups(texts):
        for ids in ids_of(group):
            known[ids] = True
    return known


def ids_of(texts: Sequence[str]) -> list[NDArray[np.int32]]:
    """Return the ids of the n-grams of each text, without repeats."""
    surface = tokens.tokenize(tokens.clean(tf.constant(list(texts), tf.string))).surface
    bags = hashed_ngrams(tokens.normalize(surface), words=WORDS, characters=(0, 0), buckets=BUCKETS)
    return np.split(bags.flat_values.numpy(), bags.row_splits.numpy()[1:-1]) if texts else []


def in_groups(texts: Iterable[str]) -> Iterator[list[str]]:
    """Yield texts in lists of up to `GROUP`."""
    left = iter(texts)
    while group := list(itertools.islice(left, GROUP)):
        yield group


def write(file: Path, known: Known) -> None:
    """Write the bits of a version."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, bits=np.packbits(known))
    artifacts.write_file(file, buffer.getvalue())


def read(file: Path) -> Known:
    """Read the bits that `write` wrote.

    Raises:
        InputError: The version has no such file.
    """
    if not file.exists():
        raise InputError(f"{file}: no such file; export the model again to create it")
    with np.load(file) as arrays:
        return np.unpackbits(arrays["bits"]).astype(bool)
