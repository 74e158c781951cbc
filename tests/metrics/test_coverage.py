"""Coverage holes by hand."""

import numpy as np
import pytest

from pipeline.metrics.coverage import coverage_holes


def test_holes_by_hand():
    attention = [[0.9, 0.05, 0.05], [0.7, 0.25, 0.05]]
    assert coverage_holes(attention) == [2]
    assert coverage_holes(attention, 0.5) == [1, 2]
    assert coverage_holes(attention, 0.05) == []


def test_without_targets_no_source_token_is_covered():
    assert coverage_holes(np.zeros((0, 2))) == [0, 1]
    assert coverage_holes(np.zeros((2, 0))) == []


def test_a_wrong_shape_is_rejected():
    with pytest.raises(ValueError, match=r"received \(3,\)"):
        coverage_holes([0.1, 0.2, 0.3])
