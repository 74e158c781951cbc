"""Hashed n-grams against an enumeration in Python, hashed by TensorFlow."""

import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.text.ngrams import hashed_ngrams

ROWS = [
    ["the", "cat", "sat", "the", "cat"],
    [],
    ["北", "京", "北"],
    ["👩‍👩‍👧"],
    ["e\u0301", "a"],
    ["x" * 50],
    ["a", "a"],
]
tokens_of_texts = st.lists(
    st.lists(st.sampled_from(["a", "ab", "abc", "京", "é", "aa"]), max_size=7)
)


def enumerate_ngrams(row, words, characters):
    """Yield the n-grams of a row as strings, in order."""
    for size in range(1, words + 1):
        for at in range(len(row) - size + 1):
            yield "\x1f".join(row[at : at + size])
    for token in row if characters[1] else ():
        for size in range(characters[0], characters[1] + 1):
            marked = token if size == 1 else f"\x02{token}\x03"
            for at in range(len(marked) - size + 1):
                yield "".join(f"\x01{c}" for c in marked[at : at + size])


def expected_ids(rows, words, characters, buckets, binary):
    found = []
    for row in rows:
        strings = list(enumerate_ngrams(row, words, characters))
        hashed = tf.strings.to_hash_bucket_fast(tf.constant(strings, tf.string), buckets - 1)
        ids = (hashed + 1).numpy().tolist()
        found.append(list(dict.fromkeys(ids)) if binary else ids)
    return found


def ids_of(rows, **options):
    return hashed_ngrams(tf.ragged.constant(rows, tf.string, ragged_rank=1), **options).to_list()


@pytest.mark.parametrize("binary", [True, False])
@pytest.mark.parametrize("words", [0, 1, 2, 4])
@pytest.mark.parametrize("characters", [(0, 0), (1, 1), (1, 3), (3, 5)])
@pytest.mark.parametrize("buckets", [7, 2**18])
def test_ids_equal_the_enumeration(words, characters, buckets, binary):
    options = {"words": words, "characters": characters, "buckets": buckets, "binary": binary}
    assert ids_of(ROWS, **options) == expected_ids(ROWS, **options)


@settings(max_examples=30)
@given(tokens_of_texts)
def test_ids_of_random_texts_equal_the_enumeration(rows):
    options = {"words": 3, "characters": (2, 3), "buckets": 1000, "binary": True}
    assert ids_of(rows, **options) == expected_ids(rows, **options)


def test_the_hash_is_the_same_on_every_machine():
    options = {"words": 2, "characters": (0, 0), "buckets": 1000}
    assert ids_of([["a", "b"], ["京"]], **options) == [[958, 938, 869], [322]]


def test_ids_are_in_range_and_never_padding():
    rows = [[str(number) for number in range(3000)]]
    (ids,) = ids_of(rows, words=2, characters=(1, 3), buckets=50)
    assert sorted(ids) == list(range(1, 50))


def test_ngrams_of_words_characters_and_tokens_are_distinct():
    def ids(row, characters=(0, 0)):
        return set(ids_of([row], words=2, characters=characters, buckets=2**30)[0])

    assert len(ids(["ab", "c"]) & ids(["a", "bc"])) == 0
    assert ids(["a"]) < ids(["a"], (1, 1))
    assert len(ids(["cat"], (3, 3))) == 4  # cat; <ca, cat, at>


def test_rows_do_not_depend_on_the_batch():
    options = {"words": 2, "characters": (2, 4), "buckets": 999}
    assert ids_of(ROWS, **options) == [ids_of([row], **options)[0] for row in ROWS]
    assert ids_of([], **options) == []
    assert ids_of([[], []], **options) == [[], []]


def test_it_runs_in_a_graph_with_unknown_shapes():
    @tf.function(input_signature=[tf.RaggedTensorSpec([None, None], tf.string)])
    def call(tokens):
        return hashed_ngrams(tokens, words=2, characters=(2, 3), buckets=999)

    found = call(tf.ragged.constant(ROWS, tf.string))
    assert found.dtype == tf.int32
    assert found.to_list() == ids_of(ROWS, words=2, characters=(2, 3), buckets=999)
    assert call(tf.ragged.constant([], tf.string, ragged_rank=1)).to_list() == []


@pytest.mark.parametrize(
    "options",
    [
        {"words": -1},
        {"characters": (0, 3)},
        {"characters": (3, 2)},
        {"buckets": 1},
    ],
)
def test_arguments_out_of_range_are_rejected(options):
    with pytest.raises(ValueError, match=r"hashed_ngrams: .*; expected"):
        ids_of(ROWS, **{"words": 1, "characters": (0, 0), "buckets": 9, **options})
