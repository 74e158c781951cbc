"""AdamW whose step over a large table costs only the rows that a batch uses."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("keras_text_pipeline")
class LazyAdamW(keras.optimizers.AdamW):
    """AdamW (Loshchilov and Hutter 2019) with lazy updates of large tables.

    For a table of at least `lazy_rows` rows with a sparse gradient, only the rows of the gradient
    change: their moments, their decay, their values. A row that no batch uses keeps its value,
    where AdamW would move it by its old moments. The moving average of such a table (`use_ema`) is
    exact, since the average of an unchanged row is known. All other weights get the update of
    AdamW.

    TensorFlow gives sparse gradients (`tf.IndexedSlices`, the gradient of `gather`) with one entry
    for each lookup of a row. Here the entries of a row are summed first; Keras 3.15 squares them
    one by one, so its second moments are not those of the gradient. On other backends gradients are
    dense, and every weight gets the update of AdamW.

    Args:
        lazy_rows: The smallest table that is updated lazily.
        options: Arguments of `keras.optimizers.AdamW`.
    """

    def __init__(self, *options: Any, lazy_rows: int = 2**16, **named: Any) -> None:
        super().__init__(*options, **named)
        self.lazy_rows = lazy_rows

    def build(self, variables: Any) -> None:
        if self.built:
            return
        super().build(variables)
        self._averages: dict[int, tuple[Any, Any]] = {}
        if not self.use_ema:
            return
        for index, variable in enumerate(variables):
            if self._is_lazy(variable):
                average = self._model_variables_moving_average[index]
                self._model_variables_moving_average[index] = None  # so Keras does not update it
                seen = self.add_variable(
                    (variable.shape[0],), "zeros", "int32", name=f"seen_{index}"
                )
                self._averages[index] = average, seen

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        if not self._is_lazy(variable):
            super().update_step(gradient, variable, learning_rate)
            return
        if not isinstance(gradient, tf.IndexedSlices):  # dense: for all rows
            gradient = tf.IndexedSlices(gradient, tf.range(tf.shape(gradient)[0]))
        index = self._get_variable_index(variable)
        rows, before = gradient.indices, tf.gather(variable, gradient.indices)
        step = self._lazy_step(index, gradient, tf.cast(learning_rate, before.dtype))
        decay = tf.cast(learning_rate, before.dtype) * (self.weight_decay or 0.0)
        after = before * (1 - decay) - step
        variable.scatter_update(tf.IndexedSlices(after, rows))
        if index in self._averages:
            self._average(index, rows, before, after)

    def _lazy_step(self, index: int, gradient: tf.IndexedSlices, rate: Any) -> tf.Tensor:
        """Return Adam's step for the rows of the gradient, and update their moments."""
        rows, slope = gradient.indices, gradient.values
        time = tf.cast(self.iterations + 1, slope.dtype)
        first, second = self._momentums[index].value, self._velocities[index].value
        m, v = tf.gather(first, rows), tf.gather(second, rows)
        m += (slope - m) * (1 - self.beta_1)
        v += (tf.square(slope) - v) * (1 - self.beta_2)
        first.scatter_update(tf.IndexedSlices(m, rows))
        second.scatter_update(tf.IndexedSlices(v, rows))
        rate *= tf.sqrt(1 - self.beta_2**time) / (1 - self.beta_1**time)
        return rate * m / (tf.sqrt(v) + self.epsilon)

    def _average(self, index: int, rows: tf.Tensor, before: tf.Tensor, after: tf.Tensor) -> None:
        average, seen = (variable.value for variable in self._averages[index])
        now = tf.cast(self.iterations, tf.int32)  # steps before this one
        old = self._caught_up(tf.gather(average, rows), tf.gather(seen, rows), before, now)
        share = tf.where(now > 0, self.ema_momentum, 0.0)
        average.scatter_update(tf.IndexedSlices(share * old + (1 - share) * after, rows))
        seen.scatter_update(tf.IndexedSlices(tf.fill(tf.shape(rows), now + 1), rows))

    def _caught_up(self, average: Any, seen: Any, weights: Any, steps: Any) -> tf.Tensor:
        """Return the average of rows after `steps` steps; they last changed at step `seen`."""
        share = self.ema_momentum ** tf.cast(steps - seen, average.dtype)
        share = tf.where(seen > 0, share, 0.0)[:, None]  # a row that never changed is its average
        return share * average + (1 - share) * weights

    def _overwrite_model_variables_with_average_value(self, trainable_variables: Any) -> None:
        steps = tf.cast(self.iterations, tf.int32)
        for index, variable in enumerate(trainable_variables):
            average = self._model_variables_moving_average[index]
            if index in self._averages:
                lazy, seen = (tf.convert_to_tensor(v.value) for v in self._averages[index])
                average = self._caught_up(lazy, seen, tf.convert_to_tensor(variable.value), steps)
            variable.assign(average)

    def _clip_gradients(self, grads: Any) -> Any:
        if keras.backend.backend() != "tensorflow":
            return super()._clip_gradients(grads)
        grads = [_summed(g) if isinstance(g, tf.IndexedSlices) else g for g in grads]
        if not self.global_clipnorm:
            return super()._clip_gradients(grads)
        norm = tf.linalg.global_norm([g for g in grads if g is not None])
        share = self.global_clipnorm / tf.maximum(norm, self.global_clipnorm)
        return [_times(gradient, share) for gradient in grads]  # Keras would make it dense

    def _apply_weight_decay(self, variables: Any) -> None:
        super()._apply_weight_decay([v for v in variables if not self._is_lazy(v)])

    def _is_lazy(self, variable: Any) -> bool:
        shape = variable.shape
        large = len(shape) == 2 and int(shape[0]) >= self.lazy_rows
        return large and keras.backend.backend() == "tensorflow"

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "lazy_rows": self.lazy_rows}


def _summed(gradient: tf.IndexedSlices) -> tf.IndexedSlices:
    """Return the same gradient with each row once, so that its norm is correct."""
    rows, places = tf.unique(gradient.indices)
    values = tf.math.unsorted_segment_sum(gradient.values, places, tf.size(rows))
    return tf.IndexedSlices(values, rows, gradient.dense_shape)


def _times(gradient: Any, share: tf.Tensor) -> Any:
    if isinstance(gradient, tf.IndexedSlices):
        return tf.IndexedSlices(gradient.values * share, gradient.indices, gradient.dense_shape)
    return None if gradient is None else gradient * share
