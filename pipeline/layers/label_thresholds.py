"""Decision thresholds for multi-label classification, stored in the model."""

from __future__ import annotations

from typing import Any

import keras


@keras.saving.register_keras_serializable("keras_text_pipeline")
class LabelThresholds(keras.layers.Layer):
    """Stores a threshold for each label; the logits pass through unchanged.

    `thresholds` is tuned on held-out data after training (see
    `pipeline.metrics.thresholds.tune_thresholds`) and set with `assign`; its initial value is 0.5.
    It is saved with the weights of the model.

    Shapes: float [batch, labels] -> the same.
    """

    def build(self, logits_shape: Any) -> None:
        half = keras.initializers.Constant(0.5)
        shape = (logits_shape[-1],)
        self.thresholds = self.add_weight(shape, half, trainable=False, name="thresholds")

    def call(self, logits: Any) -> Any:
        return logits

    def compute_output_shape(self, logits_shape: Any) -> Any:
        return logits_shape
