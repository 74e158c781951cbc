"""The exported graph from strings to slots and intents, and its outputs as plain dicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from pipeline.metrics.spans import chunks
from pipeline.task import Service, Vocabularies
from pipeline.tasks.slot_filling.model import INTENT_SCALE, decode, inference_inputs
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
    """The tokens of a batch, their best tags, and the probabilities of tags and intents."""

    tokens: Tokens
    best: tf.Tensor  # int32 [batch, tokens]
    tags: tf.Tensor  # float [batch, tokens, tags]
    intent: tf.Tensor  # float [batch, intents]


def build_service(
    tokenizer: SlotTokenizer, model: keras.Model, vocabularies: Vocabularies
) -> Service:
    """Join tokenizer and model to a service; `serving_default` takes `text` [batch].

    Outputs: `intent`, `intent_score` [batch]; `rejected` bool [batch], whether the score is
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
        tokenized, features = tokenizer(text)
        logits = model(inference_inputs(model, features), training=False)
        best, tags = decode(model, logits["tags"], features["words"] != PAD_ID)
        return Prediction(tokenized, best, tags, tf.nn.softmax(logits["intent"]))

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
    """Convert the NumPy outputs of `serving_default` to one plain dict for each text.

    A slot whose first tag is an `I-`, which a model without a CRF may predict, has `stray`: True;
    strict scores do not count it.
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
    """Return the record of the answer's text, annotated as the answer says."""
    spans = tuple(Span(slot["slot"], slot["start"], slot["end"]) for slot in answer["slots"])
    return Utterance(answer["text"], answer["intent"]["label"], spans).to_record()


def confidence(answer: UtteranceAnswer) -> float:
    """Return the lowest score among the intent and the slots."""
    scores = (answer["intent"]["score"], *(slot["score"] for slot in answer["slots"]))
    return float(min(scores))


class _Tagged(NamedTuple):
    """All real tokens of a batch in one flat list: row, tag, and the tag's probability.

    Ragged tensors would need twice as many ops, which dominate the latency of a single text.
    """

    rows: tf.Tensor
    tag: tf.Tensor
    score: tf.Tensor


def _tagged(prediction: Prediction) -> _Tagged:
    starts, best, tags = prediction.tokens.starts, prediction.best, prediction.tags
    rows = row_ids(starts)
    column = tf.range(tf.size(rows, tf.int64)) - tf.gather(starts.row_starts(), rows)
    index = rows * tf.shape(best, tf.int64)[1] + column
    tag = tf.gather(tf.reshape(best, [-1]), index)
    score = tf.gather(tf.reshape(tags, [-1]), index * tags.shape[-1] + tf.cast(tag, tf.int64))
    return _Tagged(rows, tag, score)


def _token_outputs(tokenized: Tokens, tagged: _Tagged, slots: list[str]) -> dict[str, tf.Tensor]:
    names = tf.constant(tag_names(slots), tf.string)
    surface, tags = tokenized.surface, tf.gather(names, tagged.tag)
    return {
        "token_count": tf.cast(surface.row_lengths(), tf.int32),
        "tokens": surface.to_tensor(""),
        "tags": surface.with_flat_values(tags).to_tensor(""),
    }


def _slot_outputs(
    text: tf.Tensor, tokenized: Tokens, tagged: _Tagged, slots: list[str]
) -> dict[str, tf.Tensor]:
    """Find the slots by the conlleval rule, in all rows at once on one flat list of tokens."""
    rows, tag, score = tagged
    inside, begins, ends = _chunks(tag, rows)
    first, last, within = (tf.where(mask)[:, 0] for mask in (begins, ends, inside))
    span_of_token = tf.gather(tf.cumsum(tf.cast(begins, tf.int32)) - 1, within)
    log_score = tf.math.segment_sum(tf.math.log(tf.gather(score, within)), span_of_token)
    row = tf.gather(rows, first)
    start = tf.gather(tokenized.starts.flat_values, first)
    end = tf.gather(tokenized.ends.flat_values, last)
    slot = (tf.gather(tag, first) - 1) // 2 % (len(slots) + 1)
    value = tf.strings.substr(tf.gather(text, row), start, end - start, unit="UTF8_CHAR")
    spans = tf.RaggedTensor.from_value_rowids(start, row, tokenized.starts.nrows(), validate=False)

    def padded(values: tf.Tensor, filler: str | float) -> tf.Tensor:
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
    """Return whether each token is in a chunk, begins one, and ends one: bool [all tokens].

    Tag ids are those of `tag_names`: 0 is O, an odd id is `B-` of a slot, the next even id its
    `I-`. A chunk continues where `I-x` follows `B-x` or `I-x` in the same row, and begins at any
    other tag that is not O.
    """
    slot = (tag - 1) // 2
    inside = tag > 0
    same = (slot[1:] == slot[:-1]) & (rows[1:] == rows[:-1]) & inside[:-1]
    continues = tf.concat([[False], same & (tag[1:] % 2 == 0)], axis=0)[: tf.size(tag)]
    continues &= inside
    begins = inside & ~continues
    ends = inside & ~tf.concat([continues[1:], [False]], axis=0)[: tf.size(tag)]
    return inside, begins, ends


def _ragged(dense: tf.Tensor, tokenized: Tokens) -> tf.RaggedTensor:
    """Return the values of the real tokens of each row."""
    return tf.RaggedTensor.from_tensor(dense, tokenized.starts.row_lengths())


def _gap(probabilities: tf.Tensor) -> tf.Tensor:
    """Return best minus second best over the last axis; 1 if there is only one class."""
    if probabilities.shape[-1] == 1:
        return tf.ones(tf.shape(probabilities)[:-1])
    best = tf.math.top_k(probabilities, 2).values
    return best[..., 0] - best[..., 1]
