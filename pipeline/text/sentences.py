"""Texts cut at the ends of their sentences, in TensorFlow ops; nothing is lost by it.

A sentence ends behind `.`, `!`, `?` or `…` and what closes a quotation or bracket, where white
space follows, and behind `。`, `！`, `？` or `；` in scripts that write no spaces. "U.S. " or
"Dr. " end one, too: a text is cut only where it is too long to be read at once, and a cut too many
costs context there, not words.
"""

from __future__ import annotations

import tensorflow as tf

_CUT = "\x1e"  # RECORD SEPARATOR; control characters are blanks, which `one_line` has replaced
_CLOSING = r"[\"'”’」』）)\]]*"
_ENDS = rf"((?:[.!?…]+{_CLOSING}) |(?:[。！？；…]+{_CLOSING}) ?)"
_BLANKS = r"[\s\p{Z}\p{Cc}]+"


def one_line(text: tf.Tensor) -> tf.Tensor:
    """Strings of any shape with one space for white space and control characters, none outside."""
    return tf.strings.strip(tf.strings.regex_replace(text, _BLANKS, " "))


def split_sentences(text: tf.Tensor, chosen: tf.Tensor | bool = True) -> tf.RaggedTensor:
    """The sentences of texts [batch] that are one line each: strings, ragged [batch, sentences].

    Joined by nothing they are the texts again, so each keeps the space behind it. An empty text has
    no sentence; one that is not `chosen`, bool [batch], stays whole.
    """
    marked = tf.strings.regex_replace(text, _ENDS, rf"\1{_CUT}")
    pieces = tf.strings.split(tf.where(chosen, marked, text), _CUT)
    return tf.ragged.boolean_mask(pieces, pieces.with_flat_values(pieces.flat_values != ""))


def chunks(ids: tf.RaggedTensor, most: int) -> tf.RaggedTensor:
    """Rows of at most `most` ids each, cut from rows of ids into parts of like size.

    Shapes: ragged [rows, ids] -> ragged [rows, parts, ids]; an empty row has no part.
    """
    lengths = ids.row_lengths()
    parts = (lengths + most - 1) // most
    rows = tf.repeat(tf.range(ids.nrows()), parts)
    within = tf.ragged.range(parts).flat_values
    length, of = tf.gather(lengths, rows), tf.gather(parts, rows)
    starts = tf.gather(ids.row_starts(), rows) + within * length // tf.maximum(of, 1)
    splits = tf.concat([starts, [tf.size(ids.flat_values, out_type=tf.int64)]], axis=0)
    cut = tf.RaggedTensor.from_row_splits(ids.flat_values, splits, validate=False)
    return tf.RaggedTensor.from_row_lengths(cut, parts, validate=False)
