"""IBM Model 1 by hand, and the shortlists made of it."""

import numpy as np

from pipeline.tasks.translation.lexicon import _expected, _links, commonest, shortlists

HOUSE, BOOK, THE, DAS, HAUS, BUCH = 4, 5, 6, 7, 8, 9
PAIRS = [
    (np.array([DAS, HAUS]), np.array([THE, HOUSE])),
    (np.array([DAS, BUCH]), np.array([THE, BOOK])),
    (np.array([BUCH]), np.array([BOOK])),
]


def test_one_round_by_hand(monkeypatch):
    """Uniform chances: each target piece gives 1/3 to its three sources, 1/2 in the short pair."""
    monkeypatch.setattr("pipeline.tasks.translation.lexicon.ROUNDS", 1)
    source, target, place = _links(PAIRS)
    keys, link = np.unique(source * 10 + target, return_inverse=True)
    chances = dict(zip(keys.tolist(), _expected(link, place, keys // 10), strict=True))
    assert np.isclose(chances[DAS * 10 + THE], (2 / 3) / (4 / 3))
    assert np.isclose(chances[DAS * 10 + HOUSE], (1 / 3) / (4 / 3))
    assert np.isclose(chances[BUCH * 10 + BOOK], (1 / 3 + 1 / 2) / (2 / 3 + 1 / 2))


def test_each_piece_finds_its_own():
    found = shortlists(PAIRS, 10, 10, 2)
    assert found.shape == (10, 2)
    assert found[[DAS, HAUS, BUCH], 0].tolist() == [THE, HOUSE, BOOK]
    assert found[1].tolist() == [-1, -1]
    assert set(found[BUCH].tolist()) == {BOOK, THE}


def test_no_pair_no_list():
    assert shortlists([], 3, 3, 2).tolist() == [[-1, -1]] * 3


def test_the_commonest():
    assert commonest(PAIRS, 10, 3).tolist() == [BOOK, THE, HOUSE]
    assert commonest(PAIRS, 10, 9).tolist() == [BOOK, THE, HOUSE]
