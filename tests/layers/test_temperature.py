"""Temperature: by hand, in prediction only, and saved with the model."""

import keras
import numpy as np

from pipeline.layers.temperature import Temperature

LOGITS = np.array([[2.0, -4.0]], "float32")


def test_it_divides_in_prediction_only():
    layer = Temperature()
    np.testing.assert_array_equal(layer(LOGITS), LOGITS)
    layer.temperature.assign(2.0)
    np.testing.assert_array_equal(layer(LOGITS), [[1.0, -2.0]])
    np.testing.assert_array_equal(layer(LOGITS, training=True), LOGITS)


def test_it_is_not_trained_and_is_saved(revived):
    inputs = keras.Input((2,))
    layer = Temperature(name="temperature")
    model = keras.Model(inputs, layer(keras.layers.Dense(2)(inputs)))
    model.compile("sgd", "mse")
    layer.temperature.assign(3.0)
    layer.threshold.assign(0.75)
    model.train_on_batch(LOGITS, LOGITS)
    assert (float(layer.temperature), float(layer.threshold)) == (3.0, 0.75)
    again = revived(model)
    np.testing.assert_array_equal(again(LOGITS), model(LOGITS))
    assert float(again.get_layer("temperature").threshold) == 0.75
