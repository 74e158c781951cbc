"""Allowed next tokens by hand, with log-probabilities of the whole softmax."""

import numpy as np
import pytest
import tensorflow as tf

from pipeline.decoding.constraints import ConstraintState
from pipeline.decoding.continuations import all_tokens, top_tokens
from pipeline.decoding.settings import Rules
from pipeline.decoding.sources import make_sources

# Of the first source 6 is most probable, then 3, 0, 5, 4, 2, 1; of the second 1, 2, 4, 5, 0, 3, 6.
SHARES = np.array([[[3, 1, 2, 6, 4, 5, 7]], [[3, 7, 6, 2, 5, 4, 1]]], "float32") / 28
LOGITS = tf.math.log(SHARES) + 1.5
NOTHING = tf.zeros([2, 1, 0], tf.int32)
PAST = ConstraintState(tf.constant([[[2, 4, 5, 4]], [[2, 5, 4, 6]]]), NOTHING)


def pairs(found):
    """Return token to probability of the allowed tokens of each source, in order."""
    tokens, log_probs = np.array(found.tokens)[:, 0], np.array(found.log_probs)[:, 0]
    return [
        {int(token): float(np.exp(p)) for token, p in zip(*row, strict=True) if p > -np.inf}
        for row in zip(tokens, log_probs, strict=True)
    ]


def shares(row, *tokens):
    return {token: pytest.approx(float(SHARES[row, 0, token]), rel=1e-5) for token in tokens}


@pytest.mark.parametrize("function", ["top_tokens", "all_tokens"])
def test_forbidden_tokens_stay_in_the_denominator(function):
    sources = make_sources({}, Rules(), [9, 9], [0, 4], None)
    rules = Rules(no_repeat_ngram=2)
    if function == "all_tokens":
        found = pairs(all_tokens(LOGITS, tf.constant(3), sources, PAST, rules))
        assert list(found[0]) == [3, 4, 6]  # 5 has followed 4
    else:
        found = pairs(top_tokens(LOGITS, 3, tf.constant(3), sources, PAST, rules))
        assert list(found[0]) == [6, 3, 4]
    assert found == [shares(0, 3, 4, 6), shares(1, 4, 5, 6)]  # </s> of the second is too early


def test_the_requested_number_is_returned_despite_forbidden_tokens():
    logits = np.random.normal(size=(2, 1, 600)).astype("float32")
    history = np.argsort(-logits, -1)[..., :20]
    sources = make_sources({}, Rules(), [99, 99], None, None)
    start = np.full((2, 1, 1), 2)
    constraints = ConstraintState(
        tf.constant(np.concatenate([start, history], -1), tf.int32), NOTHING
    )
    found = pairs(
        top_tokens(logits, 3, tf.constant(20), sources, constraints, Rules(no_repeat_ngram=1))
    )
    for row in range(2):
        banned = {0, 1, 2, *history[row, 0]}
        expected = [token for token in np.argsort(-logits[row, 0]) if token not in banned]
        assert list(found[row])[:3] == expected[:3]


@pytest.mark.parametrize("function", ["top_tokens", "all_tokens"])
def test_rows_without_a_token_are_forbidden_and_count_in_the_denominator(function):
    sources = make_sources({}, Rules(), [9, 9], None, None)
    functioned = (all_tokens, []) if function == "all_tokens" else (top_tokens, [3])
    found = pairs(
        functioned[0](LOGITS, *functioned[1], tf.constant(3), sources, PAST, Rules(below=5))
    )
    assert found == [shares(0, 3, 4), shares(1, 3, 4)]  # 6 is the most probable of the first


def test_few_columns_are_sorted_if_most_rows_have_no_token():
    """With a few hundred pieces in a table of 8,000 rows, sorting all rows took 0.1 s a step."""
    logits = tf.random.normal([2, 1, 8000])
    sources = make_sources({}, Rules(), [9, 9], None, None)
    found = top_tokens(logits, 5, tf.constant(0), sources, PAST, Rules(below=300))
    assert found.tokens.shape[-1] < 16
    best = np.argsort(-np.array(logits)[:, 0, 3:300])[:, :5] + 3
    assert [list(row)[:5] for row in pairs(found)] == best.tolist()


@pytest.mark.parametrize("function", ["top_tokens", "all_tokens"])
def test_required_tokens_occur_once_and_before_the_end(function):
    sources = make_sources({}, Rules(), [9, 9], None, None)
    required = tf.constant([[[6, -4, 0]], [[-4, -6, 0]]])  # 6 has not occurred in the first
    constraints = ConstraintState(PAST.history, required)
    functioned = (all_tokens, []) if function == "all_tokens" else (top_tokens, [3])
    found = pairs(
        functioned[0](LOGITS, *functioned[1], tf.constant(3), sources, constraints, Rules())
    )
    assert {3, 4} & set(found[0]) == set()
    assert {4, 6} & set(found[1]) == set()
    assert found[0][6] == shares(0, 6)[6]
    assert found[1][3] == shares(1, 3)[3]
    assert len(found[0]) == len(found[1]) == 2  # 5 is not restricted


@pytest.mark.parametrize("function", [top_tokens, all_tokens])
def test_columns_are_candidates(function):
    candidates = tf.constant([[9, 2, -1, 3, 70, 60, 50], [3, 40, -1, -1, 0, 80, 7]])
    sources = make_sources({"candidates": candidates}, Rules(), [9, 9], None, None)
    number = [3] if function is top_tokens else []
    found = pairs(function(LOGITS, *number, tf.constant(0), sources, PAST, Rules()))
    first, second = np.array([3, 6, 4, 5, 7]) / 26, np.array([3, 7, 4, 1]) / 20
    expected = [dict(zip([9, 3, 70, 60, 50], first, strict=True))]
    expected += [dict(zip([3, 40, 80, 7], second, strict=True))]
    assert found == [{t: pytest.approx(p, rel=1e-5) for t, p in row.items()} for row in expected]


def test_half_precision_is_summed_in_float32():
    logits = tf.cast(tf.random.normal([1, 1, 5000]), tf.float16)
    sources = make_sources({}, Rules(), [9], None, None)
    constraints = ConstraintState(tf.fill([1, 1, 1], 2), NOTHING[:1])
    found = top_tokens(logits, 4, tf.constant(0), sources, constraints, Rules())
    assert found.log_probs.dtype == tf.float32
    expected = tf.nn.log_softmax(tf.cast(logits, tf.float32))
    picked = tf.gather(expected, found.tokens, batch_dims=2)
    real = found.log_probs > -np.inf
    np.testing.assert_allclose(found.log_probs[real], picked[real], rtol=1e-5)
