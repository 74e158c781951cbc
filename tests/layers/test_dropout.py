"""Dropout of whole tokens: rates, padding, seeds and saving."""

import keras
import numpy as np
import pytest

from pipeline.layers.dropout import RareTokenDropout, TokenDropout

UNKNOWN = 1
IDS = np.arange(2, 14, dtype="int32").reshape(2, 6)


@pytest.mark.parametrize(("rate", "training"), [(0.0, True), (0.9, False), (0.0, False)])
def test_no_replacement_at_rate_0_or_outside_training(rate, training):
    np.testing.assert_array_equal(TokenDropout(rate)(IDS, training=training), IDS)


def test_training_is_off_by_default():
    np.testing.assert_array_equal(TokenDropout(0.9)(IDS), IDS)


def test_padding_is_not_replaced():
    ids = np.where(np.arange(1000) % 2, 5, 0).reshape(10, 100).astype("int32")
    dropped = np.array(TokenDropout(0.9, seed=1)(ids, training=True))
    np.testing.assert_array_equal(dropped == 0, ids == 0)
    assert set(np.unique(dropped)) == {0, UNKNOWN, 5}


@pytest.mark.parametrize("rate", [0.1, 0.5])
def test_the_share_of_replaced_ids_is_the_rate(rate):
    ids = np.tile(np.arange(2, 102, dtype="int32"), (200, 1))
    dropped = np.array(TokenDropout(rate, seed=1)(ids, training=True))
    replaced = dropped != ids
    assert set(dropped[replaced]) == {UNKNOWN}
    # Five standard deviations with 20,000 draws.
    assert replaced.mean() == pytest.approx(rate, abs=5 * np.sqrt(rate * (1 - rate) / 20_000))


def test_the_unknown_id_is_configurable():
    dropped = np.array(TokenDropout(0.9, unknown_id=7, seed=1)(IDS, training=True))
    assert 7 in dropped
    assert UNKNOWN not in dropped


def test_all_characters_of_a_token_share_one_draw():
    characters = np.full((20, 50, 4), 5, "int32")
    characters[:, :, 3] = 0  # padding of the word
    dropped = np.array(TokenDropout(0.5, seed=1)(characters, training=True))
    first = dropped[:, :, 0]
    assert set(np.unique(first)) == {UNKNOWN, 5}
    for place in (1, 2):
        np.testing.assert_array_equal(dropped[:, :, place], first)
    assert not dropped[:, :, 3].any()


def test_seeds_are_reproducible_and_calls_differ():
    def draws(seed):
        layer = TokenDropout(0.5, seed=seed)
        return [np.array(layer(IDS, training=True)) for _ in range(3)]

    first, second, third = draws(1)
    np.testing.assert_array_equal(draws(1), [first, second, third])
    assert not np.array_equal(first, second)
    assert not np.array_equal(first, draws(2)[0])


def test_config_and_saved_model_round_trip(revived):
    layer = TokenDropout(0.3, unknown_id=4, seed=5, name="hide")
    again = TokenDropout.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
    words = keras.Input((None,), dtype="int32")
    model = revived(keras.Model(words, layer(words)))
    assert model.get_layer("hide").get_config() == layer.get_config()
    np.testing.assert_array_equal(model(IDS, training=False), IDS)


def rare(**options):
    layer = RareTokenDropout(102, seed=1, **options)
    layer.build((None, None))
    return layer


def share_replaced(layer, word):
    ids = np.full((200, 100), word, "int32")
    return (np.array(layer(ids, training=True)) == UNKNOWN).mean()


@pytest.mark.parametrize(("count", "expected"), [(1, 0.5), (3, 0.25), (99, 0.01)])
def test_rare_words_are_replaced_more_often(count, expected):
    layer = rare(alpha=1.0)
    layer.counts.assign(np.full(102, count, "float32"))
    assert share_replaced(layer, 5) == pytest.approx(expected, abs=0.02)


def test_rate_and_rarity_are_combined():
    layer = rare(rate=0.2, alpha=1.0)
    layer.counts.assign(np.full(102, 1, "float32"))
    assert share_replaced(layer, 5) == pytest.approx(1 - 0.8 * 0.5, abs=0.02)


def test_no_replacement_without_counts_or_outside_training():
    layer = rare(alpha=100.0)
    ids = np.arange(102, dtype="int32")[None, :]
    np.testing.assert_array_equal(layer(ids, training=True), ids)
    layer.counts.assign(np.ones(102, "float32"))
    np.testing.assert_array_equal(layer(ids), ids)
    drawn = np.array(layer(ids, training=True))
    assert drawn[0, 0] == 0
    assert (drawn == UNKNOWN).sum() > 80


def test_a_word_with_count_0_is_always_replaced():
    layer = rare(alpha=0.5)
    layer.counts.assign(np.zeros(102, "float32"))
    assert share_replaced(layer, 5) == 1.0


def test_counts_are_saved(revived):
    words = keras.Input((None,), dtype="int32")
    layer = RareTokenDropout(102, 0.1, 0.5, seed=3, name="hide")
    model = keras.Model(words, layer(words))
    layer.counts.assign(np.arange(102, dtype="float32"))
    loaded = revived(model).get_layer("hide")
    assert loaded.get_config() == layer.get_config()
    np.testing.assert_array_equal(loaded.counts, layer.counts)
