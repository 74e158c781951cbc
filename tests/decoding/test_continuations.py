"""What may come next: rules by hand, log-probabilities of the whole softmax."""

import numpy as np
import pytest
import tensorflow as tf

from pipeline.decoding.constraints import Past
from pipeline.decoding.continuations import every, likeliest
from pipeline.decoding.settings import Rules
from pipeline.decoding.sources import all_sources

# Of the first source 6 is likeliest, then 3, 0, 5, 4, 2, 1; of the second 1, 2, 4, 5, 0, 3, 6.
SHARES = np.array([[[3, 1, 2, 6, 4, 5, 7]], [[3, 7, 6, 2, 5, 4, 1]]], "float32") / 28
LOGITS = tf.math.log(SHARES) + 1.5
NOTHING = tf.zeros([2, 1, 0], tf.int32)
PAST = Past(tf.constant([[[2, 4, 5, 4]], [[2, 5, 4, 6]]]), NOTHING)


def pairs(found):
    """For each source, token to probability of what is allowed, in order."""
    tokens, log_probs = np.array(found.tokens)[:, 0], np.array(found.log_probs)[:, 0]
    return [
        {int(token): float(np.exp(p)) for token, p in zip(*row, strict=True) if p > -np.inf}
        for row in zip(tokens, log_probs, strict=True)
    ]


def shares(row, *tokens):
    return {token: pytest.approx(float(SHARES[row, 0, token]), rel=1e-5) for token in tokens}


@pytest.mark.parametrize("look", ["likeliest", "every"])
def test_rules_take_tokens_but_nothing_from_the_sum(look):
    sources = all_sources({}, Rules(), [9, 9], [0, 4], None)
    rules = Rules(no_repeat_ngram=2)
    if look == "every":
        found = pairs(every(LOGITS, tf.constant(3), sources, PAST, rules))
        assert list(found[0]) == [3, 4, 6]  # 5 has stood after 4
    else:
        found = pairs(likeliest(LOGITS, 3, tf.constant(3), sources, PAST, rules))
        assert list(found[0]) == [6, 3, 4]
    assert found == [shares(0, 3, 4, 6), shares(1, 4, 5, 6)]  # </s> of the second is too early


def test_so_many_as_wanted_are_found_whatever_is_forbidden():
    logits = np.random.normal(size=(2, 1, 600)).astype("float32")
    history = np.argsort(-logits, -1)[..., :20]
    sources = all_sources({}, Rules(), [99, 99], None, None)
    start = np.full((2, 1, 1), 2)
    past = Past(tf.constant(np.concatenate([start, history], -1), tf.int32), NOTHING)
    found = pairs(likeliest(logits, 3, tf.constant(20), sources, past, Rules(no_repeat_ngram=1)))
    for row in range(2):
        banned = {0, 1, 2, *history[row, 0]}
        expected = [token for token in np.argsort(-logits[row, 0]) if token not in banned]
        assert list(found[row])[:3] == expected[:3]


@pytest.mark.parametrize("look", ["likeliest", "every"])
def test_rows_without_a_token_never_come_and_count_in_the_sum(look):
    sources = all_sources({}, Rules(), [9, 9], None, None)
    looked = (every, []) if look == "every" else (likeliest, [3])
    found = pairs(looked[0](LOGITS, *looked[1], tf.constant(3), sources, PAST, Rules(below=5)))
    assert found == [shares(0, 3, 4), shares(1, 3, 4)]  # 6 is the likeliest of the first


def test_no_more_columns_are_sorted_where_a_table_is_mostly_empty():
    """A few hundred pieces in a table of 8,000 rows: all rows sorted made a step take 0.1 s."""
    logits = tf.random.normal([2, 1, 8000])
    sources = all_sources({}, Rules(), [9, 9], None, None)
    found = likeliest(logits, 5, tf.constant(0), sources, PAST, Rules(below=300))
    assert found.tokens.shape[-1] < 16
    best = np.argsort(-np.array(logits)[:, 0, 3:300])[:, :5] + 3
    assert [list(row)[:5] for row in pairs(found)] == best.tolist()


@pytest.mark.parametrize("look", ["likeliest", "every"])
def test_what_is_owed_comes_once_and_before_the_end(look):
    sources = all_sources({}, Rules(), [9, 9], None, None)
    owed = tf.constant([[[6, -4, 0]], [[-4, -6, 0]]])  # 6 of the first is still to come
    past = Past(PAST.history, owed)
    looked = (every, []) if look == "every" else (likeliest, [3])
    found = pairs(looked[0](LOGITS, *looked[1], tf.constant(3), sources, past, Rules()))
    assert {3, 4} & set(found[0]) == set()
    assert {4, 6} & set(found[1]) == set()
    assert found[0][6] == shares(0, 6)[6]
    assert found[1][3] == shares(1, 3)[3]
    assert len(found[0]) == len(found[1]) == 2  # 5 of either is free


@pytest.mark.parametrize("look", [likeliest, every])
def test_columns_stand_for_candidates(look):
    candidates = tf.constant([[9, 2, -1, 3, 70, 60, 50], [3, 40, -1, -1, 0, 80, 7]])
    sources = all_sources({"candidates": candidates}, Rules(), [9, 9], None, None)
    number = [3] if look is likeliest else []
    found = pairs(look(LOGITS, *number, tf.constant(0), sources, PAST, Rules()))
    first, second = np.array([3, 6, 4, 5, 7]) / 26, np.array([3, 7, 4, 1]) / 20
    expected = [dict(zip([9, 3, 70, 60, 50], first, strict=True))]
    expected += [dict(zip([3, 40, 80, 7], second, strict=True))]
    assert found == [{t: pytest.approx(p, rel=1e-5) for t, p in row.items()} for row in expected]


def test_half_precision_is_summed_in_single():
    logits = tf.cast(tf.random.normal([1, 1, 5000]), tf.float16)
    sources = all_sources({}, Rules(), [9], None, None)
    past = Past(tf.fill([1, 1, 1], 2), NOTHING[:1])
    found = likeliest(logits, 4, tf.constant(0), sources, past, Rules())
    assert found.log_probs.dtype == tf.float32
    expected = tf.nn.log_softmax(tf.cast(logits, tf.float32))
    picked = tf.gather(expected, found.tokens, batch_dims=2)
    real = found.log_probs > -np.inf
    np.testing.assert_allclose(found.log_probs[real], picked[real], rtol=1e-5)
