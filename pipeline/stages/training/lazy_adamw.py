"""AdamW whose step over a large table costs what the batch touched, not what the table holds."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("keras_text_pipeline")
class LazyAdamW(keras.optimizers.AdamW):
    """AdamW (Loshchilov and Hutter 2019), lazy about the rows of large tables.

    A table of at least `lazy_rows` rows, whose gradient names the rows that it is for, changes in
    those rows alone: their moments, their decay, their step. A row that no batch touched stands
    still, where AdamW would move it on by its old moments. The moving average of such a table
    (`use_ema`) is what it would be, since the average of a row that stood still is known. All other
    weights are treated as AdamW does.

    TensorFlow names the rows (`tf.IndexedSlices`, the gradient of `gather`), a row as often as it
    was looked up. Here its parts are summed first; Keras 3.15 squares them one by one, so that its
    second moments are not those of the gradient. On other backends gradients are dense, and every
    weight is treated as AdamW does.

    Args:
        lazy_rows: Smaller tables are not worth it.
        options: Of `keras.optimizers.AdamW`.
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
                self._model_variables_moving_average[index] = None  # Keras leaves it alone then
                seen = self.add_variable(
                    (variable.shape[0],), "zeros", "int32", name=f"seen_{index}"
                )
                self._averages[index] = average, seen

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        if not self._is_lazy(variable):
            super().update_step(gradient, variable, learning_rate)
            return
        if not isinstance(gradient, tf.IndexedSlices):  # for all rows, then
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
        """Adam's step in the rows of the gradient; their moments are moved on."""
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
        """The average of rows after `steps` steps; they stand still since `seen` of them."""
        share = self.ema_momentum ** tf.cast(steps - seen, average.dtype)
        share = tf.where(seen > 0, share, 0.0)[:, None]  # never touched: always what it is
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
        return [_times(gradient, share) for gradient in grads]  # Keras would write it out whole

    def _apply_weight_decay(self, variables: Any) -> None:
        super()._apply_weight_decay([v for v in variables if not self._is_lazy(v)])

    def _is_lazy(self, variable: Any) -> bool:
        shape = variable.shape
        large = len(shape) == 2 and int(shape[0]) >= self.lazy_rows
        return large and keras.backend.backend() == "tensorflow"

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "lazy_rows": self.lazy_rows}


def _summed(gradient: tf.IndexedSlices) -> tf.IndexedSlices:
    """The same gradient with each row once, so that its norm is the gradient's."""
    rows, places = tf.unique(gradient.indices)
    values = tf.math.unsorted_segment_sum(gradient.values, places, tf.size(rows))
    return tf.IndexedSlices(values, rows, gradient.dense_shape)


def _times(gradient: Any, share: tf.Tensor) -> Any:
    if isinstance(gradient, tf.IndexedSlices):
        return tf.IndexedSlices(gradient.values * share, gradient.indices, gradient.dense_shape)
    return None if gradient is None else gradient * share
