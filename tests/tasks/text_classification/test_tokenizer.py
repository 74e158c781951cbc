"""Texts to token ids and n-gram ids, and where each token stands."""

import pytest
import tensorflow as tf

from pipeline.errors import InputError
from pipeline.stages.training.assembly import read_vocabularies, write_vocabularies
from pipeline.tasks.text_classification import TASK
from pipeline.tasks.text_classification.tokenizer import build_tokenizer, count_tokens, learn

RECORDS = [
    {"text": "good film", "labels": ["pos"], "source": "f:1"},
    {"text": "Bad  film", "labels": ["neg"], "source": "f:2"},
    {"text": "北京 good", "labels": ["pos"], "source": "f:3"},
]
NASTY = ["", " \t", "a\x00b", "ＡＢ ﬁ", "👩‍👩‍👧 e\u0301", "x" * 300, "北京\u3000good film"]


@pytest.fixture
def build(make_settings, tmp_path):
    """From settings to the tokenizer that the records above give."""

    def build(**sections):
        settings = make_settings(**sections)
        vocabularies = learn(settings, RECORDS)
        write_vocabularies(tmp_path, vocabularies)
        assert read_vocabularies(tmp_path) == dict(vocabularies)
        return build_tokenizer(settings, tmp_path), vocabularies

    return build


def words(**more):
    return {"kind": "words", "min_count": 1, **more}


def test_words_by_hand(build):
    tokenizer, found = build(tokenizer=words(), ngrams={"words": 2})
    assert found["pieces"] == ["<pad>", "<unk>", "film", "good", "bad", "京", "北"]
    assert found["labels"] == ["neg", "pos"]
    ids, ngrams = tokenizer(tf.constant(["GOOD film", "new", ""]))
    assert ids.numpy().tolist() == [[3, 2], [1, 0], [0, 0]]
    assert (ngrams.numpy() > 0).sum(axis=1).tolist() == [3, 1, 0]
    assert ids.dtype == ngrams.dtype == tf.int32


def test_case_counts_where_it_is_told_to(build):
    tokenizer, found = build(tokenizer=words(lower=False))
    assert "Bad" in found["pieces"]
    assert tokenizer(tf.constant(["bad"]))[0].numpy().tolist() == [[1]]


def test_characters_by_hand(build):
    tokenizer, found = build(tokenizer={"kind": "characters", "min_count": 3})
    # "good film", "Bad  film", "北京 good": four of "o" and " ", three of "d".
    assert found["pieces"] == ["<pad>", "<unk>", " ", "o", "d"]
    ids, _ = tokenizer(tf.constant(["Do?"]))
    assert [found["pieces"][i] for i in ids.numpy()[0]] == ["d", "o", "<unk>"]


def test_a_long_text_keeps_both_its_ends(build):
    tokenizer, found = build(tokenizer=words(max_tokens=3))
    ids, ngrams = tokenizer(tf.constant(["good bad film film 北 京", "good bad film"]))
    named = [[found["pieces"][i] for i in row] for row in ids.numpy()]
    assert named == [["good", "bad", "京"], ["good", "bad", "film"]]
    assert tokenizer.pieces(tf.constant(["good bad film film 北 京"])) == [
        [(0, 4), (5, 8), (21, 22)]
    ]
    # The linear part reads all: six words, of which one stands twice, and five pairs.
    assert int((ngrams[0] > 0).numpy().sum()) == 10


@pytest.mark.parametrize("kind", ["words", "characters", "subwords"])
def test_pieces_stand_in_the_text_in_order(build, kind):
    tokenizer, _ = build(
        tokenizer={"kind": kind, "min_count": 1, "vocabulary_size": 320, "max_tokens": 1000}
    )
    text = tf.constant(NASTY)
    ids, _ = tokenizer(text)
    for row, (source, pieces) in enumerate(zip(NASTY, tokenizer.pieces(text), strict=True)):
        assert len(pieces) == int((ids[row] > 0).numpy().sum())
        place = 0
        for start, end in pieces:
            assert place <= start <= end <= len(source)
            place = start


def test_subwords_cover_a_plain_text(build):
    tokenizer, _ = build(tokenizer={"vocabulary_size": 320})
    (pieces,) = tokenizer.pieces(tf.constant(["Bad film 北京"]))
    covered = {place for start, end in pieces for place in range(start, end)}
    assert covered >= {0, 1, 2, 4, 5, 6, 7, 9, 10}


def test_every_ngram_has_its_name(build):
    tokenizer, _ = build(tokenizer=words(), ngrams={"words": 2, "characters": (3, 3)})
    text = tf.constant(["good film"])
    _, ngrams = tokenizer(text)
    (names,) = tokenizer.ngram_names(text)
    assert set(names) == set(ngrams.numpy()[0].tolist())
    assert set(names.values()) == {"good", "film", "good film", "…good…", "…film…"}


def test_characters_across_words_read_the_spaces(build):
    both = {"words": 1, "characters": (1, 3), "across_words": True}
    tokenizer, _ = build(tokenizer=words(), ngrams=both)
    text = tf.constant(["A \u3000b"])
    _, ngrams = tokenizer(text)
    (names,) = tokenizer.ngram_names(text)
    assert set(names) == set(ngrams.numpy()[0].tolist())
    # Of "a b" with a mark at either end, which … stands for where it is not in the n-gram.
    singles, pairs = {"…a…", "… …", "…b…"}, {"a…", "…a …", "… b…", "…b"}
    threes = {"a …", "…a b…", "… b"}
    assert set(names.values()) == {"a", "b"} | singles | pairs | threes
    in_graph = tf.function(tokenizer)(text)[1]
    assert in_graph.numpy().tolist() == ngrams.numpy().tolist()
    alone, _ = build(tokenizer=words(), ngrams={**both, "across_words": False})
    assert (alone(text)[1].numpy() > 0).sum() < (ngrams.numpy() > 0).sum()


def test_characters_across_words_do_no_harm_to_nasty_texts(build):
    sizes = {"words": 2, "characters": (2, 4), "across_words": True}
    tokenizer, _ = build(tokenizer=words(), ngrams=sizes)
    for text in NASTY:
        _, ngrams = tokenizer(tf.constant([text]))
        (names,) = tokenizer.ngram_names(tf.constant([text]))
        assert set(names) >= set(ngrams.numpy()[0][ngrams.numpy()[0] > 0].tolist())


def test_a_model_of_ngrams_alone_learns_no_pieces_and_cuts_nothing(build):
    tokenizer, found = build(model={"encoder": "none"}, tokenizer={"max_tokens": 1})
    assert set(found) == {"labels"}
    assert TASK.model.max_tokens(tokenizer) is None
    assert tokenizer.cut(tf.constant(["good film"])).numpy().tolist() == [False]
    ids, ngrams = tokenizer(tf.constant(["good film"]))
    assert ids.numpy().tolist() == [[0]]
    assert (ngrams.numpy() > 0).sum() == 3


def test_one_label_is_not_enough(make_settings):
    with pytest.raises(InputError, match="labels: pos; expected at least two"):
        learn(make_settings(), RECORDS[:1])


def test_tokens_are_counted_before_the_cut(build):
    tokenizer, _ = build(tokenizer=words(max_tokens=2))
    texts = ["good film", "a good film here", ""]
    assert count_tokens(tokenizer, texts) == [(2, 0), (4, 2), (0, 0)]
    assert TASK.model.max_tokens(tokenizer) == 2
    assert tokenizer.cut(tf.constant(texts)).numpy().tolist() == [False, True, False]
