"""The CRF against enumeration of all tag sequences, for several lengths and with padding."""

import itertools
import math

import keras
import numpy as np
import pytest

from pipeline.layers.crf import CRF, CRFLoss, bio_constraints, bioes_constraints

TAGS = ["O", "B-x", "I-x"]
FREE = (None, None, None)
BIO = bio_constraints(TAGS)
BIOES = bioes_constraints(["O", "B-x", "I-x", "E-x", "S-x"])
LENGTHS = [1, 4, 2, 3]


@pytest.fixture(params=[(3, FREE), (3, BIO), (5, BIOES)], ids=["free", "bio", "bioes"])
def crf(request):
    """A CRF with random weights."""
    size, constraints = request.param
    layer = CRF(size, *constraints)
    layer.build((None, None, size))
    drawn = [np.random.normal(size=w.shape) for w in layer.get_weights()[:3]]
    layer.set_weights([*drawn, np.array(1.0)])
    return layer


@pytest.fixture
def batch(crf):
    """Emissions of rows with 1 to 4 tokens, and their mask."""
    mask = np.arange(4) < np.array(LENGTHS)[:, None]
    return np.random.normal(size=(4, 4, crf.num_tags)).astype("float32"), mask


@pytest.fixture
def gold(crf, batch):
    """Return the worst allowed sequence of each row; -1 at padding."""
    tags = np.full((4, 4), -1)
    for row, (emissions, n) in enumerate(zip(batch[0], LENGTHS, strict=True)):
        found = scores(crf, emissions[:n])
        tags[row, :n] = min(found, key=found.get)
    return tags


def scores(crf, emissions):
    """Return all allowed tag sequences with their scores."""
    transitions, starts, ends = crf.get_weights()[:3]
    found = {}
    for path in itertools.product(range(crf.num_tags), repeat=len(emissions)):
        steps = list(itertools.pairwise(path))
        if crf.allowed is not None and not (
            crf.allowed_start[path[0]]
            and all(crf.allowed[step] for step in steps)
            and crf.allowed_end[path[-1]]
        ):
            continue
        found[path] = (
            starts[path[0]]
            + sum(emissions[t, tag] for t, tag in enumerate(path))
            + sum(transitions[step] for step in steps)
            + ends[path[-1]]
        )
    return found


def probabilities(crf, emissions):
    """Return all tag sequences with their probabilities."""
    found = scores(crf, emissions)
    total = sum(math.exp(score) for score in found.values())
    return {path: math.exp(score) / total for path, score in found.items()}


def test_log_likelihood_equals_enumeration(crf, batch, gold):
    emissions, mask = batch
    expected = [
        math.log(probabilities(crf, row[:n])[tuple(tags[:n])])
        for row, tags, n in zip(emissions, gold, LENGTHS, strict=True)
    ]
    found = crf.log_likelihood(emissions, gold, mask)
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    ones = np.ones(crf.num_tags)
    np.testing.assert_allclose(crf.log_likelihood(emissions, gold, mask, ones), found, rtol=1e-4)


def test_decode_with_marginals_equals_both_methods(crf, batch):
    crf.temperature.assign(1.7)
    best, chances = crf.decode_with_marginals(*batch)
    np.testing.assert_array_equal(best, crf.decode(*batch))
    np.testing.assert_allclose(chances, crf.marginals(*batch), rtol=1e-5, atol=1e-6)


def test_tag_weights_weight_each_conditional_probability(crf, batch, gold):
    emissions, mask = batch
    weights = np.arange(1, crf.num_tags + 1)
    expected = []
    for row, tags, n in zip(emissions, gold, LENGTHS, strict=True):
        found = probabilities(crf, row[:n])
        sums = [
            sum(p for path, p in found.items() if path[:t] == tuple(tags[:t])) for t in range(n + 1)
        ]
        steps = [math.log(after / before) for before, after in itertools.pairwise(sums)]
        expected.append(sum(weights[tag] * step for tag, step in zip(tags[:n], steps, strict=True)))
    found = crf.log_likelihood(emissions, gold, mask, weights)
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_the_gradient_is_observed_minus_expected_counts(crf, batch, gold):
    emissions, _ = batch
    inputs = keras.Input((None, crf.num_tags))
    below = keras.layers.Dense(crf.num_tags, use_bias=False, kernel_initializer="identity")
    model = keras.Model(inputs, crf(below(inputs)))
    model.compile(optimizer=keras.optimizers.SGD(1.0), loss=CRFLoss(crf))
    kernel = np.zeros((crf.num_tags, crf.num_tags))
    moves, starts, ends = (np.zeros_like(weight) for weight in crf.get_weights()[:3])
    for row, tags, n in zip(emissions, gold, LENGTHS, strict=True):
        found = probabilities(crf, row[:n])
        for path, weight in [(tuple(tags[:n]), 1), *((path, -p) for path, p in found.items())]:
            starts[path[0]] += weight / 4
            ends[path[-1]] += weight / 4
            for step in itertools.pairwise(path):
                moves[step] += weight / 4
            for t, tag in enumerate(path):
                kernel[:, tag] += row[t] * weight / 4
    before = [*crf.get_weights()[:3], below.get_weights()[0]]
    model.train_on_batch(emissions, gold)
    after = [*crf.get_weights()[:3], below.get_weights()[0]]
    for expected, old, new in zip([moves, starts, ends, kernel], before, after, strict=True):
        np.testing.assert_allclose(new - old, expected, atol=1e-5)


def test_decode_finds_the_best_sequence(crf, batch):
    emissions, _ = batch
    for row, found, n in zip(emissions, np.array(crf.decode(*batch)), LENGTHS, strict=True):
        best = scores(crf, row[:n])
        assert tuple(found[:n]) == max(best, key=best.get)
        assert not found[n:].any()


def test_marginals_are_sums_over_sequences(crf, batch):
    emissions, _ = batch
    for row, found, n in zip(emissions, np.array(crf.marginals(*batch)), LENGTHS, strict=True):
        expected = np.zeros((4, crf.num_tags))
        for path, probability in probabilities(crf, row[:n]).items():
            for t, tag in enumerate(path):
                expected[t, tag] += probability
        np.testing.assert_allclose(found, expected, atol=1e-5)


def test_the_temperature_divides_all_scores_and_keeps_the_best_sequence(crf, batch):
    emissions, mask = batch
    best = crf.decode(emissions, mask)
    crf.set_weights([*(weight / 2 for weight in crf.get_weights()[:3]), np.array(1.0)])
    halved = crf.marginals(emissions / 2, mask)
    crf.set_weights([*(weight * 2 for weight in crf.get_weights()[:3]), np.array(2.0)])
    np.testing.assert_allclose(crf.marginals(emissions, mask), halved, atol=1e-6)
    np.testing.assert_array_equal(crf.decode(emissions, mask), best)


@pytest.mark.parametrize("length", [1, 2, 5])
def test_padding_has_no_influence_and_one_token_is_enough(crf, length):
    size = crf.num_tags
    emissions = np.random.normal(size=(2, length, size)).astype("float32")
    longer = np.concatenate([emissions, np.full((2, 3, size), 50, "float32")], axis=1)
    mask = np.ones((2, length), bool)
    longer_mask = np.pad(mask, [(0, 0), (0, 3)])
    tags = np.zeros((2, length), "int32")
    alone, padded = (emissions, mask), (longer, longer_mask)
    np.testing.assert_array_equal(crf.decode(*padded)[:, :length], crf.decode(*alone))
    np.testing.assert_allclose(crf.marginals(*padded)[:, :length], crf.marginals(*alone), atol=1e-6)
    np.testing.assert_allclose(
        crf.log_likelihood(longer, np.pad(tags, [(0, 0), (0, 3)]), longer_mask),
        crf.log_likelihood(emissions, tags, mask),
        atol=1e-5,
    )


def test_a_row_of_padding_has_no_loss_and_no_tags(crf):
    emissions = np.random.normal(size=(1, 3, crf.num_tags)).astype("float32")
    mask = np.zeros((1, 3), bool)
    assert not np.any(crf.log_likelihood(emissions, np.full((1, 3), -1), mask))
    assert not np.any(crf.decode(emissions, mask))
    assert not np.any(crf.marginals(emissions, mask))


def test_a_long_text_does_not_overflow_or_underflow(crf):
    emissions = 10 * np.random.normal(size=(1, 200, crf.num_tags)).astype("float32")
    mask = np.ones((1, 200), bool)
    best = crf.decode(emissions, mask)
    assert np.isfinite(crf.log_likelihood(emissions, best, mask)).all()
    np.testing.assert_allclose(np.sum(crf.marginals(emissions, mask), axis=-1), 1, atol=1e-5)


def test_inside_tags_follow_only_their_own_slot():
    allowed, start, end = bio_constraints(["O", "B-x", "I-x", "B-y", "I-y"])
    assert start == [1, 1, 0, 1, 0]
    assert end == [1, 1, 1, 1, 1]
    assert [row[2] for row in allowed] == [0, 1, 1, 0, 0]
    assert all(row[0] and row[1] and row[3] for row in allowed)


@pytest.mark.parametrize("letters", ["BIES", "BILU"])
def test_with_bioes_open_spans_are_closed(letters):
    b, i, e, s = (f"{letter}-x" for letter in letters)
    tags = ["O", b, i, e, s, "B-y", f"{letters[2]}-y"]
    allowed, start, end = bioes_constraints(tags)
    follow = {
        tag: {tags[j] for j, may in enumerate(row) if may}
        for tag, row in zip(tags, allowed, strict=True)
    }
    outside = {"O", b, s, "B-y"}
    assert follow["O"] == follow[e] == follow[s] == outside
    assert follow[b] == follow[i] == {i, e}
    assert {tag for tag, may in zip(tags, start, strict=True) if may} == outside
    assert [tag for tag, may in zip(tags, end, strict=True) if may] == ["O", e, s, tags[-1]]


def test_invalid_tag_weights_are_rejected():
    with pytest.raises(ValueError, match=r"one tag weight per tag \(3\); received 2"):
        CRFLoss(CRF(3), tag_weights=[1.0, 2.0])


def test_invalid_shapes_are_rejected():
    with pytest.raises(
        ValueError, match=r"allowed must have the shape \(3, 3\); received \(2, 2\)"
    ):
        CRF(3, allowed=[[1, 1], [1, 1]])
    with pytest.raises(ValueError, match="CRF: expected num_tags = 3 scores per token; received 4"):
        CRF(3).build((None, None, 4))


def test_config_and_saved_model_round_trip(revived):
    layer = CRF(3, *BIO, name="crf")
    again = CRF.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
    emissions = keras.Input((None, 3))
    model = keras.Model(emissions, layer(emissions))
    layer.set_weights([np.random.normal(size=w.shape) for w in layer.get_weights()])
    values, mask = np.random.normal(size=(2, 5, 3)).astype("float32"), np.ones((2, 5), bool)
    loaded = revived(model).get_layer("crf")
    np.testing.assert_array_equal(loaded.marginals(values, mask), layer.marginals(values, mask))


def test_the_loss_trains_the_crf_and_the_layers_below():
    words = keras.Input((None, 4))
    crf = CRF(3, name="crf")
    model = keras.Model(words, crf(keras.layers.Dense(3)(words)))
    model.compile(keras.optimizers.Adam(0.1), loss=CRFLoss(crf))
    features = np.random.normal(size=(8, 4, 4)).astype("float32")
    gold = np.where(np.arange(4) < np.arange(1, 9)[:, None], features.argmax(-1) % 3, -1)
    before = [keras.ops.convert_to_numpy(weight) for weight in model.trainable_variables]
    losses = [float(model.train_on_batch(features, gold)) for _ in range(20)]
    assert np.isfinite(losses).all()
    assert losses[-1] < 0.5 * losses[0]
    for new, old in zip(model.trainable_variables, before, strict=True):
        assert not np.array_equal(keras.ops.convert_to_numpy(new), old)
