"""Jordan and Elman-Jordan: by hand, against a plain loop, gold and predicted tags."""

import math

import keras
import numpy as np
import pytest

from pipeline.layers.jordan import Jordan


@pytest.fixture(params=[False, True], ids=["jordan", "elman_jordan"])
def tagger(request):
    """Random weights, large enough for the tags to differ."""
    layer = Jordan(4, hidden_dim=5, elman=request.param)
    layer.build((None, None, 3))
    layer.set_weights([2 * np.random.normal(size=w.shape) for w in layer.get_weights()])
    return layer


@pytest.fixture
def batch():
    """Vectors of rows with 6, 1 and 4 tokens, and their mask."""
    vectors = np.random.normal(size=(3, 6, 3)).astype("float32")
    return vectors, np.arange(6) < np.array([[6], [1], [4]])


def one_unit(elman):
    """A tagger of h = tanh(x + 2 [y = 0] - 2 [y = 1] + 1/4 (+ 3 h)), logits h and -h + 1/10."""
    layer = Jordan(2, hidden_dim=1, elman=elman)
    layer.build((None, None, 1))
    layer.hidden.set_weights([np.array([[1.0]]), np.array([0.25])])
    layer.logits.set_weights([np.array([[1.0, -1.0]]), np.array([0, 0.1])])
    layer.feedback.assign([[2.0], [-2.0]])
    if elman:
        layer.recurrent.assign([[3.0]])
    return layer


@pytest.mark.parametrize("elman", [False, True])
@pytest.mark.parametrize(
    ("gold", "shares"),
    [
        (None, [0, 2, -2]),  # predicted: h_1 > 0, so tag 0; x_2 = -5 makes h_2 < 0, so tag 1
        ([[-1, -1, -1]], [0, 2, -2]),
        ([[1, -1, 0]], [0, -2, -2]),  # the first tag gold, the second predicted, the last unused
        ([[1, 0, 0]], [0, -2, 2]),
    ],
)
def test_three_tokens_by_hand(elman, gold, shares):
    vectors = np.array([[[1.0], [-5.0], [0.5]]], "float32")
    state, expected = 0.0, []
    for x, share in zip([1, -5, 0.5], shares, strict=True):
        state = math.tanh(x + share + 0.25 + (3 * state if elman else 0))
        expected.append([state, -state + 0.1])
    gold = None if gold is None else np.array(gold)
    logits = one_unit(elman)(vectors, np.ones((1, 3), bool), gold)
    np.testing.assert_allclose(logits[0], expected, rtol=1e-5)


def loop(layer, vectors, gold):
    """The formula of the docstring for one row in NumPy; `gold` -1 means predicted."""
    (w, b), (o, c) = layer.hidden.get_weights(), layer.logits.get_weights()
    v = keras.ops.convert_to_numpy(layer.feedback)
    u = keras.ops.convert_to_numpy(layer.recurrent) if layer.elman else 0 * (v.T @ v)
    state, tag, logits = np.zeros(len(b)), None, []
    for x, known in zip(vectors, gold, strict=True):
        state = np.tanh(x @ w + (0 if tag is None else v[tag]) + state @ u + b)
        logits.append(state @ o + c)
        tag = known if known >= 0 else logits[-1].argmax()
    return logits


@pytest.mark.parametrize("known", [0, 0.5, 1])
def test_it_equals_the_plain_loop(tagger, batch, known):
    vectors, mask = batch
    gold = np.random.randint(0, 4, mask.shape)
    gold = np.where(mask & (np.random.random(mask.shape) < known), gold, -1)
    logits = np.array(tagger(vectors, mask, gold))
    for row, length in enumerate(mask.sum(axis=1)):
        expected = loop(tagger, vectors[row, :length], gold[row, :length])
        np.testing.assert_allclose(logits[row, :length], expected, rtol=0, atol=1e-4)


def test_predicted_tags_as_gold_tags_change_nothing(tagger, batch):
    own = tagger(*batch)
    again = tagger(*batch, np.argmax(own, axis=-1))
    np.testing.assert_allclose(again, own, rtol=0, atol=1e-5)


def test_a_gold_tag_influences_later_tokens_only(tagger, batch):
    vectors, mask = batch
    gold = np.zeros(mask.shape, "int32")
    changed = gold.copy()
    changed[0, 2] = 1
    moved = np.any(np.array(tagger(vectors, mask, gold) != tagger(vectors, mask, changed)), axis=-1)
    # Without Elman's connection, the next gold tag blocks the influence.
    assert np.argwhere(moved).tolist() == [[0, t] for t in ((3, 4, 5) if tagger.elman else (3,))]


def test_training_learns_to_use_the_previous_tag():
    """All tokens are equal; tags alternate, starting as the first token determines."""
    vectors, gold = keras.Input((None, 2)), keras.Input((None,), dtype="int32")
    mask = keras.ops.not_equal(vectors[:, :, 0], 0)
    tagger = Jordan(2, hidden_dim=8)
    model = keras.Model([vectors, gold], tagger(vectors, mask, gold))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.05), loss=loss)
    values = np.ones((2, 6, 2), "float32")
    values[:, :, 1] = 0
    values[1, 0, 1] = 1
    tags = np.array([[0, 1, 0, 1, 0, 1], [1, 0, 1, 0, 1, 0]])
    for _ in range(60):
        model.train_on_batch([values, tags], tags)
    free = model([values, np.full_like(tags, -1)])
    np.testing.assert_array_equal(np.argmax(free, axis=-1), tags)
