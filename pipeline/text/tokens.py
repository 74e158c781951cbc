"""Texts to tokens with offsets, in TensorFlow ops.

The rule, for any language:

- a run of letters with their marks is a token ("Saint", "Zürich", "한국"),
- one Han, Hiragana or Katakana character is a token, since these scripts write no spaces,
- one digit is a token, so that no number is ever unknown ("2019" is 2, 0, 1, 9),
- any other visible character is a token (".", "'", an emoji),
- white space, control and format characters separate and are dropped.

Segmentation looks at the text exactly as typed, so offsets need no mapping back; each token is
normalised afterwards (Unicode NFKC with case folding, the `NFKC_Casefold` mapping of UAX #44).
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

    `surface` is the token as typed; `starts` and `ends` (int32, end exclusive) count code points
    of the row's text.
    """

    surface: tf.RaggedTensor
    starts: tf.RaggedTensor
    ends: tf.RaggedTensor


def clean(text: tf.Tensor) -> tf.Tensor:
    """Valid UTF-8 of any bytes: each ill-formed sequence becomes U+FFFD. Any shape."""
    return tf.strings.unicode_transcode(text, "UTF-8", "UTF-8", errors="replace")


def tokenize(text: tf.Tensor) -> Tokens:
    """Splits valid UTF-8 strings [batch] into `Tokens`."""
    surface, starts, ends = split(text, _BOUNDARY, _SINGLE)
    return Tokens(surface, *code_points(text, starts, ends))


def normalize(tokens: tf.RaggedTensor) -> tf.RaggedTensor:
    """NFKC and case folding, token by token; the shape stays."""
    return tokens.with_flat_values(tf_text.case_fold_utf8(tokens.flat_values))


def fold(text: tf.Tensor, lower: bool) -> tf.Tensor:
    """NFKC of strings of any shape, with case folding where `lower`."""
    return tf_text.case_fold_utf8(text) if lower else tf_text.normalize_utf8(text, "NFKC")


def characters(tokens: tf.RaggedTensor, limit: int) -> tf.RaggedTensor:
    """The first `limit` characters of every token: ragged [batch, tokens, characters]."""
    split = tf.strings.unicode_split(tokens.flat_values, "UTF-8")
    return tokens.with_flat_values(split[:, :limit])


def shapes(tokens: tf.RaggedTensor) -> tf.RaggedTensor:
    """How tokens are written, int32 of the same shape: a place in `SHAPES`; the first that fits."""
    found = tf.zeros_like(tokens.flat_values, tf.int32)
    for place, pattern in reversed(list(enumerate(SHAPES))):
        fits = tf.strings.regex_full_match(tokens.flat_values, pattern)
        found = tf.where(fits, place, found)
    return tokens.with_flat_values(found)


def code_points(text: tf.Tensor, *offsets: tf.RaggedTensor) -> list[tf.RaggedTensor]:
    """Byte offsets (ragged [batch, tokens]) as code point offsets, for all rows in one search.

    All of them are of the same tokens: their starts, say, and their ends.

    The rows are thought of as laid end to end, one byte apart so that the end of a row and the
    start of the next stay different places. A character's place in the sorted list of character
    starts, less the place of its row's first one, is its code point offset.
    """
    _, char_bytes = tf.strings.unicode_decode_with_offsets(text, "UTF-8")
    row_bytes = tf.cast(tf.strings.length(text), tf.int64) + 1
    row_start = tf.cumsum(row_bytes, exclusive=True)
    char_place = char_bytes.flat_values + tf.gather(row_start, row_ids(char_bytes))
    rows = row_ids(offsets[0])
    row_place = tf.gather(row_start, rows)
    first = tf.cast(tf.gather(char_bytes.row_starts(), rows), tf.int32)

    def convert(offset: tf.RaggedTensor) -> tf.RaggedTensor:
        place = offset.flat_values + row_place
        before = tf.searchsorted(char_place, place, out_type=tf.int32)
        return offset.with_flat_values(before - first)

    return [convert(offset) for offset in offsets]
