"""What a translation must not change: URLs, e-mail addresses, placeholders, codes, given terms.

Each such stretch stands for one character that no text may hold (a noncharacter of Unicode), a
piece of its own in the vocabulary, so that a model need only put it in its place. The first
stretch of a text is U+FDD1, the second U+FDD2, and so on to `MOST`; those after that stay as they
are, and so does what the text itself has of these characters, as U+FFFD.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

from pipeline.text.row_ids import row_ids
from pipeline.text.split import split

FIRST, MOST = 0xFDD1, 24
PLACEHOLDERS = tuple(chr(FIRST + place) for place in range(MOST))

_ANY = f"[{PLACEHOLDERS[0]}-{PLACEHOLDERS[-1]}]"
_STOP = r"\s\p{Han}\p{Hiragana}\p{Katakana}<>\"，。！？；：、（）「」『』“”"
PATTERNS = (
    rf"(?:https?://|ftp://|www\.)[^{_STOP}]*[^{_STOP}.,;:!?')\]]",
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


class Terms(NamedTuple):
    """What is set aside in a pair: regular expressions (RE2), and what a source's stretch becomes.

    `translated` maps strings of any shape, what has no other form to itself.
    """

    source: str
    target: str
    translated: Callable[[tf.Tensor], tf.Tensor]


CODES = Terms(PATTERN, PATTERN, tf.identity)


class Protected(NamedTuple):
    """Texts with placeholders, and what they stand for.

    `text` [batch]; `values` ragged [batch, stretches], the first of them the first placeholder's.
    """

    text: tf.Tensor
    values: tf.RaggedTensor


class Restored(NamedTuple):
    """Texts with the values back; `lost` int32 [batch] counts those whose place is gone."""

    text: tf.Tensor
    lost: tf.Tensor


def protect(text: tf.Tensor, pattern: str = PATTERN) -> Protected:
    """Puts placeholders in the place of what must not change; `text` [batch] is valid UTF-8."""
    pieces = _pieces(without_placeholders(text), pattern)
    guarded = _matches(pieces, pattern)
    place = _running(guarded) - 1
    guarded = guarded.with_flat_values(guarded.flat_values & (place.flat_values < MOST))
    return Protected(_joined(pieces, guarded, place), tf.ragged.boolean_mask(pieces, guarded))


def protect_pair(
    source: tf.Tensor,
    target: tf.Tensor,
    terms: Terms = CODES,
    with_terms: tf.Tensor | None = None,
) -> tuple[tf.Tensor, tf.Tensor]:
    """A source and its translation [batch] for training: placeholders where both say the same.

    Capitals and spaces aside ("MU 5101" is "mu5101"). A stretch that only one side has stays as it
    is there, so that a model learns to put back all that it is given.

    Args:
        source: Texts, valid UTF-8.
        target: Their translations.
        terms: What is set aside.
        with_terms: bool [batch], in which rows it is more than codes; None for all.
    """
    source, target = without_placeholders(source), without_placeholders(target)
    ours, theirs = _pieces(source, terms.source), _pieces(target, terms.target)
    said = ours.with_flat_values(terms.translated(ours.flat_values))
    ours_key = _key(said, _asked(ours, terms.source, with_terms))
    theirs_key = _key(theirs, _matches(theirs, terms.target))
    ours_guarded = _found_in(ours_key, theirs_key) >= 0
    running = _running(ours.with_flat_values(ours_guarded.flat_values)) - 1
    ours_guarded = ours.with_flat_values(ours_guarded.flat_values & (running.flat_values < MOST))
    kept = tf.ragged.boolean_mask(ours_key, ours_guarded)
    place = _found_in(theirs_key, kept)
    return (
        _joined(ours, ours_guarded, running),
        _joined(theirs, place >= 0, place),
    )


def restore(text: tf.Tensor, values: tf.RaggedTensor) -> Restored:
    """Puts the values back where their placeholders stand; a placeholder without a value goes.

    Args:
        text: [batch], with placeholders.
        values: Of `protect`, ragged [batch, stretches].
    """
    pieces = _pieces(text, _ANY)
    marks = _matches(pieces, _ANY)
    code = tf.strings.unicode_decode(pieces.flat_values, "UTF-8")
    first = tf.where(marks.flat_values, code.to_tensor(FIRST, shape=[None, 1])[:, 0], FIRST)
    place = tf.where(marks.flat_values, tf.cast(first, tf.int64) - FIRST, -1)
    rows = row_ids(pieces)
    sizes = values.row_lengths()
    known = (place >= 0) & (place < tf.gather(sizes, rows))
    flat = tf.concat([values.flat_values, [""]], axis=0)
    starts = tf.cast(values.row_starts(), tf.int64)
    index = tf.where(known, tf.gather(starts, rows) + place, tf.cast(tf.size(flat) - 1, tf.int64))
    said = tf.where(
        known, tf.gather(flat, index), tf.where(marks.flat_values, "", pieces.flat_values)
    )
    used = tf.math.unsorted_segment_max(
        tf.cast(known, tf.int32), tf.cast(index, tf.int32), tf.size(flat)
    )[:-1]
    used = values.with_flat_values(tf.maximum(used, 0))
    lost = tf.cast(sizes, tf.int32) - tf.reduce_sum(used, axis=1)
    return Restored(tf.strings.reduce_join(pieces.with_flat_values(said), axis=1), lost)


def without_placeholders(text: tf.Tensor) -> tf.Tensor:
    """Strings of any shape with U+FFFD for what only placeholders may be."""
    return tf.strings.regex_replace(text, _ANY, "\ufffd")


def _pieces(text: tf.Tensor, pattern: str) -> tf.RaggedTensor:
    """The text cut before and behind each match, ragged [batch, pieces]."""
    return split(text, pattern, pattern).surface


def _matches(pieces: tf.RaggedTensor, pattern: str) -> tf.RaggedTensor:
    return pieces.with_flat_values(tf.strings.regex_full_match(pieces.flat_values, pattern))


def _asked(pieces: tf.RaggedTensor, pattern: str, with_terms: tf.Tensor | None) -> tf.RaggedTensor:
    """The pieces that match: the pattern in some rows, a code in the others."""
    found = _matches(pieces, pattern)
    if with_terms is None:
        return found
    own = tf.gather(with_terms, row_ids(pieces))
    codes = _matches(pieces, PATTERN).flat_values
    return found.with_flat_values(tf.where(own, found.flat_values, codes))


def _running(flags: tf.RaggedTensor) -> tf.RaggedTensor:
    """How many are true up to each, itself included: int64 ragged."""
    total = tf.cumsum(tf.cast(flags.flat_values, tf.int64))
    before = tf.gather(tf.concat([[tf.constant(0, tf.int64)], total], 0), flags.row_starts())
    return flags.with_flat_values(total - tf.gather(before, row_ids(flags)))


def _joined(pieces: tf.RaggedTensor, guarded: tf.RaggedTensor, place: tf.RaggedTensor) -> tf.Tensor:
    names = tf.constant(PLACEHOLDERS)
    index = tf.clip_by_value(place.flat_values, 0, MOST - 1)
    said = tf.where(guarded.flat_values, tf.gather(names, index), pieces.flat_values)
    return tf.strings.reduce_join(pieces.with_flat_values(said), axis=1)


def _key(pieces: tf.RaggedTensor, guarded: tf.RaggedTensor) -> tf.RaggedTensor:
    """What two stretches are compared by; "" for what is none."""
    key = tf.strings.upper(tf.strings.regex_replace(pieces.flat_values, r"\s", ""))
    return pieces.with_flat_values(tf.where(guarded.flat_values, key, ""))


def _found_in(keys: tf.RaggedTensor, among: tf.RaggedTensor) -> tf.RaggedTensor:
    """For each key its first place in the same row of `among`, int64; -1 for none and for ""."""
    dense, other = keys.to_tensor(""), among.to_tensor("\x00")
    other = tf.concat([other, tf.fill([tf.shape(other)[0], 1], "\x00")], axis=1)
    same = tf.cast((dense[:, :, None] == other[:, None, :]) & (dense != "")[:, :, None], tf.int32)
    place = tf.where(tf.reduce_max(same, -1) > 0, tf.argmax(same, -1), -1)
    return tf.RaggedTensor.from_tensor(place, keys.row_lengths())
