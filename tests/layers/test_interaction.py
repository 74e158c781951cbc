"""Interaction: by hand, padding, initial weights, gradients, saving."""

import keras
import numpy as np

from pipeline.layers.interaction import Interaction

TAGS = np.log(np.array([[[0.5, 0.5], [0.1, 0.9], [0.99, 0.01]]], "float32"))
INTENT = np.log(np.array([[0.25, 0.75, 1.0]], "float32"))
MASK = np.array([[True, True, False]])


def test_tags_and_intent_influence_each_other_by_hand():
    layer = Interaction()
    layer.build(TAGS.shape, INTENT.shape)
    of_tags = np.array([[1, 0, 2], [0, 10, 0]], "float32")
    of_intent = np.array([[1, 2], [3, 4], [5, 6]], "float32")
    layer.of_tags.assign(of_tags)
    layer.of_intent.assign(of_intent)
    tags, intent = layer(TAGS, INTENT, MASK)
    expected = INTENT[0] + np.array([0.5, 0.9]) @ of_tags  # padding with tag 0 is ignored
    np.testing.assert_allclose(intent[0], expected, rtol=1e-5)
    shares = np.exp(expected) / np.exp(expected).sum()
    np.testing.assert_allclose(tags, TAGS + shares @ of_intent, rtol=1e-5)


def test_no_influence_before_training():
    tags, intent = Interaction()(TAGS, INTENT, MASK)
    np.testing.assert_array_equal(tags, TAGS)
    np.testing.assert_array_equal(intent, INTENT)


def test_all_weights_are_trained_and_saved(revived):
    tags, intent = keras.Input((None, 2)), keras.Input((3,))
    mask = keras.Input((None,), dtype="bool")
    model = keras.Model([tags, intent, mask], Interaction(name="both")(tags, intent, mask))
    model.compile(keras.optimizers.SGD(0.1), loss=["mse", "mse"])
    inputs = [TAGS, INTENT, MASK]
    model.train_on_batch(inputs, [np.ones_like(TAGS), np.ones_like(INTENT)])
    assert all(np.isfinite(w).all() and np.all(w != 0) for w in model.get_weights())
    for found, expected in zip(revived(model)(inputs), model(inputs), strict=True):
        np.testing.assert_array_equal(found, expected)
