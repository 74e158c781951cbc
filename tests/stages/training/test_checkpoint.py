"""Variables in a file: all of them, by name, whole; and what is said of a damaged file."""

import json

import keras
import numpy as np
import pytest

from pipeline.errors import PipelineError
from pipeline.stages.training import checkpoint


def model_and_optimizer(units=3):
    """A model with dropout, and an optimizer with a learning-rate schedule.

    As in a run, the model has a name and the optimizer has the one that Keras numbers.
    """
    model = keras.Sequential(
        [
            keras.Input((2,)),
            keras.layers.Dense(units, name="hidden"),
            keras.layers.Dropout(0.5, seed=1),
            keras.layers.Dense(1, name="out"),
        ],
        name="model",
    )
    rate = keras.optimizers.schedules.CosineDecay(0.1, 100)
    optimizer = keras.optimizers.AdamW(rate, global_clipnorm=1.0)
    optimizer.build(model.trainable_variables)
    model.compile(optimizer, loss="mse")
    return model, optimizer


def train(model, steps):
    for _ in range(steps):
        model.train_on_batch(np.ones((4, 2)), np.ones((4, 1)))


def values(model, optimizer):
    return [np.asarray(v.numpy()) for v in (*model.variables, *optimizer.variables)]


def test_everything_comes_back_and_training_goes_on_the_same(tmp_path):
    model, optimizer = model_and_optimizer()
    train(model, 3)
    checkpoint.save(tmp_path / "w.npz", model, optimizer, {"epoch": 3})
    train(model, 2)

    again, its_optimizer = model_and_optimizer()  # the process has numbered its layers on
    assert checkpoint.load(tmp_path / "w.npz", again, its_optimizer) == {"epoch": 3}
    assert int(its_optimizer.iterations.numpy()) == 3
    train(again, 2)
    pairs = zip(values(model, optimizer), values(again, its_optimizer), strict=True)
    for one, other in pairs:
        np.testing.assert_array_equal(one, other)


def test_the_model_can_be_loaded_without_its_optimizer(tmp_path):
    model, optimizer = model_and_optimizer()
    train(model, 1)
    checkpoint.save(tmp_path / "w.npz", model, optimizer, {})
    again, _ = model_and_optimizer()
    checkpoint.load(tmp_path / "w.npz", again)
    np.testing.assert_array_equal(again(np.ones((1, 2))), model(np.ones((1, 2))))


def test_the_file_is_plain_arrays(tmp_path):
    model, optimizer = model_and_optimizer()
    checkpoint.save(tmp_path / "w.npz", model, optimizer, {"best": 1.5})
    with np.load(tmp_path / "w.npz", allow_pickle=False) as file:
        assert json.loads(str(file[checkpoint.STATE])) == {"best": 1.5}
        names = set(file.files)
    assert {"model/model/hidden/kernel", "model/model/out/bias", "seed/0"} <= names
    assert "optimizer/iteration" in names


@pytest.fixture
def file(tmp_path):
    model, optimizer = model_and_optimizer()
    checkpoint.save(tmp_path / "w.npz", model, optimizer, {})
    return tmp_path / "w.npz"


@pytest.mark.parametrize("kept", [0, 1, 10, 400, -1, -30])
def test_a_cut_file_is_one_line(file, kept):
    file.write_bytes(file.read_bytes()[:kept])
    with pytest.raises(PipelineError, match=r"w\.npz: not a readable weights file \(") as caught:
        checkpoint.load(file, *model_and_optimizer())
    assert "\n" not in str(caught.value)


def test_flipped_bytes_in_an_array_are_one_line(file):
    data = bytearray(file.read_bytes())
    data[200:204] = b"\xff\x00\xff\x00"
    file.write_bytes(data)
    with pytest.raises(PipelineError, match=r"w\.npz: "):
        checkpoint.load(file, *model_and_optimizer())


def test_a_file_of_something_else_is_one_line(file):
    np.save(file.with_name("w.npy"), np.ones(3))
    file.write_bytes(file.with_name("w.npy").read_bytes())
    with pytest.raises(PipelineError, match=r"w\.npz: not a readable weights file"):
        checkpoint.load(file, *model_and_optimizer())


def test_a_missing_variable_or_another_shape_is_named(file):
    with pytest.raises(PipelineError, match=r"hidden/kernel is \(2, 3\); expected shape \(2, 4\)"):
        checkpoint.load(file, *model_and_optimizer(units=4))
    with np.load(file) as arrays:
        kept = {name: arrays[name] for name in arrays.files if name != "model/model/out/bias"}
    np.savez(file, **kept)
    with pytest.raises(PipelineError, match=r"model/out/bias is nothing; expected shape \(1,\)"):
        checkpoint.load(file, *model_and_optimizer())
