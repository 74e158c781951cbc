"""Protect strings that a translation must keep: URLs, e-mail addresses, codes, glossary terms.

Each protected string is replaced with a placeholder: a Unicode noncharacter, which cannot occur in
valid text and is a vocabulary piece of its own. The model only has to put it in the right place.
The first protected string of a text becomes U+FDD1, the second U+FDD2, and so on up to
`MAX_PLACEHOLDERS`; further ones stay in the text. Placeholder characters in the input become
U+FFFD.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

from pipeline.text.row_ids import row_ids
from pipeline.text.split import split

FIRST_CODE_POINT, MAX_PLACEHOLDERS = 0xFDD1, 24
PLACEHOLDERS = tuple(chr(FIRST_CODE_POINT + index) for index in range(MAX_PLACEHOLDERS))

_PLACEHOLDER = f"[{PLACEHOLDERS[0]}-{PLACEHOLDERS[-1]}]"
_URL_END = r"\s\p{Han}\p{Hiragana}\p{Katakana}<>\"，。！？；：、（）「」『』“”"
PATTERNS = (
    rf"(?:https?://|ftp://|www\.)[^{_URL_END}]*[^{_URL_END}.,;:!?')\]]",
    r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+",
    r"\{\{?[^{}\s]{1,60}\}\}?",
    r"%\([A-Za-z0-9_]+\)[sdf]|%[sdf]\b",
    r"</?[A-Za-z][A-Za-z0-9]*(?: ?/)?>",
    r"\b[A-Z]{2} \d{3,4}\b",  # MU 5101
    r"\b\d[A-Z]\d{3,4}\b",  # 9C8888
    r"\b[A-Za-z]{1,4}-?\d{2,}[A-Za-z0-9]*\b",  # CA1234, mu5101, A320neo
    r"\b[A-Z0-9]*(?:[A-Z]{2,}\d|\d[A-Z]+\d)[A-Z0-9]*\b",  # PNR7X2
    r"\b\d{1,3}[A-K]\b",  # 14A
)
PATTERN = "|".join(f"(?:{pattern})" for pattern in PATTERNS)


class PairPatterns(NamedTuple):
    """The protected strings of a translation pair: a regular expression (RE2) for each side.

    `translate` maps protected source strings of any shape to their form in the target.
    """

    source: str
    target: str
    translate: Callable[[tf.Tensor], tf.Tensor]


CODES = PairPatterns(PATTERN, PATTERN, tf.identity)


class Protected(NamedTuple):
    """Texts with placeholders, and the strings that they replace.

    `text` [batch]; `values` ragged [batch, placeholders], in the order of the placeholders.
    """

    text: tf.Tensor
    values: tf.RaggedTensor


class Restored(NamedTuple):
    """Texts with restored values; `lost` int32 [batch] counts values without a placeholder."""

    text: tf.Tensor
    lost: tf.Tensor


def protect(text: tf.Tensor, pattern: str = PATTERN) -> Protected:
    """Replace the matches of a pattern with placeholders; `text` [batch] is valid UTF-8."""
    parts = _split(without_placeholders(text), pattern)
    protected = _matches(parts, pattern)
    index = _running_count(protected) - 1
    protected = protected.with_flat_values(
        protected.flat_values & (index.flat_values < MAX_PLACEHOLDERS)
    )
    text = _with_placeholders(parts, protected, index)
    return Protected(text, tf.ragged.boolean_mask(parts, protected))


def protect_pair(
    source: tf.Tensor,
    target: tf.Tensor,
    patterns: PairPatterns = CODES,
    with_terms: tf.Tensor | None = None,
) -> tuple[tf.Tensor, tf.Tensor]:
    """Replace the protected strings that a source and its target share, for training.

    Strings are compared without case and spaces ("MU 5101" equals "mu5101"). A string that only one
    side has is not replaced, so the model learns to output every placeholder of its input.

    Args:
        source: Texts [batch], valid UTF-8.
        target: Their translations [batch].
        patterns: The strings to protect.
        with_terms: bool [batch], False for rows in which to protect codes only; None for all True.
    """
    source, target = without_placeholders(source), without_placeholders(target)
    source_parts, target_parts = _split(source, patterns.source), _split(target, patterns.target)
    translated = source_parts.with_flat_values(patterns.translate(source_parts.flat_values))
    source_key = _key(translated, _source_matches(source_parts, patterns.source, with_terms))
    target_key = _key(target_parts, _matches(target_parts, patterns.target))
    shared = source_parts.with_flat_values((_index_in(source_key, target_key) >= 0).flat_values)
    source_index = _running_count(shared) - 1
    protected = source_parts.with_flat_values(
        shared.flat_values & (source_index.flat_values < MAX_PLACEHOLDERS)
    )
    kept = tf.ragged.boolean_mask(source_key, protected)
    target_index = _index_in(target_key, kept)
    return (
        _with_placeholders(source_parts, protected, source_index),
        _with_placeholders(target_parts, target_index >= 0, target_index),
    )


def restore(text: tf.Tensor, values: tf.RaggedTensor) -> Restored:
    """Replace placeholders with their values; remove placeholders without a value.

    Args:
        text: [batch], with placeholders.
        values: The values of `protect`, ragged [batch, placeholders].
    """
    parts = _split(text, _PLACEHOLDER)
    is_placeholder = _matches(parts, _PLACEHOLDER).flat_values
    codes = tf.strings.unicode_decode(parts.flat_values, "UTF-8")
    first = codes.to_tensor(FIRST_CODE_POINT, shape=[None, 1])[:, 0]
    first = tf.where(is_placeholder, first, FIRST_CODE_POINT)
    position = tf.where(is_placeholder, tf.cast(first, tf.int64) - FIRST_CODE_POINT, -1)
    rows = row_ids(parts)
    sizes = values.row_lengths()
    valid = (position >= 0) & (position < tf.gather(sizes, rows))
    flat = tf.concat([values.flat_values, [""]], axis=0)
    starts = tf.cast(values.row_starts(), tf.int64)
    last = tf.cast(tf.size(flat) - 1, tf.int64)
    index = tf.where(valid, tf.gather(starts, rows) + position, last)
    restored = tf.where(
        valid, tf.gather(flat, index), tf.where(is_placeholder, "", parts.flat_values)
    )
    used = tf.math.unsorted_segment_max(
        tf.cast(valid, tf.int32), tf.cast(index, tf.int32), tf.size(flat)
    )[:-1]
    used = values.with_flat_values(tf.maximum(used, 0))
    lost = tf.cast(sizes, tf.int32) - tf.reduce_sum(used, axis=1)
    return Restored(tf.strings.reduce_join(parts.with_flat_values(restored), axis=1), lost)


def without_placeholders(text: tf.Tensor) -> tf.Tensor:
    """Replace placeholder characters in strings of any shape with U+FFFD."""
    return tf.strings.regex_replace(text, _PLACEHOLDER, "\ufffd")


def _split(text: tf.Tensor, pattern: str) -> tf.RaggedTensor:
    """Split texts before and after each match, ragged [batch, parts]."""
    return split(text, pattern, pattern).surface


def _matches(parts: tf.RaggedTensor, pattern: str) -> tf.RaggedTensor:
    return parts.with_flat_values(tf.strings.regex_full_match(parts.flat_values, pattern))


def _source_matches(
    parts: tf.RaggedTensor, pattern: str, with_terms: tf.Tensor | None
) -> tf.RaggedTensor:
    """Match the parts with the pattern in rows with terms, and with codes in other rows."""
    matches = _matches(parts, pattern)
    if with_terms is None:
        return matches
    row_with_terms = tf.gather(with_terms, row_ids(parts))
    codes = _matches(parts, PATTERN).flat_values
    return matches.with_flat_values(tf.where(row_with_terms, matches.flat_values, codes))


def _running_count(flags: tf.RaggedTensor) -> tf.RaggedTensor:
    """Count the true flags of a row up to and including each flag: int64 ragged."""
    total = tf.cumsum(tf.cast(flags.flat_values, tf.int64))
    before = tf.gather(tf.concat([[tf.constant(0, tf.int64)], total], 0), flags.row_starts())
    return flags.with_flat_values(total - tf.gather(before, row_ids(flags)))


def _with_placeholders(
    parts: tf.RaggedTensor, protected: tf.RaggedTensor, index: tf.RaggedTensor
) -> tf.Tensor:
    """Join parts to texts [batch], with the placeholder of `index` for each protected part."""
    placeholders = tf.constant(PLACEHOLDERS)
    clipped = tf.clip_by_value(index.flat_values, 0, MAX_PLACEHOLDERS - 1)
    replaced = tf.where(protected.flat_values, tf.gather(placeholders, clipped), parts.flat_values)
    return tf.strings.reduce_join(parts.with_flat_values(replaced), axis=1)


def _key(parts: tf.RaggedTensor, protected: tf.RaggedTensor) -> tf.RaggedTensor:
    """Return the strings by which protected parts are compared; "" for other parts."""
    key = tf.strings.upper(tf.strings.regex_replace(parts.flat_values, r"\s", ""))
    return parts.with_flat_values(tf.where(protected.flat_values, key, ""))


def _index_in(keys: tf.RaggedTensor, other: tf.RaggedTensor) -> tf.RaggedTensor:
    """Return each key's first index in the same row of `other`, int64; -1 if absent or ""."""
    dense, dense_other = keys.to_tensor(""), other.to_tensor("\x00")
    fill = tf.fill([tf.shape(dense_other)[0], 1], "\x00")  # argmax rejects an empty axis
    dense_other = tf.concat([dense_other, fill], axis=1)
    equal = dense[:, :, None] == dense_other[:, None, :]
    same = tf.cast(equal & (dense != "")[:, :, None], tf.int32)
    index = tf.where(tf.reduce_max(same, -1) > 0, tf.argmax(same, -1), -1)
    return tf.RaggedTensor.from_tensor(index, keys.row_lengths())
