"""A linear model over a bag of n-grams: what `wide` reads a text with."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("keras_text_pipeline")
class WeightedBag(keras.layers.Layer):
    """Scores of classes, each the sum of what a text's n-grams say for it.

    1. s_j = scale[id_j], what n-gram j counts for at all; 0 at padding,
    2. with `normalized`: s_j is divided by sqrt(sum_j s_j^2) / gain, so that long texts do not
       shout; zeros stay zeros,
    3. scores = sum_j s_j weights[id_j] + bias.

    `scale` is no weight that a gradient changes: it is counted on the training texts before the
    training (`pipeline.metrics.ngram_weights`) and set with `scale.assign`; until then it is 1.
    With inverse document frequencies this is logistic regression over tf-idf; with a scale a class
    and log-count ratios it is the model of Wang and Manning 2012 ("Baselines and bigrams"), section
    2.3, with logistic loss.

    The gradient of `weights` is sparse on TensorFlow (`tf.IndexedSlices`): it costs what the batch
    holds, not what the table does.

    Args:
        buckets: Rows of the tables; ids are below, 0 is padding.
        classes: Of the scores.
        scale_per_class: `scale` is [buckets, classes], not [buckets].
        gain: The length of a text's vector after step 2; the longer, the faster it learns.
        normalized: Step 2; a class has its own norm where it has its own scale.

    Shapes: ids int [batch, ngrams] -> float [batch, classes].
    """

    def __init__(
        self,
        buckets: int,
        classes: int,
        scale_per_class: bool = False,
        normalized: bool = True,
        gain: float = 1.0,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.buckets, self.classes = buckets, classes
        self.scale_per_class, self.normalized, self.gain = scale_per_class, normalized, gain

    def build(self, ids_shape: Any) -> None:
        table = (self.buckets, self.classes)
        scale = table if self.scale_per_class else (self.buckets,)
        self.scale = self.add_weight(scale, "ones", trainable=False, name="scale")
        self.weights_of_ngrams = self.add_weight(table, "zeros", name="weights")
        self.bias = self.add_weight((self.classes,), "zeros", name="bias")

    def call(self, ids: Any) -> Any:
        shares = self.shares(ids)
        weights = ops.take(self.weights_of_ngrams, ids, axis=0)
        return ops.sum(shares * weights, axis=1) + self.bias

    def shares(self, ids: Any) -> Any:
        """The s_j above: float [batch, ngrams, classes], or [batch, ngrams, 1] if all share it."""
        scale = ops.take(self.scale, ids, axis=0)
        scale = scale if self.scale_per_class else scale[:, :, None]
        scale = ops.where(ops.not_equal(ids, 0)[:, :, None], scale, 0.0)
        if not self.normalized:
            return scale
        square = ops.sum(ops.square(scale), axis=1, keepdims=True)
        return scale * self.gain * ops.rsqrt(ops.where(square > 0, square, 1.0))

    def compute_output_shape(self, ids_shape: Any) -> Any:
        return (ids_shape[0], self.classes)

    def get_config(self) -> dict[str, Any]:
        own = {
            "buckets": self.buckets,
            "classes": self.classes,
            "scale_per_class": self.scale_per_class,
            "normalized": self.normalized,
            "gain": self.gain,
        }
        return {**super().get_config(), **own}
