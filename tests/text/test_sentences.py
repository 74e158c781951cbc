"""Sentence splitting and chunking: boundaries, and that nothing is lost."""

import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.sentences import one_line, split_chunks, split_sentences


def sentences(*texts):
    return [
        [s.decode() for s in row] for row in split_sentences(tf.constant(list(texts))).to_list()
    ]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("One. Two! Three? Four", ["One. ", "Two! ", "Three? ", "Four"]),
        ('He said "go." Then he went.', ['He said "go." ', "Then he went."]),
        ("你好。再见！ 好吗？”走", ["你好。", "再见！ ", "好吗？”", "走"]),
        ("at 3.14 or a.b.c", ["at 3.14 or a.b.c"]),
        ("wait... what", ["wait... ", "what"]),
        ("", []),
    ],
)
def test_sentence_boundaries(text, parts):
    assert sentences(text) == [parts]


@given(st.lists(st.text('ab .!?。！"”)\n\x1e\u3000', max_size=20), min_size=1, max_size=4))
def test_joined_sentences_are_the_text(texts):
    lines = one_line(tf.constant(texts))
    found = sentences(*[line.decode() for line in lines.numpy()])
    assert ["".join(row) for row in found] == [line.decode() for line in lines.numpy()]
    assert all(sentence for row in found for sentence in row)


def test_one_line_by_hand():
    found = one_line(tf.constant([" a\t\nb\u00a0\u3000c ", "\x00", ""]))
    assert [t.decode() for t in found.numpy()] == ["a b c", "", ""]


def test_chunks_have_similar_sizes_and_keep_the_order():
    ids = tf.ragged.constant([[1, 2, 3, 4, 5, 6, 7], [], [8], [9, 10, 11]], dtype=tf.int32)
    assert split_chunks(ids, 3).to_list() == [
        [[1, 2], [3, 4], [5, 6, 7]],
        [],
        [[8]],
        [[9, 10, 11]],
    ]


@given(st.lists(st.integers(0, 30), max_size=5), st.integers(1, 7))
def test_chunks_are_lossless_and_within_the_limit(lengths, max_length):
    rows = [list(range(length)) for length in lengths]
    ids = tf.ragged.constant(rows, dtype=tf.int32, ragged_rank=1)
    found = split_chunks(ids, max_length).to_list()
    assert [[i for part in parts for i in part] for parts in found] == rows
    assert all(0 < len(part) <= max_length for parts in found for part in parts)
    assert [len(parts) for parts in found] == [-(-length // max_length) for length in lengths]
