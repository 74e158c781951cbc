"""Which words and pairs of words training had: one bit a hash, in a version's folder.

Two n-grams may share a bit, so that a new one passes for known now and then; held-out and live
texts suffer the same from it. No text can be read out of the bits.
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

FILE = "ngrams.npz"
BUCKETS = 2**22
WORDS = 2  # in a row, at most
GROUP = 512

Known = NDArray[np.bool_]


def of_texts(texts: Iterable[str]) -> Known:
    """The n-grams of some texts; bool [BUCKETS]."""
    known = np.zeros(BUCKETS, bool)
    for group in in_groups(texts):
        for ids in ids_of(group):
            known[ids] = True
    return known


def ids_of(texts: Sequence[str]) -> list[NDArray[np.int32]]:
    """Of each text the ids of its n-grams, each once."""
    surface = tokens.tokenize(tokens.clean(tf.constant(list(texts), tf.string))).surface
    bags = hashed_ngrams(tokens.normalize(surface), words=WORDS, characters=(0, 0), buckets=BUCKETS)
    return np.split(bags.flat_values.numpy(), bags.row_splits.numpy()[1:-1]) if texts else []


def in_groups(texts: Iterable[str]) -> Iterator[list[str]]:
    """Texts in lists of up to `GROUP`."""
    left = iter(texts)
    while group := list(itertools.islice(left, GROUP)):
        yield group


def write(extra: Path, known: Known) -> None:
    """Writes the bits into a version's `assets.extra/`."""
    file = io.BytesIO()
    np.savez_compressed(file, bits=np.packbits(known))
    artifacts.write_file(extra / FILE, file.getvalue())


def read(extra: Path) -> Known:
    """What `write` wrote.

    Raises:
        InputError: The version has none.
    """
    if not (extra / FILE).exists():
        raise InputError(f"{extra / FILE}: no such file; export the model again to have it")
    with np.load(extra / FILE) as file:
        return np.unpackbits(file["bits"]).astype(bool)
