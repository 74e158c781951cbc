"""Hypotheses traced back from their ends, by hand."""

import numpy as np
import tensorflow as tf

from pipeline.decoding.trace import BeamRecords, Extended, trace

NONE = -np.inf


def test_hypotheses_are_traced_back_to_the_first_token():
    # Three steps, two wide. First 5 and 6; from 6 come 7 and </s>, which ends there; from 7 come
    # 8 (cut) and </s>. The second source is in the batch at the first step only; it writes 9.
    steps = [
        ([[0, 0], [0, 0]], [[5, 6], [9, 4]], [[-1, -2], [-1, -3]], [[NONE] * 2, [-1, -3]], [0, 1]),
        ([[1, 1]], [[7, 3]], [[-3, -4]], [[NONE, -4]], [0]),
        ([[0, 0]], [[8, 3]], [[-5, -6]], [[-5, -3.5]], [0]),
    ]
    records = BeamRecords.new(tf.constant(5), 2)
    for t, (numbers, tokens, log_probs, scores, batch_index) in enumerate(steps):
        parents = tf.stack([tf.zeros_like(numbers), tf.constant(numbers)], -1)
        extended = Extended(parents, tf.constant(tokens), tf.constant(log_probs, tf.float32))
        attention = tf.fill([len(batch_index), 2, 1], float(t + 1)) * tf.constant([[[1.0], [10.0]]])
        scores = tf.constant(scores, tf.float32)
        records = records.write(
            tf.constant(t), extended, scores, attention, tf.constant(batch_index), tf.constant(2)
        )
    found = trace(records, tf.constant(3), 2)
    assert found.tokens.numpy()[0].tolist() == [[6, 7], [6, 0]]
    assert found.tokens.numpy()[1].tolist() == [[9, 0], [4, 0]]
    assert found.scores.numpy().tolist() == [[-3.5, -4], [-1, -3]]
    assert found.log_probs.numpy().tolist() == [[-6, -4], [-1, -3]]
    assert found.finished.numpy().tolist() == [[True, True], [False, False]]
    assert found.attention.numpy()[0, :, :, 0].tolist() == [[10, 2], [10, 0]]
