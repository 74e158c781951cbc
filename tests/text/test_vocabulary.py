"""Vocabularies: ids by hand, file round trips, and use in a SavedModel."""

import shutil
from collections import Counter

import pytest
import tensorflow as tf

from pipeline.errors import InputError
from pipeline.text.vocabulary import (
    PAD_ID,
    UNKNOWN_ID,
    Vocabulary,
    list_terms,
    read_terms,
    write_terms,
)

TERMS = ["<pad>", "<unk>", "to", "京", "👩‍👧", " ", "a\u0085b", "c\u2028d", "\ufeff", "e\u0301"]


@pytest.fixture
def file(tmp_path):
    write_terms(tmp_path / "words.txt", TERMS)
    return tmp_path / "words.txt"


def test_terms_are_ordered_by_count_then_code_point():
    counts = Counter({"rare": 1, "b": 2, "a": 2, "京": 5, "": 9, "never": 0})
    assert list_terms(counts) == ["<pad>", "<unk>", "京", "a", "b", "rare"]
    assert list_terms(counts, minimum=2) == ["<pad>", "<unk>", "京", "a", "b"]
    assert list_terms(counts, minimum=6) == ["<pad>", "<unk>"]


def test_files_round_trip(file):
    assert read_terms(file) == TERMS
    assert file.read_bytes().startswith(b"<pad>\n<unk>\nto\n")


def test_a_file_without_terms_round_trips(tmp_path):
    write_terms(tmp_path / "new" / "slots.txt", [])
    assert read_terms(tmp_path / "new" / "slots.txt") == []


@pytest.mark.parametrize("term", ["a\nb", "\n", "a\r", "\r\n"])
def test_a_term_with_a_line_break_is_rejected_and_nothing_written(tmp_path, term):
    with pytest.raises(InputError, match=r"words\.txt: the term '.*' contains a line break"):
        write_terms(tmp_path / "words.txt", ["fine", term])
    assert list(tmp_path.iterdir()) == []


def test_an_id_is_the_line_number_of_the_term(file):
    vocabulary = Vocabulary(file)
    assert vocabulary.ids(tf.constant(TERMS)).numpy().tolist() == list(range(len(TERMS)))
    assert (PAD_ID, UNKNOWN_ID) == (0, 1)


@pytest.mark.parametrize("term", ["", "To", "tox", "é", "<UNK>"])
def test_unlisted_terms_are_unknown(file, term):
    assert int(Vocabulary(file).ids(tf.constant(term))) == UNKNOWN_ID


def test_ids_keep_the_shape_dense_or_ragged(file):
    ids = Vocabulary(file).ids
    dense = ids(tf.constant([["to", "?"], ["京", "to"]]))
    assert dense.dtype == tf.int32
    assert dense.numpy().tolist() == [[2, 1], [3, 2]]
    ragged = ids(tf.ragged.constant([[["to"], []], [], [["京", "?"]]], tf.string))
    assert ragged.dtype == tf.int32
    assert ragged.to_list() == [[[2], []], [], [[3, 1]]]


def test_a_vocabulary_is_saved_in_a_saved_model(tmp_path, file):
    class Lookup(tf.Module):
        def __init__(self):
            super().__init__()
            self.words = Vocabulary(file)

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
        def ids(self, terms):
            return self.words.ids(terms)

    tf.saved_model.save(Lookup(), str(tmp_path / "written"))
    shutil.move(tmp_path / "written", tmp_path / "moved")
    file.unlink()
    assert (tmp_path / "moved" / "assets" / "words.txt").read_bytes().startswith(b"<pad>\n<unk>\n")
    assert str(tmp_path).encode() not in (tmp_path / "moved" / "saved_model.pb").read_bytes()
    loaded = tf.saved_model.load(str(tmp_path / "moved"))
    assert loaded.ids(tf.constant(["京", "?", "<pad>"])).numpy().tolist() == [3, 1, 0]
