"""Contributions to a logit: by hand on a linear model, with offsets, for any kind of model."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from pipeline.layers.bag import WeightedBag
from pipeline.layers.temperature import Temperature
from pipeline.tasks.text_classification.attribution import _merge, attributions

WORDS = ["<pad>", "<unk>", "good", "bad", "film"]
VECTORS = np.array([[0, 0], [0, 0], [2, 0], [-1, 0], [0.5, 1]], np.float32)
CLASSES = np.array([[1, 0, 0], [0, -1, 0]], np.float32)  # embedding_dim x classes
NGRAMS = ["<pad>", "good", "bad", "film", "good film"]
WEIGHTS = np.array([[9, 9, 9], [3, 0, 0], [0, 2, 0], [0, 0, 0], [-1, 0, 0]], np.float32)


class Whitespace:
    """A tokenizer of known words and pairs of words."""

    def _words(self, texts):
        return [text.decode().split() for text in texts.numpy().tolist()]

    def __call__(self, texts):
        tokens = [[WORDS.index(word) for word in row] for row in self._words(texts)]
        ngrams = [[NGRAMS.index(name) for name in row] for row in self._ngrams(texts)]
        return tuple(
            tf.ragged.constant(ids, tf.int32, ragged_rank=1).to_tensor(shape=[None, 8])
            for ids in (tokens, ngrams)
        )

    def token_offsets(self, texts):
        rows = []
        for text, words in zip(texts.numpy().tolist(), self._words(texts), strict=True):
            ends = np.cumsum([len(word) + 1 for word in words])
            assert text.decode() == " ".join(words)
            rows.append(
                [(int(e) - 1 - len(w), int(e) - 1) for w, e in zip(words, ends, strict=True)]
            )
        return rows

    def ngram_names(self, texts):
        return [{NGRAMS.index(name): name for name in row} for row in self._ngrams(texts)]

    def _ngrams(self, texts):
        rows = self._words(texts)
        pairs = [[" ".join(row[i : i + 2]) for i in range(len(row) - 1)] for row in rows]
        return [
            [name for name in [*row, *more] if name in NGRAMS]
            for row, more in zip(rows, pairs, strict=True)
        ]


def build(deep=True, wide=True, temperature=1.0):
    """Return a model: word vectors times `CLASSES`, summed, plus the n-gram weights."""
    inputs, parts = {}, []
    if deep:
        inputs["tokens"] = keras.Input([None], dtype="int32", name="tokens")
        embedding = keras.layers.Embedding(len(WORDS), 2, name="embedding")
        vectors = ops.sum(embedding(inputs["tokens"]), axis=1)
        dense = keras.layers.Dense(3, use_bias=False, name="dense")
        parts.append(dense(vectors))
    if wide:
        inputs["ngrams"] = keras.Input([None], dtype="int32", name="ngrams")
        bag = WeightedBag(len(NGRAMS), 3, normalized=False, name="bag")
        parts.append(bag(inputs["ngrams"]))
    scale = Temperature(name="scale")
    logits = scale(sum(parts[1:], start=parts[0]))
    model = keras.Model(inputs, {"label": logits})
    if deep:
        embedding.set_weights([VECTORS])
        dense.set_weights([CLASSES])
    if wide:
        bag.weights_of_ngrams.assign(WEIGHTS)
    scale.temperature.assign(temperature)
    return model


@pytest.fixture(scope="module")
def tokenizer():
    return Whitespace()


def test_contributions_of_a_linear_model_by_hand(tokenizer):
    (attribution,) = attributions(tokenizer, build(), ["good bad film"])
    # Class 0: words 2 - 1 + 0.5, n-grams 3; the pair "bad film" is not known.
    assert (attribution.label, attribution.logit) == (0, pytest.approx(4.5))
    assert attribution.tokens == [(0, 4, 2.0), (5, 8, -1.0), (9, 13, 0.5)]
    assert attribution.ngrams == [("good", 3.0), ("bad", 0.0), ("film", 0.0)]


def test_contributions_add_up_to_the_logit_of_the_best_label(tokenizer):
    texts = ["good film", "bad bad", "film film film", "bad good film good", ""]
    results = attributions(tokenizer, build(temperature=2.0), texts)
    inputs = dict(zip(("tokens", "ngrams"), tokenizer(tf.constant(texts)), strict=True))
    logits = build(temperature=2.0)(inputs)["label"].numpy()
    assert [one.label for one in results] == logits.argmax(axis=1).tolist()
    for one, row in zip(results, logits, strict=True):
        assert one.logit == pytest.approx(row.max())
        total = sum(part for *_, part in one.tokens) + sum(part for _, part in one.ngrams)
        assert total == pytest.approx(one.logit)


def test_repeated_ngrams_are_summed_and_the_strongest_comes_first(tokenizer):
    (attribution,) = attributions(tokenizer, build(deep=False), ["film good film good film"])
    assert attribution.ngrams == [("good", 6.0), ("good film", -2.0), ("film", 0.0)]
    assert attribution.tokens == []


def test_without_ngrams_only_tokens_contribute(tokenizer):
    (attribution,) = attributions(tokenizer, build(wide=False), ["good film"])
    assert attribution.ngrams == []
    assert attribution.tokens == [(0, 4, 2.0), (5, 9, 0.5)]
    assert attributions(tokenizer, build(), []) == []


def test_tokens_that_share_a_character_are_merged():
    # "x👩y": bytes share the emoji, and an empty word-start mark comes first.
    parts = [(0, 0, 1.0), (0, 1, 2.0), (1, 2, 3.0), (1, 2, 4.0), (2, 2, 5.0), (2, 3, 6.0)]
    assert _merge(parts) == [(0, 1, 3.0), (1, 2, 12.0), (2, 3, 6.0)]
    assert _merge([(0, 2, 1.0), (1, 3, 2.0), (5, 6, 3.0)]) == [(0, 3, 3.0), (5, 6, 3.0)]
    assert _merge([]) == _merge([(0, 0, 1.0)]) == []


def test_more_offsets_than_ids_are_an_error():
    class Long(Whitespace):
        def token_offsets(self, texts):
            return [[(0, 1)] * 9]

    with pytest.raises(ValueError, match="offsets of 9 tokens for a text with 8 ids"):
        attributions(Long(), build(), ["good"])
