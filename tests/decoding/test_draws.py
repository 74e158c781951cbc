"""Sampling: weights by hand, frequencies by counting, independence of the batch."""

import collections

import numpy as np
import pytest
import tensorflow as tf

from pipeline.decoding import sources
from pipeline.decoding.draws import sample_index, sampling_weights
from pipeline.decoding.search import sample
from pipeline.decoding.settings import Sampling

SHARES = np.array([0.4, 0.3, 0.2, 0.1])
LOGS = tf.constant(np.log(np.insert(SHARES, 1, 1))[None], tf.float32) + tf.constant(
    [[0.0, -np.inf, 0.0, 0.0, 0.0]]
)  # the second token is forbidden


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, [0.4, 0, 0.3, 0.2, 0.1]),
        ({"temperature": 0.5}, [16 / 30, 0, 9 / 30, 4 / 30, 1 / 30]),
        ({"top_k": 2}, [4 / 7, 0, 3 / 7, 0, 0]),
        ({"top_p": 0.69}, [4 / 7, 0, 3 / 7, 0, 0]),
        ({"top_p": 0.71}, [4 / 9, 0, 3 / 9, 2 / 9, 0]),
        ({"top_p": 0.01}, [1, 0, 0, 0, 0]),
        ({"top_k": 3, "top_p": 0.5}, [4 / 7, 0, 3 / 7, 0, 0]),  # 4/9 alone is less than half
        ({"temperature": 1e-3}, [1, 0, 0, 0, 0]),
    ],
)
def test_sampling_weights_by_hand(values, expected):
    found = sampling_weights(LOGS, Sampling(**values)).numpy()
    np.testing.assert_allclose(found[0] / found.sum(), expected, rtol=1e-5, atol=1e-6)


def test_sample_index_by_hand():
    shares = tf.constant([[0.0, 2.0, 0.0, 1.0, 1.0, 0.0]] * 6)
    draws = tf.constant([0.0, 0.49, 0.51, 0.74, 0.76, 1 - 2**-24])
    assert sample_index(shares, draws).numpy().tolist() == [1, 1, 3, 3, 4, 4]


def draw(model, settings, seed, rows=slice(None), most=(6, 3, 5, 1), growing=False):
    start, fixed = model.start(rows, growing), model.fixed(rows)
    mask, most = model.mask[rows], np.array(most)[rows]
    return sample(model.step, start, fixed, settings, seed, most, None, mask)


@pytest.mark.parametrize("values", [{}, {"temperature": 0.6}, {"top_k": 2}, {"top_p": 0.8}])
def test_hypotheses_are_drawn_with_their_probability(toy, plain, values):
    model, count = toy(vocabulary=6, batch=1, seed=8, sharp=0.7), 4000
    settings = Sampling(samples=count, forbidden=(0, 1, 2), **values)
    drawn = collections.Counter(
        (*tokens, finished)
        for _, _, tokens, finished, _ in plain(draw(model, settings, [1, 2], most=[2]))[0]
    )
    likely = {}

    def shares(prefix):
        log_probs, _ = model.after(0, prefix)
        log_probs[[0, 1, 2]] = -np.inf
        order = np.argsort(-log_probs)
        found = sampling_weights(tf.constant(log_probs[order][None], tf.float32), settings).numpy()[
            0
        ]
        return dict(zip(order.tolist(), (found / found.sum()).tolist(), strict=True))

    for first, share in shares([]).items():
        if first == 3:
            likely[(True,)] = share
            continue
        for second, other in shares([first]).items():
            likely[(first, True) if second == 3 else (first, second, False)] = share * other
    assert set(drawn) <= {key for key, share in likely.items() if share}
    kinds = [key for key, share in likely.items() if share * count > 5]
    chi_square = sum((drawn[k] - count * likely[k]) ** 2 / (count * likely[k]) for k in kinds)
    freedom = len(kinds) - 1
    assert chi_square < freedom + 4 * (2 * freedom + 1) ** 0.5


@pytest.mark.parametrize("values", [{}, {"top_k": 3}, {"top_p": 0.9, "no_repeat_ngram": 2}])
@pytest.mark.parametrize("share", [0, 1000], ids=["never", "at once"])
def test_rows_do_not_depend_on_the_batch(toy, plain, same, monkeypatch, values, share):
    model = toy(vocabulary=9, batch=4, seed=9)
    settings = Sampling(samples=5, length_penalty=0.6, coverage_penalty=0.1, **values)
    seeds = np.array([[1, 2], [3, 4], [1, 2], [9, 9]])
    alone = [
        plain(draw(model, settings, seeds[row : row + 1], slice(row, row + 1)))[0]
        for row in range(4)
    ]
    monkeypatch.setattr(sources, "SHARE", share)
    for one, other in zip(plain(draw(model, settings, seeds, growing=True)), alone, strict=True):
        same(one, other, atol=1e-5)


def test_the_seed_determines_the_hypotheses(toy):
    model, settings = toy(vocabulary=9, batch=4, seed=10), Sampling(samples=8)
    first, again, other = (draw(model, settings, [7, seed]).tokens for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert first.shape != other.shape or np.any(first != other)


def test_log_probs_are_those_of_the_model(toy, plain):
    model = toy(vocabulary=9, batch=4, seed=11)
    settings = Sampling(samples=3, temperature=0.5, top_k=4)
    for row, found in enumerate(plain(draw(model, settings, [5, 5]))):
        for score, log_prob, tokens, finished, _ in found:
            whole = [*tokens, 3] if finished else tokens
            expected = sum(model.after(row, whole[:at])[0][t] for at, t in enumerate(whole))
            assert log_prob == pytest.approx(expected, abs=1e-4)
            assert score == pytest.approx(expected, abs=1e-4)
