"""Splitting against tensorflow_text's function, and without conditionals."""

import tensorflow as tf
import tensorflow_text as tf_text
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.text.split import split

BOUNDARY, KEPT = r"\s+|[\p{Han}\d]", r"[\p{Han}\d]"
TEXTS = st.lists(st.text(st.sampled_from("ab1 \n北京é👩‍👧\u2028")), min_size=1, max_size=4)


@settings(max_examples=50)
@given(TEXTS)
def test_it_splits_like_tensorflow_text(texts):
    text = tf.constant(texts)
    for ours, theirs in zip(
        split(text, BOUNDARY, KEPT),
        tf_text.regex_split_with_offsets(text, BOUNDARY, KEPT),
        strict=True,
    ):
        assert ours.to_list() == theirs.to_list()


def test_nul_separates_like_a_space():
    surface, starts, ends = split(tf.constant(["a\x00b1", "", "\x00"]), BOUNDARY, KEPT)
    assert surface.to_list() == [[b"a", b"b", b"1"], [], []]
    assert starts.to_list() == [[0, 2, 3], [], []]
    assert ends.to_list() == [[1, 3, 4], [], []]


def test_the_graph_has_neither_conditionals_nor_functions():
    graph = tf.function(split).get_concrete_function(
        tf.TensorSpec([None], tf.string), BOUNDARY, KEPT
    )
    definition = graph.graph.as_graph_def()
    assert {"If", "StatelessIf", "Assert"}.isdisjoint(node.op for node in definition.node)
    assert not definition.library.function
