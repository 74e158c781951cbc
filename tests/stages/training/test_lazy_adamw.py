"""LazyAdamW: as AdamW where all rows are touched, lazy where not, and its average exact."""

import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from pipeline.layers.bag import WeightedBag
from pipeline.stages.training.lazy_adamw import LazyAdamW

ROOT = Path(__file__).parents[3]
ROWS = 12
OPTIONS = {"weight_decay": 0.1, "global_clipnorm": 0.5, "use_ema": True, "ema_momentum": 0.7}


def model_of(optimizer, seed=0):
    keras.utils.set_random_seed(seed)
    ids = keras.Input((None,), dtype="int32")
    vectors = keras.layers.Embedding(ROWS, 3)(ids)  # of as many rows as the bag: lazy, too
    deep = keras.layers.Dense(2)(keras.ops.sum(vectors, axis=1))
    model = keras.Model(ids, deep + WeightedBag(ROWS, 2, normalized=False)(ids))
    optimizer.build(model.trainable_variables)
    model.compile(optimizer, loss="mse")
    return model


def batches(rows, number=6):
    draw = np.random.default_rng(1)
    ids = [draw.permutation(np.resize(rows, 24)).reshape(4, 6) for _ in range(number)]
    return [(each.astype("int32"), draw.normal(size=(4, 2))) for each in ids]


def trained(optimizer, data):
    model = model_of(optimizer)
    for ids, targets in data:
        model.train_on_batch(ids, targets)
    return model


def tables(model):
    return [variable.numpy() for variable in model.trainable_variables]


class DenseAdamW(keras.optimizers.AdamW):
    """Keras's own with gradients written out: what it makes of a row named twice is no square."""

    def apply(self, grads, trainable_variables=None):
        super().apply([tf.convert_to_tensor(g) for g in grads], trainable_variables)


@pytest.mark.parametrize("lazy_rows", [ROWS, 2**16])
def test_where_every_row_is_touched_it_is_adamw(lazy_rows):
    data = batches(range(ROWS))
    optimizers = LazyAdamW(0.1, lazy_rows=lazy_rows, **OPTIONS), DenseAdamW(0.1, **OPTIONS)
    models = [trained(optimizer, data) for optimizer in optimizers]
    for mine, theirs in zip(*map(tables, models), strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-5)
    for model in models:
        model.optimizer.finalize_variable_values(model.trainable_variables)
    for mine, theirs in zip(*map(tables, models), strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-5)


def test_the_whole_gradient_is_clipped_to_its_norm():
    model = model_of(LazyAdamW(0.1, lazy_rows=ROWS, global_clipnorm=0.5))
    (ids, targets), variables = batches([1, 2, 3])[0], [v.value for v in model.trainable_variables]
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum((model(ids) - targets) ** 2)
    gradients = tape.gradient(loss, variables)
    assert sum(isinstance(g, tf.IndexedSlices) for g in gradients) == 2
    dense = [tf.convert_to_tensor(g) for g in gradients]
    norm = float(tf.linalg.global_norm(dense))
    assert norm > 0.5
    clipped = model.optimizer._clip_gradients(gradients)
    for mine, whole in zip(clipped, dense, strict=True):
        np.testing.assert_allclose(tf.convert_to_tensor(mine), whole * 0.5 / norm, atol=1e-6)
    assert sum(isinstance(g, tf.IndexedSlices) for g in clipped) == 2


def test_rows_that_no_batch_touches_stand_still():
    before = tables(model_of(LazyAdamW(0.1, lazy_rows=ROWS, **OPTIONS)))
    data = [*batches([1, 2, 3], 2), *batches([4], 3)]
    model = trained(LazyAdamW(0.1, lazy_rows=ROWS, **OPTIONS), data)
    for now, then in zip(tables(model), before, strict=True):
        if now.shape[0] == ROWS:
            np.testing.assert_array_equal(now[[0, *range(5, ROWS)]], then[[0, *range(5, ROWS)]])
            assert (now[1:4] != then[1:4]).any(axis=1).all()
    assert model.optimizer.iterations == 5


def test_the_average_is_exact_also_of_rows_touched_now_and_then():
    data = [*batches([1, 2], 2), *batches([2, 3], 3), *batches([1], 2)]
    model = model_of(LazyAdamW(0.1, lazy_rows=ROWS, **OPTIONS))
    average = None
    for ids, targets in data:
        model.train_on_batch(ids, targets)
        now = tables(model)
        average = [0.7 * a + 0.3 * w for a, w in zip(average or now, now, strict=True)]
    model.optimizer.finalize_variable_values(model.trainable_variables)
    for mine, expected in zip(tables(model), average, strict=True):
        np.testing.assert_allclose(mine, expected, atol=1e-6)


def test_small_tables_are_left_to_adamw():
    data = batches([1, 2, 3])
    small, plain = (trained(o(0.1, **OPTIONS), data) for o in (LazyAdamW, DenseAdamW))
    for mine, theirs in zip(tables(small), tables(plain), strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-5)
    assert len(small.optimizer.variables) == len(plain.optimizer.variables)


def test_a_large_table_with_a_whole_gradient_is_treated_as_adamw_does():
    kernels = []
    for optimizer in LazyAdamW(0.1, lazy_rows=5, **OPTIONS), DenseAdamW(0.1, **OPTIONS):
        keras.utils.set_random_seed(0)
        inputs = keras.Input((5,))
        model = keras.Model(inputs, keras.layers.Dense(2)(inputs))
        model.compile(optimizer, loss="mse")
        for row in np.random.default_rng(0).normal(size=(3, 4, 5)):
            model.train_on_batch(row, np.ones((4, 2)))
        optimizer.finalize_variable_values(model.trainable_variables)
        kernels.append(tables(model)[0])
    np.testing.assert_allclose(*kernels, atol=1e-5)


def test_no_variable_is_kept_twice():
    plain = model_of(keras.optimizers.AdamW(0.1, **OPTIONS)).optimizer
    lazy = model_of(LazyAdamW(0.1, lazy_rows=ROWS, **OPTIONS)).optimizer
    assert len(lazy.variables) == len(plain.variables) + 2
    assert len({id(v) for v in lazy.variables}) == len(lazy.variables)
    assert len({v.path for v in lazy.variables}) == len(lazy.variables)


def test_a_run_cut_in_two_is_the_run():
    data = batches([1, 2, 3], 4)
    whole = trained(LazyAdamW(0.1, lazy_rows=ROWS, **OPTIONS), data)
    first = trained(LazyAdamW(0.1, lazy_rows=ROWS, **OPTIONS), data[:2])
    again = model_of(LazyAdamW.from_config(first.optimizer.get_config()), seed=9)
    again.set_weights(first.get_weights())
    for new, old in zip(again.optimizer.variables, first.optimizer.variables, strict=True):
        new.assign(old)
    for ids, targets in data[2:]:
        again.train_on_batch(ids, targets)
    for model in (again, whole):
        model.optimizer.finalize_variable_values(model.trainable_variables)
    for mine, expected in zip(tables(again), tables(whole), strict=True):
        np.testing.assert_allclose(mine, expected, atol=1e-6)


STEP = """
import keras, numpy as np
from keras import ops
from pipeline.layers.bag import WeightedBag
from pipeline.layers.pooling import Pooling
from pipeline.layers.text_cnn import TextCNN
from pipeline.stages.training.lazy_adamw import LazyAdamW

ids, vectors = keras.Input((None,), dtype="int32"), keras.Input((None, 4))
mask = ops.not_equal(ids, 0)
found = [Pooling(kind, True)(vectors, mask) for kind in ("last", "mean", "max")]
found = keras.layers.Concatenate()([*found, TextCNN(3)(vectors, mask)])
scores = keras.layers.Dense(2)(found) + WeightedBag(9, 2)(ids) + WeightedBag(9, 2, True)(ids)
model = keras.Model([ids, vectors], scores)
options = {"weight_decay": 0.1, "global_clipnorm": 0.5, "use_ema": True}
model.compile(LazyAdamW(0.1, lazy_rows=9, **options), loss="mse")
values = [np.array([[1, 2, 3, 0], [0, 0, 0, 0]]), np.random.normal(size=(2, 4, 4))]
before = [np.array(v) for v in model.trainable_variables]
loss = model.train_on_batch(values, np.ones((2, 2)))
moved = [not np.array_equal(a, b) for a, b in zip(before, model.trainable_variables)]
model.optimizer.finalize_variable_values(model.trainable_variables)
print(keras.backend.backend(), np.isfinite(loss), all(moved))
"""


@pytest.mark.slow
def test_the_layers_of_a_wide_and_deep_model_take_a_step_on_the_jax_backend():
    jax = {
        "KERAS_BACKEND": "jax",
        "JAX_PLATFORMS": "cpu",
        "XLA_FLAGS": "--xla_backend_optimization_level=0",  # compiles in half the time
        "PYTHONPATH": str(ROOT),
    }
    done = subprocess.run(
        [sys.executable, "-c", STEP],
        cwd=ROOT,
        env={**os.environ, **jax},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == "jax True True", done.stderr
