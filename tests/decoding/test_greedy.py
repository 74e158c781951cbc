"""Greedy decoding equals beam search with width 1."""

import numpy as np
import pytest
import tensorflow as tf

from pipeline.decoding import sources
from pipeline.decoding.beam import beam_search
from pipeline.decoding.search import search
from pipeline.decoding.settings import Search
from pipeline.decoding.sources import make_sources

LENGTHS = [12, 3, 8, 1, 5, 9]
NOTHING = tf.zeros([6, 0], tf.int32)  # no required tokens


@pytest.fixture(params=[(0.0, 0.0, 0), (1.0, 0.5, 2), (0.3, 0.0, 1)])
def settings(request):
    alpha, beta, ngram = request.param
    return Search(beam_width=1, length_penalty=alpha, coverage_penalty=beta, no_repeat_ngram=ngram)


def greedy(model, settings, rows=slice(None), growing=False):
    start, fixed = model.start(rows, growing), model.fixed(rows)
    least, most = np.array([2, 3, 0, 0, 1, 0]), np.array(LENGTHS)
    mask = model.mask[rows]
    return search(model.step, start, fixed, settings, most[rows], least[rows], mask)


@pytest.mark.parametrize("shortlist", [False, True])
def test_greedy_decoding_equals_a_beam_of_width_1(toy, plain, same, settings, shortlist):
    model = toy(vocabulary=9, batch=6, source=4, seed=5)
    if shortlist:
        columns = np.array([8, 3, -1, 5, 4, 6, 7], "int32")
        model.candidates = np.stack([np.roll(columns, row) for row in range(6)])
    limits = ([2, 3, 0, 0, 1, 0], model.mask)
    everything = make_sources(model.fixed(), settings, LENGTHS, *limits)
    expected = plain(beam_search(model.step, model.start(), everything, NOTHING, settings))
    for found, other in zip(plain(greedy(model, settings)), expected, strict=True):
        same(found, other)


def test_greedy_decoding_chooses_the_most_probable_token(toy, plain):
    model = toy(vocabulary=9, batch=6, source=4, seed=6)
    for row, ((_, log_prob, tokens, finished, _),) in enumerate(
        plain(greedy(model, Search(beam_width=1)))
    ):
        total, whole = 0.0, [*tokens, 3] if finished else tokens
        for at, token in enumerate(whole):
            log_probs, _ = model.after(row, whole[:at])
            log_probs[[0, 1, 2]] = -np.inf
            if at < [2, 3, 0, 0, 1, 0][row]:
                log_probs[3] = -np.inf
            assert token == log_probs.argmax()
            total += log_probs[token]
        assert log_prob == pytest.approx(total, abs=1e-4)


@pytest.mark.parametrize(("share", "growing"), [(0, False), (1000, True)])
def test_rows_do_not_depend_on_the_batch(toy, plain, same, monkeypatch, settings, share, growing):
    model = toy(vocabulary=9, batch=6, source=4, seed=7)
    alone = [plain(greedy(model, settings, slice(row, row + 1)))[0] for row in range(6)]
    monkeypatch.setattr(sources, "SHARE", share)
    for one, other in zip(plain(greedy(model, settings, growing=growing)), alone, strict=True):
        same(one, other, atol=1e-5)


def test_a_hypothesis_without_allowed_tokens_is_dropped(toy, plain):
    model = toy(vocabulary=5, batch=1)  # 4 is the only token, and must not repeat
    for width in (1, 2):
        settings = Search(beam_width=width, no_repeat_ngram=1)
        found = search(model.step, model.start(), model.fixed(), settings, [5], [3])
        ((score, log_prob, tokens, finished, _),) = plain(found)[0]
        assert (score, log_prob, tokens, finished) == (-np.inf, -np.inf, [], False)


@pytest.mark.parametrize("width", [1, 2])
def test_without_required_tokens_the_rule_changes_nothing(toy, plain, same, width):
    model = toy(vocabulary=7, batch=3, seed=2)
    settings = Search(beam_width=width)

    @tf.function(input_signature=[tf.TensorSpec([None, None], tf.int32)])
    def with_rule(required):
        return search(
            model.step, model.start(), model.fixed(), settings, [5, 4, 6], required=required
        )

    expected = plain(search(model.step, model.start(), model.fixed(), settings, [5, 4, 6]))
    for found, other in zip(plain(with_rule(tf.zeros([3, 0], tf.int32))), expected, strict=True):
        same(found, other)
