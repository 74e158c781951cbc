"""Temperature scaling of logits, stored in the model."""

from __future__ import annotations

from typing import Any

import keras


@keras.saving.register_keras_serializable("keras_text_pipeline")
class Temperature(keras.layers.Layer):
    """Divides logits by a temperature, in prediction only; the best class does not change.

    Guo et al. 2017, section 4.2 ("On calibration of modern neural networks"). The temperature is
    not trainable: it is fitted on held-out data after training (see
    `pipeline.metrics.calibration.fit_temperature`) and set with `assign`; its initial value is 1.

    The layer also stores `threshold`, the minimum score of an answer, initially 0. Both are saved
    with the weights of the model.

    Shapes: float [...] -> the same.
    """

    def build(self, logits_shape: Any) -> None:
        for name, value in (("temperature", 1.0), ("threshold", 0.0)):
            start = keras.initializers.Constant(value)
            setattr(self, name, self.add_weight((), start, trainable=False, name=name))

    def call(self, logits: Any, training: bool = False) -> Any:
        return logits if training else logits / self.temperature

    def compute_output_shape(self, logits_shape: Any) -> Any:
        return logits_shape
