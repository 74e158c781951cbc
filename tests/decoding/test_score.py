"""Scoring a target gives the log-probability that the search returned."""

import numpy as np
import pytest
import tensorflow as tf

from pipeline.decoding.score import score_targets
from pipeline.decoding.search import search
from pipeline.decoding.settings import Search


@pytest.mark.parametrize("growing", [False, True])
@pytest.mark.parametrize("shortlist", [False, True])
def test_scoring_gives_the_log_probability_of_the_search(toy, growing, shortlist):
    model, most = toy(vocabulary=9, batch=5, seed=12), 6
    if shortlist:
        model.candidates = np.tile(np.array([5, 3, -1, 8, 4], "int32"), (5, 1))
    start, fixed = model.start(growing=growing), model.fixed()
    found = search(model.step, start, fixed, Search(beam_width=3, n_best=3), [most] * 5)
    for n in range(3):
        whole = np.zeros((5, most), "int32")
        for row, length in enumerate(found.lengths[:, n]):
            whole[row, :length] = found.tokens[row, n, :length]
            if found.finished[row, n]:
                whole[row, length] = 3
        scored = score_targets(model.step, start, fixed, whole)
        real = found.scores[:, n] > -np.inf
        np.testing.assert_allclose(scored.total[real], found.log_probs[:, n][real], atol=1e-4)
        np.testing.assert_allclose(tf.reduce_sum(scored.tokens, 1), scored.total, atol=1e-5)
        assert not scored.tokens.numpy()[whole == 0].any()


def test_log_probabilities_of_tokens_by_hand(toy):
    model = toy(vocabulary=6, batch=2, seed=13)
    targets = np.array([[4, 1, 3], [5, 3, 0]])
    scored = score_targets(model.step, model.start(), model.fixed(), targets)
    for row, at in ((0, 0), (0, 1), (0, 2), (1, 0), (1, 1)):
        expected = model.after(row, targets[row, :at].tolist())[0][targets[row, at]]
        assert float(scored.tokens[row, at]) == pytest.approx(expected, abs=1e-5)


def test_a_token_that_is_not_a_candidate_has_probability_0(toy):
    model = toy(vocabulary=9, batch=1)
    model.candidates = np.array([[3, 4, -1]], "int32")
    scored = score_targets(model.step, model.start(), model.fixed(), [[4, 5, 3]])
    assert np.isfinite(scored.tokens.numpy()).tolist() == [[True, False, True]]
    assert scored.total.numpy().tolist() == [-np.inf]


@pytest.mark.parametrize("shape", [(0, 3), (2, 0)])
def test_empty_batches_and_targets(toy, shape):
    model = toy(vocabulary=6, batch=2)
    rows = slice(0, shape[0])
    scored = score_targets(
        model.step, model.start(rows), model.fixed(rows), np.zeros(shape, "int32")
    )
    assert scored.tokens.shape == shape
    assert scored.total.numpy().tolist() == [0.0] * shape[0]
