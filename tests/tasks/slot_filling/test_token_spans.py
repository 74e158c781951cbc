"""Spans on tokens, and as tags."""

import pytest

from pipeline.tasks.slot_filling.records import Utterance
from pipeline.tasks.slot_filling.token_spans import bio_tags, to_token_spans, token_offsets

TOKENS = ((0, 2), (3, 4), (5, 12), (13, 16))  # at 5 o'clock now


@pytest.mark.parametrize(
    ("spans", "placed", "tags"),
    [
        ([], [], "O O O O"),
        ([("time", 3, 12)], [("time", 1, 3)], "O B-time I-time O"),
        ([("time", 4, 6)], [("time", 2, 3)], "O O B-time O"),
        ([("time", 12, 13)], [], "O O O O"),  # white space: no token
        ([("b", 5, 8), ("a", 3, 6)], [("a", 1, 3)], "O B-a I-a O"),  # b would share o'clock
        ([("b", 13, 16), ("a", 0, 4)], [("a", 0, 2), ("b", 3, 4)], "B-a I-a O B-b"),
    ],
)
def test_by_hand(spans, placed, tags):
    assert to_token_spans(spans, TOKENS) == placed
    assert " ".join(bio_tags(spans, TOKENS)) == tags


def test_tokens_are_the_source_s_own_or_ours():
    own = Utterance("o'clock 10", "i", (), ((0, 7), (8, 10)))
    ours = Utterance("去 10 ok", "i", ())
    assert [list(row) for row in token_offsets([own, ours, Utterance("", "i", ())])] == [
        [(0, 7), (8, 10)],
        [(0, 1), (2, 3), (3, 4), (5, 7)],
        [],
    ]
