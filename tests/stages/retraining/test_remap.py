"""Rows of weights in their new places, on arrays that can be followed by hand."""

import numpy as np
import pytest

from pipeline.errors import InputError
from pipeline.stages.retraining.remap import COUNTED_ANEW, WHOLE, Line, axes_of, places, remap
from pipeline.task import Axis, Layout

WEIGHTS = {
    "words_*/embeddings": ("words", None),
    "crf/transitions": ("tags", "tags"),
    "tags_*/bias": ("tags",),
}


def unknown(terms):
    return [[1] for _ in terms]


def layout(words, tags, parts=unknown):
    return Layout({"words": Axis(words, parts), "tags": Axis(tags)}, WEIGHTS)


OLD = layout(["<pad>", "<unk>", "a"], ["O", "B-x", "I-x"])
NEW = layout(["<pad>", "<unk>", "a", "b"], ["O", "B-x", "I-x", "B-y", "I-y"])


def test_a_pattern_is_taken_part_by_part():
    assert axes_of("words_1/embeddings", OLD) == ("words", None)
    assert axes_of("tags_1/bias", OLD) == ("tags",)
    assert axes_of("tags_1/hidden/bias", OLD) == ()
    assert axes_of("other/words_1/embeddings", OLD) == ()


def test_old_rows_are_copied_and_a_new_word_starts_from_its_parts():
    old, begun = np.array([[0.0, 0], [1, 2], [3, 4]]), np.full((4, 2), 9.0)
    value, lines = remap("words_1/embeddings", old, begun, (OLD, NEW), learnt=True)
    assert value.tolist() == [[0, 0], [1, 2], [3, 4], [1, 2]]
    assert lines == [Line("words_1/embeddings", "words", copied=3, new=1, dropped=0)]


def test_a_new_piece_starts_from_the_mean_of_what_it_was_cut_into():
    old = layout(["p", "q", "r"], ["O"], lambda terms: [[0, 2] for _ in terms])
    new = layout(["p", "q", "r", "pr"], ["O"])
    table = np.array([[2.0, 0], [7, 7], [4, 6]])
    value, _ = remap("words_1/embeddings", table, np.zeros((4, 2)), (old, new), learnt=True)
    assert value[3].tolist() == [3, 3]


def test_what_is_counted_and_not_learnt_keeps_its_new_places():
    old, begun = np.array([[0.0], [1], [2]]), np.full((4, 1), 9.0)
    value, _ = remap("words_1/embeddings", old, begun, (OLD, NEW), learnt=False)
    assert value.ravel().tolist() == [0, 1, 2, 9]


def test_both_axes_of_transitions_grow():
    old = np.arange(9.0).reshape(3, 3)
    value, lines = remap("crf/transitions", old, np.full((5, 5), -1.0), (OLD, NEW), learnt=True)
    assert np.array_equal(value[:3, :3], old)
    assert (value[3:] == -1).all()
    assert (value[:, 3:] == -1).all()
    assert [line.new for line in lines] == [2, 2]


def test_rows_follow_their_terms_where_the_order_is_another():
    new = layout(["<pad>", "<unk>", "c"], ["I-x", "O"])
    old = np.arange(9.0).reshape(3, 3)
    value, lines = remap("crf/transitions", old, np.zeros((2, 2)), (OLD, new), learnt=True)
    assert value.tolist() == [[8, 6], [2, 0]]
    assert [line.dropped for line in lines] == [1, 1]


def test_places_behind_the_last_term_stay_and_are_taken_by_new_terms():
    found = places(Axis(["a"]), Axis(["a", "b"]), old_size=3, new_size=4)
    assert found.before.tolist() == [0, -1, 2, -1]


def test_a_weight_without_a_rule_is_copied_whole_or_refused():
    old = np.ones((2, 2))
    value, (line,) = remap("other/kernel", old, np.zeros((2, 2)), (OLD, NEW), learnt=True)
    assert np.array_equal(value, old)
    assert line.axis == WHOLE
    with pytest.raises(InputError, match=r"other/kernel: its shape is \(2, 2\) .* \(3, 2\) here"):
        remap("other/kernel", old, np.zeros((3, 2)), (OLD, NEW), learnt=True)


def test_an_axis_without_a_name_must_not_change():
    old = np.ones((3, 2))
    with pytest.raises(InputError, match=r"words_1/embeddings: axis 1 is 2 long .* and 5 here"):
        remap("words_1/embeddings", old, np.zeros((4, 5)), (OLD, NEW), learnt=True)


def test_a_line_knows_whether_an_axis_grew():
    assert Line("w", "words", 1, 0, 0).grows
    assert not Line("w", WHOLE, 1, 0, 0).grows
    assert not Line("w", COUNTED_ANEW, 1, 0, 0).grows
