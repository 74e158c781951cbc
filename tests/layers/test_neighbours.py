"""HashedNeighbours: features, their sum by hand, padding, dropout, saving."""

import keras
import numpy as np
import pytest

from pipeline.layers.neighbours import (
    AFFIXES,
    BUCKETS,
    FACTOR,
    NEIGHBOURS,
    HashedNeighbours,
    hashed_features,
)

WORDS = np.array([[5, 6, 7, 0]], "int32")
CHARACTERS = np.array([[[1, 2, 3], [4, 0, 0], [1, 2, 0], [0, 0, 0]]], "int32")


def hashed(kind, *ids):
    """The formula of the docstring, in Python integers."""
    value = kind + 1
    for one in ids:
        value = (value * FACTOR + one) % BUCKETS
    return value


def test_features_are_hashed_neighbours_and_affixes():
    found = np.array(hashed_features(WORDS, CHARACTERS))
    assert found.shape == (1, 4, len(NEIGHBOURS) + 2 * len(AFFIXES))
    words = {place - 1: int(word) for place, word in enumerate(WORDS[0])}  # from the second on
    expected = [
        hashed(kind, *(words.get(place, 0) for place in places))
        for kind, places in enumerate(NEIGHBOURS)
    ]
    assert found[0, 1, : len(NEIGHBOURS)].tolist() == expected
    kinds = range(len(NEIGHBOURS), len(NEIGHBOURS) + 2 * len(AFFIXES))
    first = [[1], [1], [1, 2], [1, 2], [1, 2, 0], [1, 2, 0], [1, 2, 0, 0], [1, 2, 0, 0]]
    backward = [[1], [2], [1, 2], [2, 1], [1, 2, 0], [2, 1, 1], [1, 2, 0, 0], [2, 1, 1, 1]]
    expected = [
        hashed(kind, *(first if kind % 2 == kinds[0] % 2 else backward)[i])
        for i, kind in enumerate(kinds)
    ]
    assert found[0, 2, len(NEIGHBOURS) :].tolist() == expected


def test_ids_are_in_range_for_any_vocabulary():
    large = np.full((1, 9), 2**17, "int32")
    found = np.array(hashed_features(large, large[:, :, None]))
    assert found.min() >= 0
    assert found.max() < BUCKETS


def test_hashes_fit_in_int32():
    assert (BUCKETS - 1) * FACTOR + 2**17 < 2**31


def test_a_vector_is_the_sum_of_the_rows_of_its_features():
    layer = HashedNeighbours(2)
    layer.build(WORDS.shape)
    table = np.random.default_rng(1).normal(size=(BUCKETS, 2)).astype("float32")
    layer.table.assign(table)
    features = np.array(hashed_features(WORDS, CHARACTERS))
    expected = table[features].sum(axis=2)
    expected[0, 3] = 0  # padding
    np.testing.assert_allclose(layer(WORDS, CHARACTERS), expected, rtol=1e-5, atol=1e-5)


def test_the_initial_output_is_zero():
    assert not np.any(HashedNeighbours(3)(WORDS, CHARACTERS))


def test_padding_has_no_influence():
    layer = HashedNeighbours(2)
    layer.build(WORDS.shape)
    layer.table.assign(np.random.default_rng(1).normal(size=(BUCKETS, 2)))
    longer = np.pad(WORDS, ((0, 0), (0, 5))), np.pad(CHARACTERS, ((0, 0), (0, 5), (0, 3)))
    np.testing.assert_allclose(layer(*longer)[:, :4], layer(WORDS, CHARACTERS), rtol=1e-6)
    assert not np.any(layer(*longer)[:, 4:])


def test_dropout_drops_features_and_keeps_the_mean():
    layer = HashedNeighbours(1, rate=0.5, seed=1)
    layer.build(WORDS.shape)
    layer.table.assign(np.ones((BUCKETS, 1), "float32"))
    words = np.full((50, 40), 5, "int32")
    spelled = np.full((50, 40, 2), 3, "int32")
    count = len(NEIGHBOURS) + 2 * len(AFFIXES)
    assert np.all(np.array(layer(words, spelled)) == count)
    drawn = np.array(layer(words, spelled, training=True))
    assert set(np.unique(drawn)) <= {2.0 * kept for kept in range(count + 1)}
    # Five standard deviations of the mean with 2,000 tokens.
    assert drawn.mean() == pytest.approx(count, abs=5 * np.sqrt(count / 2000))


def test_all_weights_are_trained_and_saved(check_gradients, revived):
    words = keras.Input((None,), dtype="int32")
    characters = keras.Input((None, None), dtype="int32")
    layer = HashedNeighbours(2, rate=0.3, seed=4, name="near")
    model = keras.Model([words, characters], layer(words, characters))
    check_gradients(model, [WORDS, CHARACTERS])
    loaded = revived(model)
    assert loaded.get_layer("near").get_config() == layer.get_config()
    np.testing.assert_array_equal(loaded([WORDS, CHARACTERS]), model([WORDS, CHARACTERS]))
