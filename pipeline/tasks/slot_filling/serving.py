"""From raw strings to finished answers in one graph, and from its outputs to plain dicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from pipeline.metrics.spans import chunks
from pipeline.task import Service, Vocabularies
from pipeline.tasks.slot_filling.model import INTENT_SCALE, decode, inputs_alone
from pipeline.tasks.slot_filling.records import (
    SlotAnswer,
    Span,
    Utterance,
    UtteranceAnswer,
    UtteranceRecord,
    tag_names,
)
from pipeline.tasks.slot_filling.tokenizer import SlotTokenizer
from pipeline.text import tokens
from pipeline.text.row_ids import row_ids
from pipeline.text.tokens import Tokens
from pipeline.text.vocabulary import PAD_ID

TEXT = tf.TensorSpec([None], tf.string, name="text")


class Prediction(NamedTuple):
    """A batch as the model sees it: tokens, their tags, and probabilities of tags and intent."""

    tokens: Tokens
    best: tf.Tensor  # int32 [batch, tokens]
    tags: tf.Tensor  # float [batch, tokens, tags]
    intent: tf.Tensor  # float [batch, intents]


def build_service(
    tokenizer: SlotTokenizer, model: keras.Model, vocabularies: Vocabularies
) -> Service:
    """Joins tokenizer and model; `serving_default` takes `text` [batch].

    Outputs: `intent`, `intent_score` [batch]; `rejected` bool [batch], whether that score lies
    below the model's threshold; `token_count` int32 [batch], `tokens` (as typed),
    `tags` [batch, max_tokens]; `slot_count` int32 [batch]; `slot_names`, `slot_values`,
    `slot_starts`, `slot_ends`, `slot_scores` [batch, max_slots], padded with "", -1 and 0.
    Offsets are code points into the input, end exclusive. A slot's score is the product of the
    probabilities of its tokens' tags.
    """
    module = tf.Module(name="slot_filling")
    module.tokenizer = tokenizer
    module.weights = [variable.value for variable in model.variables]
    intents = tf.constant(vocabularies["intents"], tf.string)
    slots = list(vocabularies["slots"])
    threshold = model.get_layer(INTENT_SCALE).threshold.value

    def predict(text: tf.Tensor) -> Prediction:
        found, features = tokenizer(text)
        logits = model(inputs_alone(model, features), training=False)
        best, tags = decode(model, logits["tags"], features["words"] != PAD_ID)
        return Prediction(found, best, tags, tf.nn.softmax(logits["intent"]))

    @tf.function(input_signature=[TEXT])
    def serving_default(text: tf.Tensor) -> dict[str, tf.Tensor]:
        text = tokens.clean(text)
        prediction = predict(text)
        tagged = _tagged(prediction)
        score = tf.reduce_max(prediction.intent, axis=-1)
        return {
            "intent": tf.gather(intents, tf.argmax(prediction.intent, axis=-1)),
            "intent_score": score,
            "rejected": score < threshold,
            **_token_outputs(prediction.tokens, tagged, slots),
            **_slot_outputs(text, prediction.tokens, tagged, slots),
        }

    @tf.function(input_signature=[TEXT])
    def margin(text: tf.Tensor) -> tf.Tensor:
        prediction = predict(tokens.clean(text))
        by_token = _ragged(_gap(prediction.tags), prediction.tokens)
        return tf.minimum(_gap(prediction.intent), tf.reduce_min(by_token, axis=1))

    module.serving_default = serving_default
    return Service(module, {"serving_default": serving_default}, margin)


def read_answers(texts: Sequence[str], outputs: Mapping[str, Any]) -> list[UtteranceAnswer]:
    """The outputs of `serving_default` (NumPy) as one plain dict a text.

    A slot whose first tag is an `I-`, as a model without CRF may say, has `stray`: True; strict
    scores do not count it.
    """
    return [
        {
            "text": text,
            "intent": {
                "label": outputs["intent"][row].decode("utf-8"),
                "score": round(float(outputs["intent_score"][row]), 6),
            },
            "slots": _read_slots(outputs, row),
            "rejected": bool(outputs["rejected"][row]),
        }
        for row, text in enumerate(texts)
    ]


def _read_slots(outputs: Mapping[str, Any], row: int) -> list[SlotAnswer]:
    tags = [tag.decode("utf-8") for tag in outputs["tags"][row]][: outputs["token_count"][row]]
    strays = [tags[start].startswith("I-") for _, start, _ in chunks(tags)]
    slots: list[SlotAnswer] = []
    for i in range(int(outputs["slot_count"][row])):
        slots.append(
            {
                "slot": outputs["slot_names"][row][i].decode("utf-8"),
                "value": outputs["slot_values"][row][i].decode("utf-8"),
                "start": int(outputs["slot_starts"][row][i]),
                "end": int(outputs["slot_ends"][row][i]),
                "score": round(float(outputs["slot_scores"][row][i]), 6),
            }
        )
        if strays[i]:
            slots[-1]["stray"] = True
    return slots


def suggest(answer: UtteranceAnswer) -> UtteranceRecord:
    """The utterance that an answer takes its text for."""
    spans = tuple(Span(found["slot"], found["start"], found["end"]) for found in answer["slots"])
    return Utterance(answer["text"], answer["intent"]["label"], spans).to_record()


def confidence(answer: UtteranceAnswer) -> float:
    """The score of the intent or of a slot, whichever is least sure."""
    scores = (answer["intent"]["score"], *(slot["score"] for slot in answer["slots"]))
    return float(min(scores))


class _Tagged(NamedTuple):
    """All real tokens of a batch in one flat list: their rows, their tags, how probable these are.

    Ragged tensors would say the same with twice the ops, which is what a single text waits for.
    """

    rows: tf.Tensor
    tag: tf.Tensor
    score: tf.Tensor


def _tagged(prediction: Prediction) -> _Tagged:
    found, best, tags = prediction.tokens.starts, prediction.best, prediction.tags
    rows = row_ids(found)
    column = tf.range(tf.size(rows, tf.int64)) - tf.gather(found.row_starts(), rows)
    place = rows * tf.shape(best, tf.int64)[1] + column
    tag = tf.gather(tf.reshape(best, [-1]), place)
    score = tf.gather(tf.reshape(tags, [-1]), place * tags.shape[-1] + tf.cast(tag, tf.int64))
    return _Tagged(rows, tag, score)


def _token_outputs(found: Tokens, tagged: _Tagged, slots: list[str]) -> dict[str, tf.Tensor]:
    names = tf.constant(tag_names(slots), tf.string)
    surface, tags = found.surface, tf.gather(names, tagged.tag)
    return {
        "token_count": tf.cast(surface.row_lengths(), tf.int32),
        "tokens": surface.to_tensor(""),
        "tags": surface.with_flat_values(tags).to_tensor(""),
    }


def _slot_outputs(
    text: tf.Tensor, found: Tokens, tagged: _Tagged, slots: list[str]
) -> dict[str, tf.Tensor]:
    """Chunks by the conlleval rule, all rows at once, in one flat list of tokens."""
    rows, tag, score = tagged
    inside, begins, ends = _chunks(tag, rows)
    first, last, within = (tf.where(mask)[:, 0] for mask in (begins, ends, inside))
    span_of_token = tf.gather(tf.cumsum(tf.cast(begins, tf.int32)) - 1, within)
    log_score = tf.math.segment_sum(tf.math.log(tf.gather(score, within)), span_of_token)
    row = tf.gather(rows, first)
    start, end = tf.gather(found.starts.flat_values, first), tf.gather(found.ends.flat_values, last)
    slot = (tf.gather(tag, first) - 1) // 2 % (len(slots) + 1)
    value = tf.strings.substr(tf.gather(text, row), start, end - start, unit="UTF8_CHAR")
    spans = tf.RaggedTensor.from_value_rowids(start, row, found.starts.nrows(), validate=False)

    def padded(values: tf.Tensor, filler: Any) -> tf.Tensor:
        return spans.with_flat_values(values).to_tensor(filler)

    return {
        "slot_count": tf.cast(spans.row_lengths(), tf.int32),
        "slot_names": padded(tf.gather(tf.constant([*slots, ""]), slot), ""),
        "slot_values": padded(value, ""),
        "slot_starts": padded(start, -1),
        "slot_ends": padded(end, -1),
        "slot_scores": padded(tf.exp(log_score), 0.0),
    }


def _chunks(tag: tf.Tensor, rows: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Which tokens lie in a chunk, begin one, end one: bool [all tokens of the batch].

    Tag ids are `tag_names`'s: 0 is O, an odd id begins a slot, the even id after it goes on.
    A chunk goes on where `I-x` follows `B-x` or `I-x` in the same row, and begins at any other tag
    that is not O.
    """
    slot = (tag - 1) // 2
    inside = tag > 0
    same = (slot[1:] == slot[:-1]) & (rows[1:] == rows[:-1]) & inside[:-1]
    goes_on = tf.concat([[False], same & (tag[1:] % 2 == 0)], axis=0)[: tf.size(tag)]
    goes_on &= inside
    begins = inside & ~goes_on
    ends = inside & ~tf.concat([goes_on[1:], [False]], axis=0)[: tf.size(tag)]
    return inside, begins, ends


def _ragged(dense: tf.Tensor, found: Tokens) -> tf.RaggedTensor:
    """The first values of each row, one a real token."""
    return tf.RaggedTensor.from_tensor(dense, found.starts.row_lengths())


def _gap(probabilities: tf.Tensor) -> tf.Tensor:
    """Best less second best, over the last axis; 1 where there is but one class."""
    if probabilities.shape[-1] == 1:
        return tf.ones(tf.shape(probabilities)[:-1])
    best = tf.math.top_k(probabilities, 2).values
    return best[..., 0] - best[..., 1]
