"""One graph from raw strings to finished translations, and plain dicts from its outputs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf

from pipeline.decoding.hypotheses import Hypotheses
from pipeline.task import Service, Vocabularies
from pipeline.tasks.translation.model import Translator
from pipeline.tasks.translation.records import Example, PairAnswer, PairRecord
from pipeline.tasks.translation.search import Searcher
from pipeline.tasks.translation.tokenizer import PairTokenizer, Segments, dense

TEXT = tf.TensorSpec([None], tf.string, name="text")
SOURCE = tf.TensorSpec([None], tf.string, name="source")
TARGET = tf.TensorSpec([None], tf.string, name="target")
Outputs = dict[str, tf.Tensor]


def build_service(
    tokenizer: PairTokenizer, model: Translator, vocabularies: Vocabularies
) -> Service:
    """Join tokenizer, model and search.

    - `serving_default`: `text` [batch] -> `translation`; `score`, the mean log-probability of its
      tokens; `segments`, the number of parts that were translated; `truncated`, whether a sentence
      was cut or a translation reached its longest length; `lost`, the number of protected items
      that are missing. All [batch].
    - `n_best`: `text` -> `translations`, `scores` [batch, n], the best first. If there are several
      segments, their first hypotheses are joined, then their second ones, and so on.
    - `align`: `text` -> `source_tokens` [batch, source], `target_tokens` [batch, target],
      `attention` [batch, target, source], `truncated` [batch]; for the first segment only.
    - `score`: `source`, `target` -> `score` [batch], the log-probability of the target, and
      `tokens` [batch], the number of its tokens.
    """
    module = tf.Module(name="translation")
    module.tokenizer = tokenizer
    module.weights = [variable.value for variable in model.variables]
    searcher = Searcher(model, model.decoding, tokenizer.target.size)
    several = model.decoding.n_best

    @tf.function(input_signature=[TEXT])
    def serving_default(text: tf.Tensor) -> Outputs:
        segments = tokenizer.segments(text)
        found = searcher.best(dense(segments.ids), 1)
        return _translations(tokenizer, segments, found, 0)

    @tf.function(input_signature=[TEXT])
    def n_best(text: tf.Tensor) -> Outputs:
        segments = tokenizer.segments(text)
        found = searcher.best(dense(segments.ids), several)
        outputs = [_translations(tokenizer, segments, found, rank) for rank in range(several)]
        return {
            "translations": tf.stack([rank["translation"] for rank in outputs], axis=1),
            "scores": tf.stack([rank["score"] for rank in outputs], axis=1),
        }

    @tf.function(input_signature=[TEXT])
    def align(text: tf.Tensor) -> Outputs:
        return _aligned(tokenizer, searcher, text)

    @tf.function(input_signature=[SOURCE, TARGET])
    def score(source: tf.Tensor, target: tf.Tensor) -> Outputs:
        of_source, of_target = tokenizer.pairs(source, target)
        scores = searcher.score(dense(of_source), of_target)
        return {"score": scores, "tokens": tf.cast(of_target.row_lengths() + 1, tf.int32)}

    @tf.function(input_signature=[TEXT])
    def margin(text: tf.Tensor) -> tf.Tensor:
        segments = tokenizer.segments(text)
        gaps = searcher.gaps(dense(segments.ids))
        return tf.math.unsorted_segment_min(gaps, segments.rows, tf.size(text))

    signatures = {
        "serving_default": serving_default,
        "n_best": n_best,
        "align": align,
        "score": score,
    }
    for name, signature in signatures.items():
        setattr(module, name, signature)
    return Service(module, signatures, margin)


def read_answers(texts: Sequence[str], outputs: Mapping[str, Any]) -> list[PairAnswer]:
    """Return the NumPy outputs of `serving_default` as one plain dict per text."""
    return [
        {
            "text": text,
            "translation": outputs["translation"][row].decode("utf-8"),
            "score": round(float(outputs["score"][row]), 6),
            "segments": int(outputs["segments"][row]),
            "truncated": bool(outputs["truncated"][row]),
            "lost": int(outputs["lost"][row]),
        }
        for row, text in enumerate(texts)
    ]


def suggest(answer: PairAnswer) -> PairRecord:
    """Return the pair of the text and its translation."""
    return Example(answer["text"], answer["translation"]).to_record()


def confidence(answer: PairAnswer) -> float:
    """Return the geometric mean of the probabilities of the translation's tokens."""
    return math.exp(min(float(answer["score"]), 0.0))


def _translations(
    tokenizer: PairTokenizer, segments: Segments, found: Hypotheses, rank: int
) -> Outputs:
    """Join the hypotheses of one rank to one translation per text."""
    lengths = found.lengths[:, rank]
    ids = tf.RaggedTensor.from_tensor(found.tokens[:, rank], lengths)
    restored = tokenizer.joined(tokenizer.texts(ids), segments)

    def total(values: tf.Tensor, kind: tf.DType = tf.float32) -> tf.Tensor:
        batch = tf.size(segments.cut)
        return tf.math.unsorted_segment_sum(tf.cast(values, kind), segments.rows, batch)

    log_probs = total(found.log_probs[:, rank])
    return {
        "translation": restored.text,
        "score": tf.math.divide_no_nan(log_probs, total(lengths + 1)),  # one more for </s>
        "segments": total(tf.ones_like(lengths), tf.int32),
        "truncated": segments.cut | (total(~found.finished[:, rank]) > 0),
        "lost": restored.lost,
    }


def _aligned(tokenizer: PairTokenizer, searcher: Searcher, text: tf.Tensor) -> Outputs:
    """Return the attention of each target token of the first segment."""
    segments = tokenizer.segments(text)
    rows = tf.RaggedTensor.from_value_rowids(
        tf.range(tf.size(segments.rows)), segments.rows, tf.size(text, tf.int64), validate=False
    )
    # A text without a segment gets one of padding.
    ids = tf.concat([segments.ids, tf.zeros([1, 0], tf.int32)], axis=0)
    first = tf.concat([rows, tf.fill([rows.nrows(), 1], tf.size(segments.rows))], axis=1)[:, :1]
    source = tf.gather(ids, first.flat_values)
    found = searcher.best(dense(source), 1)
    some = source.row_lengths() > 0
    lengths = tf.where(some, found.lengths[:, 0], 0)
    target = tf.RaggedTensor.from_tensor(found.tokens[:, 0], lengths)
    real = tf.sequence_mask(lengths, tf.shape(found.tokens)[2], tf.float32)
    return {
        "source_tokens": tokenizer.shown(tokenizer.source, source, segments.given),
        "target_tokens": tokenizer.shown(tokenizer.target, target, segments.values),
        "attention": found.attention[:, 0] * real[:, :, None],
        "truncated": segments.cut | (rows.row_lengths() > 1) | (some & ~found.finished[:, 0]),
    }
