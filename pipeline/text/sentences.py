"""Lossless sentence splitting in TensorFlow ops.

A sentence ends after `.`, `!`, `?` or `…`, with closing quotes and brackets, if white space
follows; and after `。`, `！`, `？` or `；` in scripts without spaces. "U.S. " and "Dr. " also end a
sentence: only texts that are too long for the model are split, and an unnecessary split loses
context but no words.
"""

from __future__ import annotations

import tensorflow as tf

_CUT = "\x1e"  # RECORD SEPARATOR; `one_line` has replaced all control characters in the texts
_CLOSING = r"[\"'”’」』）)\]]*"
_ENDS = rf"((?:[.!?…]+{_CLOSING}) |(?:[。！？；…]+{_CLOSING}) ?)"
_BLANKS = r"[\s\p{Z}\p{Cc}]+"


def one_line(text: tf.Tensor) -> tf.Tensor:
    """Replace each run of white space and control characters with one space, and strip the ends.

    The strings may have any shape.
    """
    return tf.strings.strip(tf.strings.regex_replace(text, _BLANKS, " "))


def split_sentences(text: tf.Tensor, selected: tf.Tensor | bool = True) -> tf.RaggedTensor:
    """Split texts [batch] without line breaks into sentences: strings, ragged [batch, sentences].

    The concatenated sentences are the text, so each keeps the space after it. An empty text has no
    sentences. Texts that are not `selected`, bool [batch], are not split.
    """
    marked = tf.strings.regex_replace(text, _ENDS, rf"\1{_CUT}")
    sentences = tf.strings.split(tf.where(selected, marked, text), _CUT)
    not_empty = sentences.with_flat_values(sentences.flat_values != "")
    return tf.ragged.boolean_mask(sentences, not_empty)


def split_chunks(ids: tf.RaggedTensor, max_length: int) -> tf.RaggedTensor:
    """Split rows of ids into chunks of similar size with at most `max_length` ids.

    Shapes: ragged [rows, ids] -> ragged [rows, chunks, ids]; an empty row has no chunks.
    """
    lengths = ids.row_lengths()
    counts = (lengths + max_length - 1) // max_length
    rows = tf.repeat(tf.range(ids.nrows()), counts)
    index = tf.ragged.range(counts).flat_values
    length, count = tf.gather(lengths, rows), tf.gather(counts, rows)
    starts = tf.gather(ids.row_starts(), rows) + index * length // tf.maximum(count, 1)
    splits = tf.concat([starts, [tf.size(ids.flat_values, out_type=tf.int64)]], axis=0)
    chunks = tf.RaggedTensor.from_row_splits(ids.flat_values, splits, validate=False)
    return tf.RaggedTensor.from_row_lengths(chunks, counts, validate=False)
