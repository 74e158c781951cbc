"""Encode records for `model.fit`: inputs, targets and weights of a batch."""

from __future__ import annotations

from collections.abc import Iterable

import tensorflow as tf

from pipeline.datasets.batches import Encoder, Rows
from pipeline.task import Vocabularies
from pipeline.tasks.translation.model import LOSSES
from pipeline.tasks.translation.records import PairRecord
from pipeline.tasks.translation.settings import TranslationSettings
from pipeline.tasks.translation.tokenizer import PairTokenizer, dense
from pipeline.text.row_ids import row_ids
from pipeline.text.subwords import END_ID, START_ID


def build_encoder(
    settings: TranslationSettings,
    tokenizer: PairTokenizer,
    vocabularies: Vocabularies,
    records: Iterable[PairRecord],
) -> Encoder:
    """Return the encoder from records to what `model.fit` takes.

    The decoder reads `<s>` and the target, and learns to predict the target and `</s>`. Each of
    these tokens has the weight 1, so the loss is the mean over all tokens of a batch. Tokens of a
    pair with an empty side, or with one longer than a segment, have the weight 0.
    """
    most = settings.tokenizer.max_tokens
    share = settings.train.glossary_share if settings.data.glossary else None

    def encode(batch: Rows, seed: tf.Tensor) -> Rows:
        rows = tf.size(batch["text"])
        with_terms = None if share is None else tf.random.stateless_uniform([rows], seed) < share
        source, target = tokenizer.pairs(batch["text"], batch["target"], with_terms)
        lengths = tf.stack([source.row_lengths(), target.row_lengths()])
        fits = tf.reduce_all((lengths > 0) & (lengths <= most), axis=0)
        source, target = (_emptied(side, fits) for side in (source, target))
        one = tf.ones([target.nrows(), 1], tf.int32)
        total = tf.reduce_sum(tf.stack([source.row_lengths(), target.row_lengths()]), axis=0) + 1
        return {
            "length": tf.cast(total, tf.int32),
            "source": source,
            "target": tf.concat([one * START_ID, target, one * END_ID], axis=1),
            "weight": tf.cast(fits, tf.float32),
        }

    return Encoder(encode, _to_fit)


def _emptied(ids: tf.RaggedTensor, fits: tf.Tensor) -> tf.RaggedTensor:
    """Empty the rows that do not fit, so that they cost nothing."""
    kept = tf.gather(fits, row_ids(ids))
    return tf.ragged.boolean_mask(ids, ids.with_flat_values(kept))


def _to_fit(rows: Rows) -> tuple[Rows, Rows, Rows]:
    inputs = {"source": dense(rows["source"]), "target": rows["target"].to_tensor(0)}
    gold = inputs["target"][:, 1:]
    weights = tf.cast(gold != 0, tf.float32) * rows["weight"][:, None]
    return inputs, {LOSSES: gold}, {LOSSES: weights}
