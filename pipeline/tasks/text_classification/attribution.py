"""Attribute the logit of the best label to tokens and n-grams."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import keras
import tensorflow as tf

from pipeline.layers.bag import WeightedBag
from pipeline.text import tokens

TokenPart = tuple[int, int, float]  # start, end and contribution


class OffsetTokenizer(Protocol):
    """A tokenizer that locates its tokens; texts are valid UTF-8, string [batch]."""

    def __call__(self, text: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Return token ids [batch, tokens] and n-gram ids [batch, ngrams], padded with 0."""

    def is_truncated(self, texts: tf.Tensor) -> tf.Tensor:
        """Return whether each text has more tokens than the encoder reads; bool [batch]."""

    def token_offsets(self, texts: tf.Tensor) -> Sequence[Sequence[tuple[int, int]]]:
        """Return (start, end) of each token of each text, in the order of the ids; code points."""

    def ngram_names(self, texts: tf.Tensor) -> Sequence[Mapping[int, str]]:
        """Return, for each text, the name of each of its n-gram ids."""


class Attribution(NamedTuple):
    """The contributions to a text's best label: for it if above 0, against it if below.

    Args:
        label: The id of the best label.
        logit: Its logit, to which the contributions add up, except for biases and what is not
            linear.
        tokens: (start, end, contribution) of each token that the encoder read; code points, end
            exclusive, in order, none empty, none overlapping. Empty if the model has no encoder.
        ngrams: (name, contribution) of each n-gram of the linear part, the strongest first; an
            n-gram that occurs several times has the sum. Empty if the model has no linear part.
    """

    label: int
    logit: float
    tokens: list[TokenPart]
    ngrams: list[tuple[str, float]]


def attributions(
    tokenizer: OffsetTokenizer, model: keras.Model, texts: Sequence[str]
) -> list[Attribution]:
    """Return one `Attribution` for each text, for the label that the model predicts.

    The contribution of an embedded token x_i is the gradient of the logit times the embedding:
    x_i . dz/dx_i, the first-order change if the embedding were 0 (Denil et al. 2014, "Extraction
    of salient sentences from labelled documents"). The contribution of an n-gram is its summand,
    since the linear part is a sum.

    Args:
        tokenizer: The tokenizer of the model.
        model: A model with the inputs `tokens`, `ngrams` or both and the output `label`: logits
            [batch, classes]. `Embedding` layers read the tokens, one for each member of an
            ensemble, whose contributions are added; a `WeightedBag` reads the n-grams.
        texts: The texts. The model runs once for each, so pass only a few.
    """
    bag = next((layer for layer in model.layers if isinstance(layer, WeightedBag)), None)
    embeddings = [layer for layer in model.layers if isinstance(layer, keras.layers.Embedding)]
    outputs = {"tokens": [layer.output for layer in embeddings]} if embeddings else {}
    if bag is not None:
        outputs["ngrams"] = bag.output
    probe = keras.Model(model.input, {**outputs, "logits": model.output["label"]})
    return [_attribute(tokenizer, probe, bag, text) for text in texts]


def _attribute(
    tokenizer: OffsetTokenizer, probe: keras.Model, bag: WeightedBag | None, text: str
) -> Attribution:
    batch = tokens.clean(tf.constant([text], tf.string))
    ids = dict(zip(("tokens", "ngrams"), tokenizer(batch), strict=True))
    with tf.GradientTape() as tape:
        outputs = probe({name: ids[name] for name in probe.input}, training=False)
        logits = outputs.pop("logits")[0]
        best = tf.argmax(logits)
        logit = logits[best]
    gradients = tape.gradient(logit, outputs, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    of_tokens: list[TokenPart] = []
    of_ngrams: dict[str, float] = {}
    if "tokens" in outputs:
        members = zip(outputs["tokens"], gradients["tokens"], strict=True)
        parts = sum(tf.reduce_sum(x * gradient, axis=-1)[0] for x, gradient in members)
        of_tokens = _merge(_with_offsets(tokenizer.token_offsets(batch)[0], parts.numpy()))
    if bag is not None:
        summands = _summands(bag, ids["ngrams"], gradients)
        names = tokenizer.ngram_names(batch)[0]
        for ngram_id, part in zip(ids["ngrams"][0].numpy().tolist(), summands, strict=True):
            if ngram_id:  # 0 is padding
                name = names[ngram_id]
                of_ngrams[name] = of_ngrams.get(name, 0.0) + part
    strongest = sorted(of_ngrams.items(), key=lambda item: -abs(item[1]))
    return Attribution(int(best), float(logit), of_tokens, strongest)


def _with_offsets(offsets: Sequence[tuple[int, int]], parts: Sequence[float]) -> list[TokenPart]:
    """Join offsets and contributions; contributions after the last offset are of padding."""
    if len(offsets) > len(parts):
        raise ValueError(
            f"the tokenizer returned offsets of {len(offsets)} tokens for a text with {len(parts)}"
            " ids; expected at most one for each id"
        )
    return [(*offset, float(part)) for offset, part in zip(offsets, parts, strict=False)]


def _summands(bag: WeightedBag, ids: tf.Tensor, gradients: Mapping[str, Any]) -> list[float]:
    """Return the contribution of each n-gram: its class scores times the logit's gradient.

    If the model adds the bag's scores, the gradient is 1 / temperature for the label itself and 0
    for the others.
    """
    scores = bag.ngram_weights(ids) * tf.gather(bag.weights_of_ngrams.value, ids)
    parts = tf.reduce_sum(scores * gradients["ngrams"][:, None], axis=-1)
    summands: list[float] = parts[0].numpy().tolist()
    return summands


def _merge(parts: Sequence[TokenPart]) -> list[TokenPart]:
    """Merge tokens that share a character, such as its bytes, and empty tokens into a neighbour."""
    merged: list[TokenPart] = []
    pending = 0.0
    for start, end, part in parts:
        if merged and (start < merged[-1][1] or start == end):
            first, last, before = merged[-1]
            merged[-1] = (first, max(last, end), before + part)
        elif start == end:
            pending += part
        else:
            merged.append((start, end, part + pending))
            pending = 0.0
    return merged
