"""Logits whose softmax means what it says."""

from __future__ import annotations

from typing import Any

import keras


@keras.saving.register_keras_serializable("keras_text_pipeline")
class Temperature(keras.layers.Layer):
    """Divides logits by a temperature, in prediction alone; the best class stays the best.

    Guo et al. 2017, section 4.2 ("On calibration of modern neural networks"). The temperature is no
    weight that a gradient changes: it is fitted on held-out data when training is over (see
    `pipeline.metrics.calibration.fit_temperature`) and set with `assign`. Until then it is 1.

    Beside it stands `threshold`, the score from which on an answer is given at all; 0 at first.
    Both are saved with the model's weights.

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
