"""What an answer rests on: how much each token and each n-gram adds to the best label's logit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import keras
import tensorflow as tf

from pipeline.layers.bag import WeightedBag
from pipeline.text import tokens

Piece = tuple[int, int, float]


class Pieces(Protocol):
    """What is asked of a tokenizer; texts are valid UTF-8, string [batch]."""

    def __call__(self, text: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Ids of tokens [batch, tokens] and of n-grams [batch, ngrams], padded with 0."""

    def cut(self, texts: tf.Tensor) -> tf.Tensor:
        """Whether each text has more tokens than the encoder reads; bool [batch]."""

    def pieces(self, texts: tf.Tensor) -> Sequence[Sequence[tuple[int, int]]]:
        """(start, end) of each token of each text, in the order of the ids; code points."""

    def ngram_names(self, texts: tf.Tensor) -> Sequence[Mapping[int, str]]:
        """For each text, the ids of its n-grams to how the n-gram reads."""


class Attribution(NamedTuple):
    """What speaks for a text's best label (above 0) and against it (below 0), in its logit.

    Args:
        label: The best label's place in the vocabulary.
        logit: Its logit, of which these are parts; the rest are biases and what is not linear.
        pieces: (start, end, part) of what the encoder read; code points, end exclusive, in order,
            none empty, none overlapping. Empty where the model has no encoder.
        ngrams: Each n-gram of the linear part with its part, the strongest first; one that stands
            several times in the ids has the sum. Empty where the model has no linear part.
    """

    label: int
    logit: float
    pieces: list[Piece]
    ngrams: list[tuple[str, float]]


def attributions(tokenizer: Pieces, model: keras.Model, texts: Sequence[str]) -> list[Attribution]:
    """One `Attribution` a text, for the label that the model answers.

    Of an embedded token x_i the part is the gradient of the logit times the token: x_i . dz/dx_i,
    the first-order change if the token were embedded as 0 (Denil et al. 2014, "Extraction of
    salient sentences from labelled documents"). Of an n-gram it is the summand itself, since the
    linear part is a sum.

    Args:
        tokenizer: Of the model.
        model: Its inputs are `tokens`, `ngrams` or both, its output `label`: logits
            [batch, classes]. What reads tokens are `Embedding`s, one a member of an ensemble, whose
            parts are added; what reads n-grams is a `WeightedBag`.
        texts: One at a time goes through the model, so keep them few.
    """
    bag = next((layer for layer in model.layers if isinstance(layer, WeightedBag)), None)
    embeddings = [each for each in model.layers if isinstance(each, keras.layers.Embedding)]
    probed = {"tokens": [each.output for each in embeddings]} if embeddings else {}
    if bag is not None:
        probed["ngrams"] = bag.output
    probe = keras.Model(model.input, {**probed, "logits": model.output["label"]})
    return [_of_text(tokenizer, probe, bag, text) for text in texts]


def _of_text(
    tokenizer: Pieces, probe: keras.Model, bag: WeightedBag | None, text: str
) -> Attribution:
    asked = tokens.clean(tf.constant([text], tf.string))
    ids = dict(zip(("tokens", "ngrams"), tokenizer(asked), strict=True))
    with tf.GradientTape() as tape:
        seen = probe({name: ids[name] for name in probe.input}, training=False)
        logits = seen.pop("logits")[0]
        best = tf.argmax(logits)
        logit = logits[best]
    slopes = tape.gradient(logit, seen, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    pieces: list[Piece] = []
    ngrams: dict[str, float] = {}
    if "tokens" in seen:
        read = zip(seen["tokens"], slopes["tokens"], strict=True)
        parts = sum(tf.reduce_sum(x * slope, axis=-1)[0] for x, slope in read)
        pieces = _apart(_placed(tokenizer.pieces(asked)[0], parts.numpy()))
    if bag is not None:
        summands = _summands(bag, ids["ngrams"], slopes)
        names = tokenizer.ngram_names(asked)[0]
        for number, part in zip(ids["ngrams"][0].numpy().tolist(), summands, strict=True):
            if number:  # 0 is padding
                ngrams[names[number]] = ngrams.get(names[number], 0.0) + part
    strongest = sorted(ngrams.items(), key=lambda item: -abs(item[1]))
    return Attribution(int(best), float(logit), pieces, strongest)


def _placed(places: Sequence[tuple[int, int]], parts: Sequence[float]) -> list[Piece]:
    """Places with their parts; ids after the last place are padding."""
    if len(places) > len(parts):
        raise ValueError(
            f"the tokenizer gives {len(places)} pieces of a text with {len(parts)} ids"
        )
    return [(*place, float(part)) for place, part in zip(places, parts, strict=False)]


def _summands(bag: WeightedBag, ids: tf.Tensor, slopes: Mapping[str, Any]) -> list[float]:
    """What each n-gram adds to the logit: its scores of all classes, by what the logit makes of it.

    That is 1 / temperature for the label's own score and 0 for the others, if the model adds it.
    """
    scores = bag.ngram_weights(ids) * tf.gather(bag.weights_of_ngrams.value, ids)
    parts = tf.reduce_sum(scores * slopes["ngrams"][:, None], axis=-1)
    summands: list[float] = parts[0].numpy().tolist()
    return summands


def _apart(pieces: Sequence[Piece]) -> list[Piece]:
    """Pieces that share a character, as its bytes do, as one; empty ones go to their neighbour."""
    joined: list[Piece] = []
    waiting = 0.0
    for start, end, part in pieces:
        if joined and (start < joined[-1][1] or start == end):
            first, last, before = joined[-1]
            joined[-1] = (first, max(last, end), before + part)
        elif start == end:
            waiting += part
        else:
            joined.append((start, end, part + waiting))
            waiting = 0.0
    return joined
