"""Search and sampling in a graph with unknown shapes and in a SavedModel."""

import numpy as np
import pytest
import tensorflow as tf

from pipeline.decoding.score import score_targets
from pipeline.decoding.search import sample, search
from pipeline.decoding.settings import Sampling, Search
from pipeline.errors import InputError

MEMORY = tf.TensorSpec([None, None, 4], tf.float32, name="memory")
MASK = tf.TensorSpec([None, None], tf.bool, name="mask")
LENGTH = tf.TensorSpec([None], tf.int32, name="max_length")
BEAM = Search(beam_width=4, n_best=2, length_penalty=0.6, coverage_penalty=0.2, no_repeat_ngram=3)
DRAWN = Sampling(samples=3, top_p=0.9)
LENGTHS = [9, 2, 6, 1, 4]
RESULTS = ("beam", "greedy", "drawn")


class Translator(tf.Module):
    """A toy model with signatures for beam search, greedy decoding, sampling and scoring."""

    def __init__(self, toy):
        super().__init__()
        self.toy = toy

    def given(self, memory, mask, growing=False):
        batch = tf.shape(memory)[0]
        name, shape = ("prefix", [batch, 1, 0, 4]) if growing else ("vector", [batch, 1, 4])
        return self.toy.step, {name: tf.zeros(shape)}, {"memory": memory, "mask": mask}

    @tf.function(input_signature=[MEMORY, MASK, LENGTH])
    def beam(self, memory, mask, length):
        given = self.given(memory, mask, growing=True)
        return search(*given, BEAM, length, padding_mask=mask)._asdict()

    @tf.function(input_signature=[MEMORY, MASK, LENGTH])
    def greedy(self, memory, mask, length):
        return search(*self.given(memory, mask), Search(beam_width=1), length)._asdict()

    @tf.function(input_signature=[MEMORY, MASK, LENGTH])
    def drawn(self, memory, mask, length):
        seeds = tf.stack([length, length], 1)
        return sample(*self.given(memory, mask), DRAWN, seeds, length)._asdict()

    @tf.function(
        input_signature=[MEMORY, MASK, tf.TensorSpec([None, None], tf.int32, name="target")]
    )
    def score(self, memory, mask, target):
        return score_targets(*self.given(memory, mask), target)._asdict()


@pytest.fixture(scope="module")
def model(toy):
    return toy(vocabulary=300, batch=5, source=4, seed=14)


@pytest.fixture(scope="module")
def module(model):
    return Translator(model)


def test_a_saved_model_gives_the_same_results(model, module, tmp_path):
    tf.saved_model.save(module, str(tmp_path))
    loaded = tf.saved_model.load(str(tmp_path))
    for rows in (slice(None), slice(2, 3), slice(0, 0)):
        source = tf.constant(model.memory[rows]), tf.constant(model.mask[rows])
        lengths = tf.constant(LENGTHS[rows], tf.int32)
        for name in RESULTS:
            expected = getattr(module, name)(*source, lengths)
            found = getattr(loaded, name)(*source, lengths)
            assert found.keys() == expected.keys()
            for key in found:
                np.testing.assert_array_equal(found[key], expected[key])
        targets = tf.constant([[5, 9, 3]] * len(lengths), tf.int32, [len(lengths), 3])
        total = loaded.score(*source, targets)["total"]
        np.testing.assert_array_equal(total, module.score(*source, targets)["total"])


@pytest.mark.parametrize("name", RESULTS)
def test_graph_and_eager_results_are_equal(model, module, plain, same, name):
    given = tf.constant(model.memory), tf.constant(model.mask), tf.constant(LENGTHS)
    graph = getattr(module, name)(*given)
    eager = getattr(module, name).python_function(*given)
    for one, other in zip(plain(graph.values()), plain(eager.values()), strict=True):
        same(one, other)


def test_static_shapes_of_the_outputs(module):
    outputs = module.beam.get_concrete_function().structured_outputs
    shapes = {name: tensor.shape.as_list() for name, tensor in outputs.items()}
    assert shapes["scores"] == shapes["lengths"] == shapes["finished"] == [None, 2]
    assert shapes["tokens"] == [None, 2, None]
    assert len(shapes["attention"]) == 4


def test_a_missing_padding_mask_is_rejected(toy):
    model = toy(6, batch=1)
    with pytest.raises(InputError, match="needs the padding_mask"):
        search(model.step, model.start(), model.fixed(), BEAM, [5])
