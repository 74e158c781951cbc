"""Weights and moments of an old model in a grown one."""

import keras
import numpy as np
import pytest

from pipeline.config import load_config
from pipeline.errors import InputError
from pipeline.layers.temperature import Temperature
from pipeline.runs import VersionFolder
from pipeline.stages.retraining import candidate_start
from pipeline.stages.retraining.remap import COUNTED_ANEW
from pipeline.stages.training.assembly import read_vocabularies
from pipeline.stages.training.lazy_adamw import LazyAdamW
from pipeline.task import Axis, Layout
from pipeline.tasks import find_task, schema_of

WEIGHTS = {
    "words/embeddings": ("words", None),
    "tags/kernel": (None, "tags"),
    "tags/bias": ("tags",),
}


def layout(words, tags):
    axes = {"words": Axis(words, lambda terms: [[0] for _ in terms]), "tags": Axis(tags)}
    return Layout(axes, WEIGHTS)


def make(words, tags):
    """A model whose optimizer has made one step, where it has as many words and tags."""
    ids = keras.Input((None,), dtype="int32")
    vectors = keras.layers.Embedding(words, 2, name="words")(ids)
    model = keras.Model(ids, keras.layers.Dense(tags, name="tags")(vectors))
    optimizer = LazyAdamW(0.1, use_ema=True, ema_momentum=0.9)
    optimizer.build(model.trainable_variables)
    model.compile(optimizer=optimizer, loss="mse")
    return model


@pytest.fixture(scope="module")
def trained():
    """A small model after three steps, and the arrays that its weights file would have."""
    model = make(2, 2)
    for _ in range(3):
        model.train_on_batch(np.array([[0, 1]]), np.ones((1, 2, 2), "float32"))
    own = f"{model.optimizer.name}/"
    arrays = {f"model/{w.path}": np.asarray(w) for w in model.weights}
    arrays |= {
        f"optimizer/{v.path.removeprefix(own)}": np.asarray(v) for v in model.optimizer.variables
    }
    return arrays


OLD, NEW = layout(["a", "b"], ["x", "y"]), layout(["a", "b", "c"], ["x", "y", "z"])


@pytest.fixture
def grown(trained):
    old = candidate_start.IncumbentWeights(trained, OLD, is_whole=False)
    model = make(3, 3)
    return old, model, candidate_start.start_weights(old, model, NEW)


def test_a_grown_model_answers_old_words_as_before(trained, grown):
    _, model, _ = grown
    kernel, bias, table = (
        trained[f"model/{n}"] for n in ("tags/kernel", "tags/bias", "words/embeddings")
    )
    found = np.asarray(model(np.array([[0, 1, 2]])))[0]
    assert np.allclose(found[:2, :2], table @ kernel + bias, atol=1e-6)
    assert np.allclose(found[2, :2], found[0, :2])  # the new word starts from the first


def test_moments_follow_their_weights_and_new_rows_have_none(trained, grown):
    old, model, _ = grown
    assert candidate_start.start_optimizer(old, model, NEW) == []
    optimizer = model.optimizer
    assert int(optimizer.iterations) == old.steps == 3
    slots = {v.path.partition("/")[2]: np.asarray(v) for v in optimizer.variables}
    momentum = slots["tags_kernel_momentum"]
    assert np.array_equal(momentum[:, :2], trained["optimizer/tags_kernel_momentum"])
    assert np.abs(momentum[:, :2]).max() > 0
    assert not momentum[:, 2].any()
    assert np.array_equal(slots["tags_bias_average"], np.asarray(model.get_layer("tags").bias))


def test_without_an_optimizer_every_weight_begins_anew(trained, grown):
    _, model, _ = grown
    alone = {name: value for name, value in trained.items() if name.startswith("model/")}
    old = candidate_start.IncumbentWeights(alone, OLD, is_whole=False)
    assert old.steps == 0
    assert len(candidate_start.start_optimizer(old, model, NEW)) == 3


def test_a_weight_that_is_missing_on_either_side_is_named(trained):
    more = {**trained, "model/gone/kernel": np.zeros(1)}
    less = {name: value for name, value in trained.items() if name != "model/tags/bias"}
    with pytest.raises(InputError, match=r"^gone/kernel: a weight of only the old model"):
        candidate_start.start_weights(
            candidate_start.IncumbentWeights(more, OLD, False), make(3, 3), NEW
        )
    with pytest.raises(InputError, match=r"^tags/bias: a weight of only the new model"):
        candidate_start.start_weights(
            candidate_start.IncumbentWeights(less, OLD, False), make(3, 3), NEW
        )


def test_the_table_sums_up_by_axis(grown):
    _, _, lines = grown
    assert candidate_start.summed(lines) == [("words", 1, 2, 1, 0), ("tags", 2, 2, 1, 0)]


def test_what_is_calibrated_holds_until_it_is_again_what_is_counted_is_counted_anew(trained):
    """With all old rows here, too: thresholds of 0.5 would not be those that the old model has."""
    model = make(3, 3)
    model.get_layer("tags").trainable = False
    counts = model.get_layer("words").embeddings
    counts.trainable = False
    begun = np.asarray(counts).copy()
    calibrated = NEW._replace(calibrated={"tags/bias"})
    old = candidate_start.IncumbentWeights(
        {**trained, "model/tags/bias": np.array([0.2, 0.7])}, OLD, is_whole=True
    )
    candidate_start.start_weights(old, model, calibrated)
    assert np.asarray(model.get_layer("tags").bias)[:2] == pytest.approx([0.2, 0.7])
    assert np.array_equal(np.asarray(counts), begun)


@pytest.mark.parametrize(
    "task",
    ["slot_filling", "text_classification", pytest.param("translation", marks=pytest.mark.slow)],
)
def test_with_all_old_rows_here_a_model_begins_as_it_was_but_for_what_is_counted(version_of, task):
    version = VersionFolder(version_of(task))
    found = find_task(task)
    config = load_config(version.config, schema_of)
    vocabularies = read_vocabularies(version.vocabularies)
    model = found.model.build_model(config.settings, vocabularies)
    known = found.model.layout(config.settings, vocabularies)
    old = candidate_start.read(version.weights, known, is_whole=True)
    lines = candidate_start.start_weights(old, model, known)
    anew = {line.weight for line in lines if line.axis == COUNTED_ANEW}
    kept = {w.path: np.asarray(w) for w in model.weights if w.path not in anew}
    for path, value in kept.items():  # the temperatures, which have no axis, among them
        assert np.array_equal(value, old.arrays[f"model/{path}"]), path
    assert not anew & {weight.path for weight in model.trainable_weights}


def test_a_single_number_that_no_gradient_changes_is_copied_also_where_all_old_rows_are_here():
    """A temperature has no axis, so it is no count; Keras' shape of it is true all the same."""
    ids = keras.Input((None,), dtype="int32")
    vectors = keras.layers.Embedding(2, 2, name="words")(ids)
    model = keras.Model(ids, Temperature(name="scale")(vectors))
    arrays = {f"model/{weight.path}": np.asarray(weight) for weight in model.weights}
    old = candidate_start.IncumbentWeights(
        {**arrays, "model/scale/temperature": np.array(1.7)}, OLD, is_whole=True
    )
    lines = candidate_start.start_weights(old, model, OLD)
    assert float(model.get_layer("scale").temperature) == pytest.approx(1.7)
    assert [line for line in lines if line.weight == "scale/temperature"] == [
        ("scale/temperature", "copied whole", 1, 0, 0)
    ]
