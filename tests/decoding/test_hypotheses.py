"""Results are trimmed after the end."""

import numpy as np
import tensorflow as tf

from pipeline.decoding.hypotheses import make_hypotheses

TOKENS = tf.constant([[[5, 6, 3, 0], [5, 3, 0, 0]], [[3, 0, 0, 0], [7, 7, 0, 0]]])


def test_tokens_attention_and_lengths_exclude_the_end():
    scores = tf.constant([[-1.0, -2.0], [-3.0, -np.inf]])
    found = make_hypotheses(TOKENS, scores, scores * 2, tf.ones([2, 2, 4, 3]))
    assert found.tokens.numpy().tolist() == [[[5, 6], [5, 0]], [[0, 0], [0, 0]]]
    assert found.lengths.numpy().tolist() == [[2, 1], [0, 0]]
    assert found.finished.numpy().tolist() == [[True, True], [True, False]]
    assert found.attention.numpy().sum(-1).tolist() == [[[3, 3], [3, 0]], [[0, 0], [0, 0]]]
    assert found.log_probs.numpy()[1, 1] == -np.inf


def test_a_hypothesis_without_an_end_token_is_not_finished():
    found = make_hypotheses(
        tf.constant([[[5, 6]]]), tf.zeros([1, 1]), tf.zeros([1, 1]), tf.ones([1, 1, 2, 0])
    )
    assert not found.finished.numpy().any()
    assert found.tokens.numpy().tolist() == [[[5, 6]]]
