"""Search for hypotheses with a translator's step function and the config's settings."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from pipeline.decoding.hypotheses import Hypotheses
from pipeline.decoding.score import score_targets
from pipeline.decoding.search import search
from pipeline.decoding.settings import Search
from pipeline.tasks.translation.model import Tensors, Translator
from pipeline.tasks.translation.settings import DecodingSettings
from pipeline.tasks.translation.tokenizer import dense
from pipeline.text.protect import PLACEHOLDERS
from pipeline.text.subwords import END_ID, FIXED

SHARED = len(FIXED) + len(PLACEHOLDERS)  # ids below mean the same in any two tables of pieces


def protected(source: tf.Tensor) -> tf.Tensor:
    """Return the placeholders of sources [segments, tokens]: int32 [segments, n], 0 for none."""
    is_one = (source >= len(FIXED)) & (source < SHARED)
    return tf.ragged.boolean_mask(source, is_one).to_tensor(0)


class Searcher:
    """A translator with its settings of the search.

    Args:
        model: The translator.
        settings: The settings of its config.
        pieces: The number of target pieces; other rows of the model's table are never returned.
    """

    def __init__(self, model: Translator, settings: DecodingSettings, pieces: int) -> None:
        self.model, self.settings = model, settings
        self.below = pieces if pieces < model.pieces.size else None

    def best(self, source: tf.Tensor, number: int) -> Hypotheses:
        """Return the `number` best hypotheses of sources int32 [segments, tokens], 0 padded."""
        fixed, given = self._fixed(source), self.settings
        lengths = tf.math.count_nonzero(source, axis=1, dtype=tf.float32)
        return search(
            self.model.stepper(),
            self.model.start(fixed),
            fixed,
            Search(
                beam_width=max(given.beam_width, number),
                n_best=number,
                length_penalty=given.length_penalty,
                coverage_penalty=given.coverage_penalty,
                no_repeat_ngram=given.no_repeat_ngram,
                forbidden=tuple(range(END_ID)),
                below=self.below,
            ),
            min_length=tf.cast(given.min_ratio * lengths, tf.int32),
            max_length=tf.cast(given.max_ratio * lengths, tf.int32) + given.max_extra,
            padding_mask=source != 0,
            required=protected(source) if given.protected_once else None,
        )

    def score(self, source: tf.Tensor, target: tf.RaggedTensor) -> Any:
        """Return the log-probability of each target, float [batch], over all pieces."""
        fixed = self.model.fix(source)
        ends = tf.fill([target.nrows(), 1], END_ID)
        whole = dense(tf.concat([target, ends], axis=1))
        return score_targets(self.model.stepper(), self.model.start(fixed), fixed, whole).total

    def gaps(self, source: tf.Tensor) -> tf.Tensor:
        """Return the gap between the two best hypotheses of each source, float [segments]."""
        scores = self.best(source, 2).scores
        return scores[:, 0] - scores[:, 1]

    def _fixed(self, source: tf.Tensor) -> Tensors:
        fixed = self.model.fix(source)
        if self.model.shortlist is None:
            return fixed
        return self.model.with_candidates(fixed, self.candidates(source))

    def candidates(self, source: tf.Tensor) -> tf.Tensor:
        """Return the pieces to search for each source, int32 [segments, columns]; -1 for none.

        These are the shortlists of its pieces, the most frequent pieces, and its own pieces, which
        may be copied.
        """
        size = self.model.pieces.size
        own = tf.gather(self.model.shortlist.value, source)
        own = tf.where(source[:, :, None] > 0, own, 0)
        rows = tf.shape(source)[0]
        common = tf.tile(self.model.common.value[None], [rows, 1])
        always = tf.tile(tf.constant([[END_ID]]), [rows, 1])
        copied = source if self.model.joint else tf.where(source < SHARED, source, 0)
        listed = tf.concat([tf.reshape(own, [rows, -1]), common, copied, always], axis=1)
        row = tf.repeat(tf.range(rows, dtype=tf.int64), tf.shape(listed)[1])
        flat = tf.cast(tf.reshape(listed, [-1]), tf.int64)
        keys, _ = tf.unique((row * size + flat)[flat > 0])
        keys = tf.sort(keys)
        found = tf.RaggedTensor.from_value_rowids(
            tf.cast(keys % size, tf.int32), keys // size, tf.cast(rows, tf.int64), validate=False
        )
        return found.to_tensor(-1)
