"""A linear model over a bag of n-grams."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("keras_text_pipeline")
class WeightedBag(keras.layers.Layer):
    """Class scores, each a weighted sum over the n-grams of a text.

    1. s_j = scale[id_j], the weight of n-gram j; 0 at padding,
    2. with `normalized`: s_j is divided by sqrt(sum_j s_j^2) / gain, so that scores do not grow
       with text length; zeros stay zeros,
    3. scores = sum_j s_j weights[id_j] + bias.

    `scale` is not trainable: it is computed on the training texts before training
    (`pipeline.metrics.ngram_weights`) and set with `scale.assign`; its initial value is 1. With
    inverse document frequencies this is logistic regression over tf-idf; with a scale per class and
    log-count ratios it is the model of Wang and Manning 2012 ("Baselines and bigrams"), section
    2.3, with logistic loss.

    The gradient of `weights` is sparse on TensorFlow (`tf.IndexedSlices`): its cost depends on the
    batch, not on the size of the table.

    Args:
        buckets: Rows of the tables, the number of ids; id 0 is padding.
        classes: Number of classes.
        scale_per_class: Whether `scale` is [buckets, classes] instead of [buckets].
        gain: Norm of a text's vector after step 2; a larger norm learns faster.
        normalized: Whether to apply step 2; with a scale per class, each class has its own norm.

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
        scales = self.ngram_weights(ids)
        weights = ops.take(self.weights_of_ngrams, ids, axis=0)
        return ops.sum(scales * weights, axis=1) + self.bias

    def ngram_weights(self, ids: Any) -> Any:
        """Return the s_j above: float [batch, ngrams, classes], or [batch, ngrams, 1] if shared."""
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
