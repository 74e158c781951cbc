"""Tokens that would repeat an n-gram, by hand."""

import numpy as np
import pytest

from pipeline.decoding.repeats import max_repeats, repeating_tokens

HISTORY = np.array(
    [[[5, 6, 5, 7, 5], [5, 5, 5, 5, 5]], [[4, 5, 6, 4, 5], [9, 8, 7, 6, 5]]], "int32"
)


@pytest.mark.parametrize(
    ("n", "expected"),
    [
        (1, [[{5, 6, 7}, {5}], [{4, 5, 6}, {5, 6, 7, 8, 9}]]),
        (2, [[{6, 7}, {5}], [{6}, set()]]),
        (3, [[set(), {5}], [{6}, set()]]),
        (4, [[set(), {5}], [set(), set()]]),
        (5, [[set(), {5}], [set(), set()]]),
        (6, [[set(), set()], [set(), set()]]),
        (9, [[set(), set()], [set(), set()]]),
    ],
)
def test_followers_of_the_last_tokens(n, expected):
    found = repeating_tokens(HISTORY, n).numpy()
    assert [[set(cell[cell >= 0].tolist()) for cell in row] for row in found] == expected


@pytest.mark.parametrize("n", [1, 2, 3, 4])
@pytest.mark.parametrize("length", [0, 1, 2, 3])
def test_short_histories(n, length):
    found = repeating_tokens(np.full((2, 3, length), 7, "int32"), n).numpy()
    assert found.shape == (2, 3, max(length - n + 1, 0))
    assert (found == 7).all()


def test_max_repeats():
    assert int(max_repeats(repeating_tokens(HISTORY, 2))) == 4  # 5 after each of four 5s
    assert int(max_repeats(repeating_tokens(HISTORY, 6))) == 0
    assert int(max_repeats(repeating_tokens(HISTORY[:0], 2))) == 0
