"""Texts cut at what a pattern matches, in one TensorFlow op."""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf
from tensorflow_text.python.ops.regex_split_ops import gen_regex_split_ops


class Parts(NamedTuple):
    """The parts of a batch of texts, each field ragged [batch, parts].

    `surface` is the part as it stands there; `starts` and `ends` (int64, end exclusive) count bytes
    of the row's text.
    """

    surface: tf.RaggedTensor
    starts: tf.RaggedTensor
    ends: tf.RaggedTensor


def split(text: tf.Tensor, boundary: str, kept: str) -> Parts:
    """Cuts valid UTF-8 strings [batch] before and behind each match of a pattern.

    `tf_text.regex_split_with_offsets` does the same, and checks what its op has made: nine
    conditionals with two functions each. They were half of the functions of a slot model and three
    quarters of a translator's, and a server builds each of them anew with each load.

    Args:
        text: The op would end at NUL, which is read as a space.
        boundary: A regular expression (RE2).
        kept: Matches of `boundary` that match this, too, are parts; the others are dropped.
    """
    visible = tf.strings.regex_replace(text, r"\x00", " ")
    surface, starts, ends, splits = gen_regex_split_ops.regex_split_with_offsets(
        visible, f"({boundary})", f"({kept})"
    )
    parts = tf.RaggedTensor.from_row_splits(surface, splits, validate=False)
    return Parts(parts, parts.with_flat_values(starts), parts.with_flat_values(ends))
