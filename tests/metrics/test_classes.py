"""Exact and any-of agreement of intents."""

import numpy as np
import pytest

from pipeline.metrics.classes import any_of, exact

GOLD = ["flight", "flight#airfare", "flight#airfare", "airfare", "air", "a#b"]
PREDICTED = ["flight", "flight", "airfare#flight", "flight", "airfare", "a#b"]


def test_exact_compares_whole_labels():
    np.testing.assert_array_equal(exact(GOLD, PREDICTED), [1, 0, 0, 0, 0, 1])


def test_any_of_needs_a_shared_intent_not_a_shared_prefix():
    np.testing.assert_array_equal(any_of(GOLD, PREDICTED), [1, 1, 1, 0, 0, 1])


@pytest.mark.parametrize("agreement", [exact, any_of])
def test_no_examples_give_an_empty_integer_array(agreement):
    hits = agreement([], [])
    assert hits.shape == (0,)
    assert hits.dtype == np.int64


@pytest.mark.parametrize("agreement", [exact, any_of])
def test_different_numbers_of_labels_are_rejected(agreement):
    with pytest.raises(ValueError, match="longer"):
        agreement(["a"], ["a", "b"])
