"""The translator: any encoder with any decoder, one step at a time and all at once."""

import keras
import numpy as np
import pytest
from keras import ops

from pipeline.tasks.translation.model import LOSSES, build_model, losses

SOURCE = np.array([[5, 6, 7, 8], [9, 5, 0, 0], [11, 0, 0, 0]], np.int32)
TARGET = np.array([[2, 9, 8, 7, 3], [2, 6, 3, 0, 0], [2, 4, 4, 3, 0]], np.int32)
ENCODERS = ("elman", "lstm", "gru", "convolution", "self_attention")
DECODERS = ("elman", "lstm", "gru", "self_attention")
ATTENTIONS = ("none", "additive", "dot", "general", "concat", "scaled_dot", "multi_head")


def stepped(model, source, target):
    """Logits after each token, one at a time, each hypothesis twice."""
    fixed = model.fix(ops.convert_to_tensor(source))
    state = {name: ops.repeat(value, 2, axis=1) for name, value in model.start(fixed).items()}
    found = []
    for place in range(target.shape[1]):
        tokens = ops.convert_to_tensor(np.stack([target[:, place]] * 2, axis=1))
        logits, state, attention = model.step(tokens, state, fixed)
        assert tuple(attention.shape) == (len(source), 2, source.shape[1])
        assert np.allclose(logits[:, 0], logits[:, 1], atol=1e-6)
        found.append(np.asarray(logits[:, 0]))
    return np.stack(found, axis=1)


COMBINATIONS = [
    *({"encoder": encoder, "decoder": "gru"} for encoder in ENCODERS),
    *({"encoder": "lstm", "decoder": decoder, "attention": "general"} for decoder in DECODERS),
    *({"decoder": "lstm", "attention": attention} for attention in ATTENTIONS),
    {"decoder": "gru", "input_feeding": True, "attention": "dot"},
    {"encoder": "self_attention", "decoder": "self_attention", "tied": "all", "decoder_depth": 2},
    {"encoder": "gru", "encoder_depth": 2, "decoder": "lstm", "decoder_depth": 2, "tied": "none"},
    {"hidden_dim": 12, "tied": "all", "bidirectional": False},
]


@pytest.mark.parametrize("changed", COMBINATIONS, ids=str)
def test_steps_give_what_the_whole_gives(make, changed):
    model = build_model(make(model=changed), {})
    whole = np.asarray(model.logits(SOURCE, TARGET))
    assert whole.shape == (3, 5, 400)
    assert np.allclose(whole, stepped(model, SOURCE, TARGET), atol=1e-4)


def test_the_loss_is_that_of_the_logits(make):
    model = build_model(make(), {})
    found = np.asarray(model({"source": SOURCE, "target": TARGET})[LOSSES])
    logits = ops.log_softmax(model.logits(SOURCE, TARGET[:, :-1]))
    gold = np.take_along_axis(np.asarray(logits), TARGET[:, 1:, None], axis=2)[..., 0]
    assert np.allclose(found, -gold, atol=1e-5)


@pytest.mark.parametrize(
    "strands",
    [2, pytest.param(5, marks=pytest.mark.slow)],  # 5: more than there are rows
)
def test_strands_have_the_loss_and_the_gradients_of_the_whole(make, strands):
    batch = {"source": SOURCE, "target": TARGET}
    weights = {LOSSES: np.float32(TARGET[:, 1:] > 0)}
    moved, costs = [], []
    for number in (1, strands):
        settings = make(model={"dropout": 0.0}, train={"strands": number, "label_smoothing": 0.1})
        keras.utils.set_random_seed(3)
        model = build_model(settings, {})
        before = [ops.convert_to_numpy(weight).copy() for weight in model.trainable_variables]
        model.compile(optimizer=keras.optimizers.SGD(1.0), loss=losses(settings, model))
        costs.append(model.train_on_batch(batch, {LOSSES: TARGET[:, 1:]}, weights))
        after = [ops.convert_to_numpy(weight) for weight in model.trainable_variables]
        moved.append([new - old for new, old in zip(after, before, strict=True)])
    np.testing.assert_allclose(*costs, rtol=1e-6)
    for whole, parts in zip(*moved, strict=True):
        np.testing.assert_allclose(parts, whole, atol=1e-6)
    assert sum(np.abs(step).sum() for step in moved[0]) > 0.1


def test_padding_changes_nothing(make):
    model = build_model(make(model={"encoder": "self_attention", "decoder": "gru"}), {})
    wide = np.pad(SOURCE, [(0, 0), (0, 3)])
    assert np.allclose(model.logits(SOURCE, TARGET), model.logits(wide, TARGET), atol=1e-5)


def test_candidates_have_the_logits_that_they_have_among_all(make):
    model = build_model(make(), {})
    fixed = model.fix(SOURCE)
    candidates = np.array([[3, 9, 8], [3, 7, -1], [5, -1, -1]], np.int32)
    tokens = np.full((3, 1), 2, np.int32)
    whole, _, _ = model.step(tokens, model.start(fixed), fixed)
    some, _, _ = model.step(tokens, model.start(fixed), model.with_candidates(fixed, candidates))
    for row, columns in enumerate(candidates):
        real = columns >= 0
        assert np.allclose(np.asarray(some)[row, 0, real], np.asarray(whole)[row, 0, columns[real]])


@pytest.mark.slow
def test_it_learns_a_few_pairs_by_heart(make):
    settings = make(train={"label_smoothing": 0.0}, model={"hidden_dim": 32, "embedding_dim": 32})
    model = build_model(settings, {})
    model.compile(optimizer=keras.optimizers.Adam(0.03), loss=losses(settings, model))
    weights = (TARGET[:, 1:] != 0).astype("float32")
    batch = ({"source": SOURCE, "target": TARGET}, {LOSSES: TARGET[:, 1:]}, {LOSSES: weights})
    first = float(model.train_on_batch(*batch))
    for _ in range(40):
        last = float(model.train_on_batch(*batch))
    assert first > 4
    assert last < 0.1


def test_mixed_precision_is_near_and_in_training_alone(make):
    model, half = (build_model(make(train={"mixed_precision": m}), {}) for m in (False, True))
    half.set_weights(model.get_weights())
    inputs = {"source": SOURCE, "target": TARGET}
    for training, near in ((True, 0.05), (False, 1e-6)):
        exact, other = (np.asarray(m(inputs, training=training)[LOSSES]) for m in (model, half))
        assert np.allclose(exact, other, atol=near)
        assert (exact != other).any() == training


def test_scheduled_sampling_reads_its_own_guesses_in_training_alone(make):
    model = build_model(make(train={"scheduled_sampling": 0.999}), {})
    inputs = {"source": SOURCE, "target": TARGET}
    plain, sampled = (np.asarray(model(inputs, training=t)[LOSSES]) for t in (False, True))
    smoothing = make().train.label_smoothing
    other = build_model(make(train={"scheduled_sampling": 0.0}), {})
    other.set_weights(model.get_weights()[: len(other.get_weights())])
    gold = np.asarray(other(inputs, training=True)[LOSSES])
    assert smoothing > 0
    assert np.allclose(sampled[:, 0], gold[:, 0], atol=1e-5)  # after <s> nothing is guessed
    assert not np.allclose(sampled[:, 1:], gold[:, 1:], atol=1e-3)
    assert np.isfinite(plain).all()


def test_a_token_that_weighs_nothing_teaches_nothing(make):
    settings = make()
    model = build_model(settings, {})
    (loss,) = losses(settings, model).values()
    given = np.array([[1.0, 3.0], [100.0, 2.0]], np.float32)
    weights = np.array([[1.0, 1.0], [0.0, 1.0]], np.float32)
    assert float(loss(given, given, sample_weight=weights)) == pytest.approx(2.0)
