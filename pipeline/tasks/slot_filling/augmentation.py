"""Replace slot values in training batches, so that the model learns the context and not the city.

"to Beijing" could be "to" any city. Each time an utterance is read, some of its values are replaced
by others of the same kind from other utterances, by names composed of their tokens or of any words,
or by placeholders for unknown words; the tags follow. Only the context then decides a role, as it
does for a city that training does not have.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias

import tensorflow as tf

from pipeline.tasks.slot_filling.records import UtteranceRecord
from pipeline.text import tokens
from pipeline.text.row_ids import row_ids

PLACEHOLDER = "\ufffd"  # in no vocabulary, so it is `<unk>` as a word and as a character
HAN = r"\p{Han}.*"
LETTERS = r"\p{L}.*"

Kind: TypeAlias = tuple[
    str, str
]  # slot, or one slot for all roles; intent, or empty if it does not matter


class Values(NamedTuple):
    """The values of the training data, grouped by kind and script.

    Attributes:
        tokens: String ragged [values, tokens], as typed, group after group.
        first, count: int32 [slots, intents, 2], where in `tokens` the group of a slot and intent
            begins and how many values it has, for spans that do not begin with a Han character and
            for those that do.
        names: bool [slots], whether a slot holds proper names, so that more can be invented.
    """

    tokens: tf.RaggedTensor
    first: tf.Tensor
    count: tf.Tensor
    names: tf.Tensor


def collect_values(
    records: Iterable[UtteranceRecord],
    slots: Sequence[str],
    intents: Sequence[str],
    roles: Sequence[str],
    names: Sequence[str] = (),
) -> Values:
    """Collect the distinct values of each slot; slots in `roles` share one kind and hold names.

    A name can occur with any intent. Any other value may indicate the intent (a book is rated, a
    film is searched for), so such values are grouped by intent.
    """

    def kind(slot: str, intent: str) -> Kind:
        if slot in roles:
            return roles[0], ""
        return slot, "" if slot in names else intent

    distinct: dict[Kind, dict[str, None]] = {}
    for record in records:
        columns = record["slots"]
        for slot, start, end in zip(columns["slot"], columns["start"], columns["end"], strict=True):
            of_kind = kind(slot, record["intent"])
            distinct.setdefault(of_kind, {})[record["text"][start:end]] = None
    values = [(of_kind, value) for of_kind, texts in distinct.items() for value in texts]
    words = tokens.tokenize(tf.constant([v for _, v in values], tf.string)).surface
    han = tf.strings.regex_full_match(words[:, :1].to_tensor(""), HAN)[:, 0].numpy()
    groups: dict[tuple[Kind, bool], list[int]] = {}
    for row, (of_kind, _) in enumerate(values):
        groups.setdefault((of_kind, bool(han[row])), []).append(row)
    order = [row for rows in groups.values() for row in rows]
    sizes = itertools.accumulate(map(len, groups.values()), initial=0)
    starts = dict(zip(groups, sizes, strict=False))  # there is one more sum than groups
    shape = (len(slots), len(intents), 2)
    table = [
        (kind(*pair), han) for pair in itertools.product(slots, intents) for han in (False, True)
    ]
    return Values(
        tf.gather(words, order),
        tf.constant([starts.get(group, 0) for group in table], tf.int32, shape),
        tf.constant([len(groups.get(group, ())) for group in table], tf.int32, shape),
        tf.constant([slot in roles or slot in names for slot in slots]),
    )


class Rates(NamedTuple):
    """The probability of each change, 0 to 1; see `SlotTrainSettings`."""

    redrawn: float = 0.0
    blended: float = 0.0
    borrowed: float = 0.0
    masked: float = 0.0
    masked_context: float = 0.0


def augment(
    words: tf.RaggedTensor,
    tags: tf.RaggedTensor,
    intents: tf.Tensor,
    values: Values,
    rates: Rates,
    seed: tf.Tensor,
) -> tuple[tf.RaggedTensor, tf.RaggedTensor]:
    """Replace the values of some spans of a batch.

    Args:
        words: string [batch, tokens], as typed.
        tags: int32 of the same shape; ids as `tag_names` has them.
        intents: int32 [batch], positions in the `intents` given to `collect_values`.
        values: The values to draw from.
        rates: The probability of each change.
        seed: int64 [2]; the same seed gives the same result.

    Returns:
        The words and tags of the new texts, ragged [batch, new tokens].
    """
    word, tag = words.flat_values, tags.flat_values
    intent = tf.gather(intents, row_ids(words))
    spans = _draw(word, tag, intent, values, rates, seed)
    # `spans` has one extra row, to which the tokens outside any span point.
    span = tf.where(tag > 0, tf.cumsum(tag % 2) - 1, tf.size(spans.row) - 1)
    new, row = tf.gather(spans.new, span), tf.gather(spans.row, span)

    # Each old token becomes a slice of `pool`: the token itself, or in a replaced span the whole
    # new value at the first token and nothing at the others.
    pool = tf.concat([word, values.tokens.flat_values], axis=0)
    size = tf.gather(tf.cast(values.tokens.row_lengths(), tf.int32), row)
    start = tf.gather(tf.cast(values.tokens.row_starts(), tf.int32), row) + tf.size(word)
    size = tf.where(new, tf.where(tag % 2 == 1, size, 0), 1)
    start = tf.where(new, start, tf.range(tf.size(word)))
    piece = tf.ragged.range(start, start + size).flat_values
    owner = tf.repeat(tf.range(tf.size(word)), size)
    continues = tf.gather(new, owner) & (piece > tf.gather(start, owner))

    span = tf.gather(span, owner)
    draws = tf.random.stateless_uniform([2, tf.size(piece)], seed + 1)
    piece = tf.where(tf.gather(spans.blended, span), _blend(spans, span, draws[0], word), piece)
    piece = tf.where(tf.gather(spans.borrowed, span), _borrow(spans, span, draws[0], word), piece)
    context = (tf.gather(tag, owner) == 0) & (draws[1] < rates.masked_context)
    hidden = tf.gather(spans.masked, span) | context
    new_words = tf.where(hidden, PLACEHOLDER, tf.gather(pool, piece))
    new_tags = tf.gather(tag, owner) + tf.cast(continues, tf.int32)
    rows = tf.gather(row_ids(words), owner)
    return (
        tf.RaggedTensor.from_value_rowids(new_words, rows, words.nrows()),
        tf.RaggedTensor.from_value_rowids(new_tags, rows, words.nrows()),
    )


class _Spans(NamedTuple):
    """The change to each span of a batch, [spans + 1]; the last row stands for no span.

    Attributes:
        new: Whether the span gets the value `row` of `Values.tokens`.
        row: The row of the new value.
        blended: Whether each token is then drawn from the tokens of all values of the kind.
        low, high: The range of these tokens among the flat values of `Values.tokens`.
        borrowed: Whether each token is then drawn from any words of the batch in the span's script,
            since cities have names such as Split or 大同.
        han: Whether the span begins with a Han character.
        masked: Whether the tokens become the placeholder.
    """

    new: tf.Tensor
    row: tf.Tensor
    blended: tf.Tensor
    low: tf.Tensor
    high: tf.Tensor
    borrowed: tf.Tensor
    han: tf.Tensor
    masked: tf.Tensor


def _draw(
    word: tf.Tensor,
    tag: tf.Tensor,
    intent: tf.Tensor,
    values: Values,
    rates: Rates,
    seed: tf.Tensor,
) -> _Spans:
    begins = tag % 2 == 1
    slot = tf.boolean_mask((tag - 1) // 2, begins)
    han = tf.strings.regex_full_match(tf.boolean_mask(word, begins), HAN)
    group = tf.stack([slot, tf.boolean_mask(intent, begins), tf.cast(han, tf.int32)], axis=1)
    first, count = tf.gather_nd(values.first, group), tf.gather_nd(values.count, group)
    draws = tf.random.stateless_uniform([5, tf.size(slot)], seed)
    offset = tf.cast(draws[0] * tf.cast(count, tf.float32), tf.int32)
    new = (draws[1] < rates.redrawn) & (count > 0)
    splits = tf.cast(values.tokens.row_splits, tf.int32)
    spans = _Spans(
        new=new,
        row=first + tf.minimum(offset, tf.maximum(count - 1, 0)),
        blended=new & (draws[2] < rates.blended) & tf.gather(values.names, slot),
        borrowed=new & (draws[4] < rates.borrowed) & tf.gather(values.names, slot),
        han=han,
        low=tf.gather(splits, first),
        high=tf.gather(splits, first + count),
        masked=draws[3] < rates.masked,
    )
    return _Spans(*(tf.pad(field, [[0, 1]]) for field in spans))


def _borrow(spans: _Spans, span: tf.Tensor, draw: tf.Tensor, word: tf.Tensor) -> tf.Tensor:
    """Return for each token the position in the pool of a word in its span's script."""
    is_han = tf.strings.regex_full_match(word, HAN)
    is_other = tf.strings.regex_full_match(word, LETTERS) & ~is_han
    han, other = (tf.where(script)[:, 0] for script in (is_han, is_other))
    chosen = tf.where(tf.gather(spans.han, span), _pick(han, draw), _pick(other, draw))
    return tf.cast(chosen, tf.int32)


def _pick(positions: tf.Tensor, draw: tf.Tensor) -> tf.Tensor:
    """Return one of `positions` for each draw in [0, 1); 0 if there are none."""
    padded = tf.concat([positions, [0]], axis=0)
    size = tf.cast(tf.size(positions), tf.float32)
    return tf.gather(padded, tf.cast(draw * size, tf.int32))


def _blend(spans: _Spans, span: tf.Tensor, draw: tf.Tensor, word: tf.Tensor) -> tf.Tensor:
    """Return for each token the position in the pool of a token of its span's kind."""
    low, high = tf.gather(spans.low, span), tf.gather(spans.high, span)
    width = tf.maximum(high - low, 1)
    step = tf.minimum(tf.cast(draw * tf.cast(width, tf.float32), tf.int32), width - 1)
    return tf.size(word) + low + step
