"""Finished sources are removed, and results are scattered to their rows."""

import numpy as np
import pytest
import tensorflow as tf

from pipeline.decoding.settings import Rules
from pipeline.decoding.sources import (
    keep_rows,
    make_sources,
    max_steps,
    row_shapes,
    rows_to_keep,
    scatter_to_batch,
)
from pipeline.errors import InputError


@pytest.mark.parametrize(
    ("done", "kept"),
    [
        ([False, True, False, True], [0, 2]),
        ([False] * 3, [0, 1, 2]),
        ([True] + [False] * 7, [1, 2, 3, 4, 5, 6, 7]),
        ([True] + [False] * 8, [0, 1, 2, 3, 4, 5, 6, 7, 8]),  # fewer than one in eight
        ([True, True], []),
        ([], []),
    ],
)
def test_rows_are_removed_when_one_in_eight_is_done(done, kept):
    assert rows_to_keep(tf.constant(done, tf.bool)).numpy().tolist() == kept


@pytest.mark.parametrize("kept", [[0, 2], [0, 1, 2], []])
def test_all_tensors_keep_the_same_rows(kept):
    tree = {"a": tf.constant([1, 2, 3]), "b": (tf.constant([[1.0], [2.0], [3.0]]),)}
    found = tf.function(keep_rows)(tree, tf.constant(kept, tf.int32), tf.constant(3))
    assert found["a"].numpy().tolist() == [row + 1 for row in kept]
    assert found["b"][0].shape == (len(kept), 1)


def test_values_are_scattered_to_their_rows():
    found = scatter_to_batch(
        tf.constant([[1.5, 2], [3, 4]]), tf.constant([3, 1]), tf.constant(4), -1
    )
    assert found.numpy().tolist() == [[-1, -1], [3, 4], [-1, -1], [1.5, 2]]


def test_missing_arguments_have_defaults():
    found = make_sources({"memory": tf.zeros([2, 3])}, Rules(), np.array([5, 0]), None, None)
    assert found.batch_index.numpy().tolist() == [0, 1]
    assert found.max_length.numpy().tolist() == [5, 1]
    assert found.min_length.numpy().tolist() == [0, 0]
    assert found.padding_mask.shape == (2, 0)
    assert int(max_steps(found)) == 5
    assert row_shapes(found).fixed["memory"].as_list() == [None, 3]


def test_a_coverage_penalty_needs_the_mask():
    with pytest.raises(InputError, match=r"coverage_penalty is 0.2, which needs the padding_mask"):
        make_sources({}, Rules(coverage_penalty=0.2), [5], None, None)
