"""WeightedBag: by hand, against scikit-learn's tf-idf, and without influence of padding."""

import keras
import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfTransformer

from pipeline.layers.bag import WeightedBag

WEIGHTS = np.array([[90, 90], [1, -1], [2, 0], [0, 3]], "float32")  # the first row is padding
BIAS = np.array([10, 20], "float32")


def bag(scale, **options):
    layer = WeightedBag(4, 2, **options)
    layer.build((None, None))
    layer.weights_of_ngrams.assign(WEIGHTS)
    layer.bias.assign(BIAS)
    layer.scale.assign(np.array(scale, "float32"))
    return layer


def test_a_shared_scale_by_hand():
    ids = np.array([[1, 2, 0], [3, 3, 1], [0, 0, 0]], "int32")
    layer = bag([50, 3, 4, 0.5], normalized=False)
    # 3 (1, -1) + 4 (2, 0); twice 0.5 (0, 3) + 3 (1, -1); empty
    np.testing.assert_allclose(layer(ids), [[21, 17], [13, 20], [10, 20]])
    layer = bag([50, 3, 4, 0.5])
    norm = np.sqrt(0.25 + 0.25 + 9)
    expected = [[10 + 11 / 5, 20 - 3 / 5], [10 + 3 / norm, 20], [10, 20]]
    np.testing.assert_allclose(layer(ids), expected, rtol=1e-6)


def test_a_scale_per_class_by_hand():
    scale = [[50, 50], [3, -1], [4, 0], [0, 2]]
    ids = np.array([[1, 2, 0], [0, 0, 3]], "int32")
    layer = bag(scale, scale_per_class=True, normalized=False)
    np.testing.assert_allclose(layer(ids), [[10 + 3 + 8, 20 + 1], [10, 20 + 6]])
    layer = bag(scale, scale_per_class=True)
    # norms: 5 and 1; 0 and 2
    np.testing.assert_allclose(layer(ids), [[10 + 11 / 5, 20 + 1], [10, 20 + 3]], rtol=1e-6)


def test_it_equals_a_linear_model_over_tf_idf():
    held = np.random.default_rng(0).random((7, 30)) < 0.3
    held[3] = False
    tfidf = TfidfTransformer().fit(held.astype(float))
    scale = np.concatenate([[0], tfidf.idf_])
    layer = WeightedBag(31, 4)
    layer.build((None, None))
    layer.set_weights([np.random.normal(size=w.shape) for w in layer.get_weights()])
    layer.scale.assign(scale)
    ids = np.zeros((7, 30), "int32")
    for row, columns in enumerate(held):
        ids[row, : columns.sum()] = np.flatnonzero(columns) + 1
    weights, bias = layer.weights_of_ngrams.numpy()[1:], layer.bias.numpy()
    expected = tfidf.transform(held.astype(float)).toarray() @ weights + bias
    np.testing.assert_allclose(layer(ids), expected, atol=1e-5)


@pytest.mark.parametrize("per_class", [False, True])
def test_padding_and_order_have_no_influence(per_class):
    layer = WeightedBag(50, 3, per_class)
    layer.build((None, None))
    layer.set_weights([np.random.normal(size=w.shape) for w in layer.get_weights()])
    ids = np.random.randint(1, 50, (2, 9)).astype("int32")
    padded = np.concatenate([np.zeros((2, 3), "int32"), ids[:, ::-1], np.zeros((2, 2), "int32")], 1)
    np.testing.assert_allclose(layer(padded), layer(ids), atol=1e-5)
    assert layer(np.zeros((2, 0), "int32")).shape == (2, 3)


@pytest.mark.parametrize("per_class", [False, True])
def test_config_and_saved_model_round_trip(per_class, revived):
    layer = WeightedBag(50, 3, per_class, normalized=False, name="wide")
    assert WeightedBag.from_config(layer.get_config()).get_config() == layer.get_config()
    inputs = keras.Input((None,), dtype="int32")
    model = keras.Model(inputs, layer(inputs))
    layer.set_weights([np.random.normal(size=w.shape) for w in layer.get_weights()])
    ids = np.random.randint(0, 50, (2, 9))
    assert model.output_shape == (None, 3)
    np.testing.assert_array_equal(revived(model)(ids), model(ids))


@pytest.mark.parametrize("per_class", [False, True])
def test_a_step_changes_rows_of_the_batch_and_not_the_scale(per_class):
    inputs = keras.Input((None,), dtype="int32")
    layer = WeightedBag(9, 2, per_class)
    model = keras.Model(inputs, layer(inputs))
    model.compile(keras.optimizers.SGD(1.0), loss="mse")
    model.train_on_batch(np.array([[1, 5, 0], [0, 0, 0]]), np.ones((2, 2)))
    moved = np.flatnonzero(layer.weights_of_ngrams.numpy().any(axis=1))
    assert moved.tolist() == [1, 5]
    assert (layer.scale.numpy() == 1).all()
    assert np.isfinite(np.concatenate([w.ravel() for w in layer.get_weights()])).all()
