"""Tokenization with offsets, in TensorFlow ops.

The rules, for all languages:

- a run of letters with their marks is a token ("Saint", "Zürich", "한국"),
- each Han, Hiragana or Katakana character is a token, since these scripts have no spaces,
- each digit is a token, so that no number is unknown ("2019" is 2, 0, 1, 9),
- any other visible character is a token (".", "'", an emoji),
- white space, control and format characters separate tokens and are dropped.

The unchanged text is split, so offsets refer to the input; tokens are normalised afterwards
(Unicode NFKC with case folding, the `NFKC_Casefold` mapping of UAX #44).
"""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf
import tensorflow_text as tf_text

from pipeline.text.row_ids import row_ids
from pipeline.text.shapes import SHAPES
from pipeline.text.split import split

_BLANK = r"[\s\p{Z}\p{Cc}\p{Cf}]+"
_SINGLE = (
    r"(?:\p{Han}|\p{Hiragana}|\p{Katakana}|\p{Nd}|[^\s\p{Z}\p{Cc}\p{Cf}\p{L}\p{M}\p{Nd}])\p{M}*"
)
_BOUNDARY = f"{_BLANK}|{_SINGLE}"


class Tokens(NamedTuple):
    """Tokens of a batch, each field ragged [batch, tokens].

    `surface` is the token as typed; `starts` and `ends` (end exclusive) are int32 offsets in code
    points of the row's text.
    """

    surface: tf.RaggedTensor
    starts: tf.RaggedTensor
    ends: tf.RaggedTensor


def clean(text: tf.Tensor) -> tf.Tensor:
    """Replace ill-formed UTF-8 sequences in strings of any shape with U+FFFD."""
    return tf.strings.unicode_transcode(text, "UTF-8", "UTF-8", errors="replace")


def tokenize(text: tf.Tensor) -> Tokens:
    """Split valid UTF-8 strings [batch] into `Tokens`."""
    surface, starts, ends = split(text, _BOUNDARY, _SINGLE)
    return Tokens(surface, *code_points(text, starts, ends))


def normalize(tokens: tf.RaggedTensor) -> tf.RaggedTensor:
    """Apply NFKC and case folding to each token; the shape is unchanged."""
    return tokens.with_flat_values(tf_text.case_fold_utf8(tokens.flat_values))


def fold(text: tf.Tensor, lower: bool) -> tf.Tensor:
    """Apply NFKC to strings of any shape, with case folding if `lower`."""
    return tf_text.case_fold_utf8(text) if lower else tf_text.normalize_utf8(text, "NFKC")


def characters(tokens: tf.RaggedTensor, limit: int) -> tf.RaggedTensor:
    """Return the first `limit` characters of each token: ragged [batch, tokens, characters]."""
    split = tf.strings.unicode_split(tokens.flat_values, "UTF-8")
    return tokens.with_flat_values(split[:, :limit])


def shapes(tokens: tf.RaggedTensor) -> tf.RaggedTensor:
    """Return the index in `SHAPES` of the first pattern that matches each token: int32."""
    result = tf.zeros_like(tokens.flat_values, tf.int32)
    for index, pattern in reversed(list(enumerate(SHAPES))):
        matches = tf.strings.regex_full_match(tokens.flat_values, pattern)
        result = tf.where(matches, index, result)
    return tokens.with_flat_values(result)


def code_points(text: tf.Tensor, *offsets: tf.RaggedTensor) -> list[tf.RaggedTensor]:
    """Convert byte offsets (ragged [batch, tokens]) to code point offsets, with one search.

    All offsets refer to the same tokens, for example their starts and their ends.

    Conceptually the rows are concatenated with a gap of one byte, so that the end of a row differs
    from the start of the next. The code point offset of a byte is its index in the sorted list of
    character starts minus the index of the first character of its row.
    """
    _, char_bytes = tf.strings.unicode_decode_with_offsets(text, "UTF-8")
    row_bytes = tf.cast(tf.strings.length(text), tf.int64) + 1
    row_start = tf.cumsum(row_bytes, exclusive=True)
    char_position = char_bytes.flat_values + tf.gather(row_start, row_ids(char_bytes))
    rows = row_ids(offsets[0])
    shift = tf.gather(row_start, rows)
    first = tf.cast(tf.gather(char_bytes.row_starts(), rows), tf.int32)

    def convert(offset: tf.RaggedTensor) -> tf.RaggedTensor:
        position = offset.flat_values + shift
        before = tf.searchsorted(char_position, position, out_type=tf.int32)
        return offset.with_flat_values(before - first)

    return [convert(offset) for offset in offsets]
