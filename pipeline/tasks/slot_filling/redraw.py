"""Slot values redrawn in training, so that the model learns the cue and not the city.

In "to Beijing" any city could stand. Each time an utterance is seen, some of its values are
replaced by others of the same kind, which other utterances hold, or by a placeholder of unknown
tokens; tags follow. What is left to decide a role is the context, as it will be for a city never
seen.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import tensorflow as tf

from pipeline.task import Record
from pipeline.text import tokens

PLACEHOLDER = "\ufffd"  # no vocabulary holds it: `<unk>` as a word and as a character
HAN = r"\p{Han}.*"


class Values(NamedTuple):
    """The values of the training data, grouped by kind and script.

    `tokens`: string ragged [values, tokens], normalised, groups one after the other.
    `first`, `count`: int32 [slots, 2], a slot's group in `tokens`, for spans that do not begin
    with a Han character and for those that do. A count of 0: no such value.
    """

    tokens: tf.RaggedTensor
    first: tf.Tensor
    count: tf.Tensor


def collect(records: Iterable[Record], slots: Sequence[str], roles: Sequence[str]) -> Values:
    """The distinct values of each slot; slots in `roles` share one kind."""
    kind = {slot: roles[0] if slot in roles else slot for slot in slots}
    found: dict[str, dict[str, None]] = {}
    for record in records:
        columns = record["slots"]
        for slot, start, end in zip(columns["slot"], columns["start"], columns["end"], strict=True):
            found.setdefault(kind[slot], {})[record["text"][start:end]] = None
    values = [(of_kind, value) for of_kind, listed in found.items() for value in listed]
    words = tokens.normalize(
        tokens.tokenize(tf.constant([v for _, v in values], tf.string)).surface
    )
    han = tf.strings.regex_full_match(words[:, :1].to_tensor(""), HAN)[:, 0].numpy()
    groups: dict[tuple[str, bool], list[int]] = {}
    for row, (of_kind, _) in enumerate(values):
        groups.setdefault((of_kind, bool(han[row])), []).append(row)
    order = [row for rows in groups.values() for row in rows]
    sizes = itertools.accumulate(map(len, groups.values()), initial=0)
    starts = dict(zip(groups, sizes, strict=False))  # one sum more than groups
    table = [[(kind[slot], script) for script in (False, True)] for slot in slots]
    return Values(
        tf.gather(words, order),
        tf.constant([[starts.get(group, 0) for group in row] for row in table], tf.int32),
        tf.constant([[len(groups.get(group, ())) for group in row] for row in table], tf.int32),
    )


def redraw(
    words: tf.RaggedTensor,
    tags: tf.RaggedTensor,
    values: Values,
    share: float,
    masked: float,
    masked_context: float,
    seed: tf.Tensor,
) -> tuple[tf.RaggedTensor, tf.RaggedTensor]:
    """Replaces the values of some spans of a batch.

    Args:
        words: string [batch, tokens], normalised.
        tags: int32 of the same shape; ids as `tag_names` has them.
        values: What to draw from.
        share: Of the spans that get another value of their kind and script.
        masked: Of the spans (redrawn or not) whose tokens become the placeholder.
        masked_context: Of the tokens outside any span that become the placeholder: an unknown
            token must not by itself mean a value.
        seed: int64 [2]; the same seed, the same draws.

    Returns:
        Words and tags of the new texts, ragged [batch, new tokens].
    """
    word, tag = words.flat_values, tags.flat_values
    begins = tag % 2 == 1
    slot = tf.boolean_mask((tag - 1) // 2, begins)
    script = tf.strings.regex_full_match(tf.boolean_mask(word, begins), HAN)
    group = tf.stack([slot, tf.cast(script, tf.int32)], axis=1)
    count = tf.gather_nd(values.count, group)
    draws = tf.random.stateless_uniform([3, tf.size(slot)], seed)
    place = tf.cast(draws[0] * tf.cast(count, tf.float32), tf.int32)
    choice = tf.gather_nd(values.first, group) + tf.minimum(place, tf.maximum(count - 1, 0))
    # A last span of no tokens, so that tokens outside any span have one to point to.
    redrawn = tf.concat([(draws[1] < share) & (count > 0), [False]], axis=0)
    hidden_span = tf.concat([draws[2] < masked, [False]], axis=0)
    choice = tf.concat([choice, [0]], axis=0)
    span = tf.where(tag > 0, tf.cumsum(tf.cast(begins, tf.int32)) - 1, tf.size(slot))

    context = tf.random.stateless_uniform(tf.shape(word), seed + 1) < masked_context
    hidden = tf.where(tag > 0, tf.gather(hidden_span, span), context)
    new = tf.gather(redrawn, span)
    value = tf.gather(choice, span)
    lengths = tf.gather(tf.cast(values.tokens.row_lengths(), tf.int32), value)
    lengths = tf.where(new, tf.where(begins, lengths, 0), 1)
    pool = tf.concat([word, values.tokens.flat_values], axis=0)
    value_starts = tf.cast(tf.gather(values.tokens.row_starts(), value), tf.int32)
    starts = tf.where(new, tf.size(word) + value_starts, tf.range(tf.size(word)))
    chosen = tf.ragged.range(starts, starts + lengths).flat_values

    owner = tf.repeat(tf.range(tf.size(word)), lengths)
    goes_on = tf.gather(new, owner) & (chosen > tf.gather(starts, owner))
    new_tags = tf.gather(tag, owner) + tf.cast(goes_on, tf.int32)
    new_words = tf.where(tf.gather(hidden, owner), PLACEHOLDER, tf.gather(pool, chosen))
    rows = tf.gather(words.value_rowids(), owner)
    return (
        tf.RaggedTensor.from_value_rowids(new_words, rows, words.nrows()),
        tf.RaggedTensor.from_value_rowids(new_tags, rows, words.nrows()),
    )
