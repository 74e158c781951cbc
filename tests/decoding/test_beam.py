"""Beam search against exhaustive search, and independence of the batch."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from pipeline.decoding import sources
from pipeline.decoding.search import search
from pipeline.decoding.settings import Search
from pipeline.decoding.step import END

FULL = 4**5  # more than the number of hypotheses
MAX_LENGTHS = [5, 4, 1, 3]
NONE = (-np.inf, -np.inf, [], False, np.zeros((0, 5)))


def run(toy, settings, max_length, rows=slice(None), min_length=None, growing=False, required=None):
    """Return the hypotheses of some rows of a toy."""
    return search(
        toy.step,
        toy.start(rows, growing),
        toy.fixed(rows),
        settings,
        np.array(max_length)[rows],
        None if min_length is None else np.array(min_length)[rows],
        toy.mask[rows],
        None if required is None else tf.constant(required, tf.int32)[rows],
    )


def full_beam(alpha, beta, ngram):
    return Search(
        beam_width=FULL,
        n_best=6,
        length_penalty=alpha,
        coverage_penalty=beta,
        no_repeat_ngram=ngram,
        forbidden=(0, 2),
    )


@pytest.mark.parametrize(
    ("alpha", "beta", "ngram", "least"),
    [*itertools.product([0.0, 0.8], [0.0, 0.6], [0, 1, 2], [None, [0, 2, 1, 3]])],
)
def test_a_full_beam_equals_exhaustive_search(toy, plain, same, alpha, beta, ngram, least):
    model = toy(vocabulary=6, batch=4, seed=3)
    settings = full_beam(alpha, beta, ngram)
    found = plain(run(model, settings, MAX_LENGTHS, min_length=least))
    for row, length in enumerate(MAX_LENGTHS):
        expected = model.enumerate(row, length, settings, least[row] if least else 0)[:6]
        same(found[row], expected + [NONE] * (6 - len(expected)))


@pytest.mark.parametrize("seed", range(3))
def test_a_full_beam_over_candidates_equals_exhaustive_search(toy, plain, same, seed):
    model = toy(vocabulary=9, batch=4, seed=seed)
    model.candidates = np.array(
        [[8, 3, -1, 5, 4], [3, 4, 5, -1, -1], [0, 1, 2, 3, 7], [6, -1, 4, 1, 3]], "int32"
    )
    settings = Search(beam_width=FULL, n_best=3, length_penalty=0.5, no_repeat_ngram=2)
    found = plain(run(model, settings, MAX_LENGTHS))
    for row, length in enumerate(MAX_LENGTHS):
        expected = model.enumerate(row, length, settings)[:3]
        same(found[row], expected + [NONE] * (3 - len(expected)))


REQUIRED = [[4, 0], [5, 4], [4, 0], [0, 0]]


@pytest.mark.parametrize(("alpha", "beta", "ngram"), [(0.0, 0.0, 0), (0.8, 0.6, 2)])
def test_a_full_beam_with_required_tokens_equals_exhaustive_search(
    toy, plain, same, alpha, beta, ngram
):
    model = toy(vocabulary=6, batch=4, seed=3)
    settings = full_beam(alpha, beta, ngram)
    found = plain(run(model, settings, MAX_LENGTHS, required=REQUIRED))
    for row, length in enumerate(MAX_LENGTHS):
        required = [token for token in REQUIRED[row] if token]
        expected = model.enumerate(row, length, settings, required=required)[:6]
        same(found[row], expected + [NONE] * (6 - len(expected)))
        for _, _, tokens, finished, _ in found[row]:
            assert all(tokens.count(token) == 1 for token in required if finished)


@pytest.mark.parametrize("width", [1, 3])
def test_required_tokens_occur_once_in_any_batch(toy, plain, same, width):
    lengths, required = [12, 9, 8, 12], [[4, 7, 6], [5, 0, 0], [0, 0, 0], [8, 5, 0]]
    model = toy(vocabulary=9, batch=4, source=4, seed=1)
    settings = Search(beam_width=width, n_best=width)
    together = plain(run(model, settings, lengths, required=required))
    for row, found in enumerate(together):
        alone = plain(run(model, settings, lengths, slice(row, row + 1), required=required))[0]
        same(found, alone, atol=1e-5)
        for _, _, tokens, finished, _ in found:
            assert all(tokens.count(token) == 1 for token in required[row] if token and finished)
            assert all(tokens.count(token) <= 1 for token in required[row] if token)


def simple_beam(toy, row, settings, max_length):
    """Beam search in plain Python, without early stopping."""
    live, ended = [(0.0, [], [])], []
    for length in range(1, max_length + 1):
        grown = []
        for log_prob, prefix, attention in live:
            log_probs, weights = toy.after(row, prefix)
            grown += [
                (log_prob + log_probs[token], [*prefix, token], [*attention, weights])
                for token in range(toy.vocabulary)
                if toy.allowed(prefix, token, settings, 0)
            ]
        grown.sort(key=lambda hypothesis: -hypothesis[0])
        live = []
        for log_prob, tokens, attention in grown[: settings.beam_width - len(ended)]:
            if tokens[-1] != END and length < max_length:
                live.append((log_prob, tokens, attention))
                continue
            score = toy.score_of(row, tokens, log_prob, attention, settings)
            finished = tokens[-1] == END
            ended.append((score, log_prob, tokens[: length - finished], finished, attention))
    return sorted(ended, key=lambda hypothesis: -hypothesis[0])[: settings.n_best]


@pytest.mark.parametrize("width", [2, 3, 7])
@pytest.mark.parametrize(("alpha", "beta", "ngram"), [(0, 0, 0), (1, 0, 2), (0.6, 0.4, 3)])
def test_a_narrow_beam_equals_the_reference_implementation(
    toy, plain, same, width, alpha, beta, ngram
):
    lengths = [9, 4, 7, 8, 6]
    model = toy(vocabulary=8, batch=5, source=5, seed=width)
    settings = Search(
        beam_width=width,
        n_best=2,
        length_penalty=alpha,
        coverage_penalty=beta,
        no_repeat_ngram=ngram,
    )
    found = plain(run(model, settings, lengths))
    for row, length in enumerate(lengths):
        expected = simple_beam(model, row, settings, length)
        same(found[row], expected + [NONE] * (2 - len(expected)))


@pytest.fixture(scope="module")
def lengths():
    return [12, 3, 8, 1, 5, 9, 2, 7, 11]


@pytest.mark.parametrize(("share", "growing"), [(0, False), (8, True), (1000, False)])
def test_rows_do_not_depend_on_the_batch(toy, plain, same, monkeypatch, lengths, share, growing):
    model = toy(vocabulary=9, batch=len(lengths), source=4, seed=1)
    settings = Search(
        beam_width=4, n_best=4, length_penalty=0.6, coverage_penalty=0.2, no_repeat_ngram=3
    )
    alone = [
        plain(run(model, settings, lengths, slice(row, row + 1)))[0] for row in range(len(lengths))
    ]
    monkeypatch.setattr(sources, "SHARE", share)
    together = plain(run(model, settings, lengths, growing=growing))
    for one, other in zip(together, alone, strict=True):
        same(one, other, atol=1e-5)


def test_hypotheses_are_sorted_and_unique(toy, plain, lengths):
    model = toy(vocabulary=9, batch=len(lengths), seed=2)
    for found in plain(run(model, Search(beam_width=6, n_best=6, length_penalty=0.7), lengths)):
        scores = [score for score, *_ in found]
        assert scores == sorted(scores, reverse=True)
        real = [(*tokens, finished) for score, _, tokens, finished, _ in found if score > -np.inf]
        assert len(set(real)) == len(real)


def test_ngrams_are_not_repeated_and_lengths_are_in_range(toy, plain):
    model = toy(vocabulary=6, batch=6, seed=4, sharp=0.5)
    least, most = [0, 3, 8, 2, 12, 5], [12, 12, 12, 3, 14, 6]
    settings = Search(beam_width=3, n_best=3, no_repeat_ngram=3, forbidden=(0, 2))
    for row, found in enumerate(plain(run(model, settings, most, min_length=least))):
        for _, _, tokens, finished, _ in found:
            assert least[row] <= len(tokens) <= most[row] - finished
            grams = list(zip(tokens, tokens[1:], tokens[2:], strict=False))
            assert len(set(grams)) == len(grams)
            assert not {0, 2, 3}.intersection(tokens)


class Scripted:
    """A step function that is certain to end each source after its given length."""

    def __init__(self):
        self.rows = []

    def __call__(self, tokens, state, fixed):
        self.rows.append(len(tokens))
        ends = state["t"] >= fixed["length"][:, None]
        sure = tf.where(ends[..., None], tf.one_hot(END, 6), tf.one_hot(4, 6)) * 50
        return sure, {"t": state["t"] + 1}, tf.zeros([*tokens.shape, 1])


def test_finished_sources_are_removed(monkeypatch):
    monkeypatch.setattr(sources, "SHARE", 1000)
    step, length = Scripted(), tf.constant([2, 0, 5, 2])
    start, fixed = {"t": tf.zeros([4, 1], tf.int32)}, {"length": length}
    found = search(step, start, fixed, Search(beam_width=2), [50] * 4)
    assert step.rows == [4, 3, 3, 1, 1, 1]
    assert found.lengths.numpy().tolist() == [[2], [0], [5], [2]]
    assert found.tokens.numpy()[:, 0].tolist() == [
        [4, 4, 0, 0, 0],
        [0] * 5,
        [4] * 5,
        [4, 4, 0, 0, 0],
    ]
    assert found.finished.numpy().all()


def test_a_truncated_hypothesis_is_not_finished():
    start, fixed = {"t": tf.zeros([2, 1], tf.int32)}, {"length": tf.constant([1, 9])}
    found = search(Scripted(), start, fixed, Search(beam_width=2), [4, 4])
    assert found.finished.numpy().tolist() == [[True], [False]]
    assert found.lengths.numpy().tolist() == [[1], [4]]


@pytest.mark.parametrize("width", [1, 3])
def test_no_sources_give_no_hypotheses(toy, width):
    found = run(toy(6, batch=2), Search(beam_width=width), [4, 4], slice(0, 0))
    assert found.tokens.shape == (0, 1, 0)
    assert found.attention.shape == (0, 1, 0, 3)
