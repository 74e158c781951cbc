"""Fixtures of the layer tests."""

import keras
import numpy as np
import pytest


@pytest.fixture
def revived(tmp_path):
    """A function that saves a model as `.keras` and reloads it without custom_objects."""

    def save_and_load(model: keras.Model) -> keras.Model:
        model.save(tmp_path / "model.keras")
        return keras.saving.load_model(tmp_path / "model.keras")

    return save_and_load


@pytest.fixture
def check_gradients():
    """A function that runs one training step and checks that all weights changed.

    What is no number in a gradient reaches the weights.
    """

    def check(model: keras.Model, inputs: object) -> None:
        before = model.get_weights()
        model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mse")
        targets = np.ones_like(model(inputs))
        model.train_on_batch(inputs, targets)
        for variable, new, old in zip(model.weights, model.get_weights(), before, strict=True):
            assert np.isfinite(new).all(), variable.path
            assert not np.array_equal(new, old), variable.path

    return check
