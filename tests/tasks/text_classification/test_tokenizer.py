"""Texts to token ids and n-gram ids, and the offsets of each token."""

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
    """Return a function from settings to the tokenizer learned from the records above."""

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
    tokenizer, vocabularies = build(tokenizer=words(), ngrams={"words": 2})
    assert vocabularies["pieces"] == ["<pad>", "<unk>", "film", "good", "bad", "京", "北"]
    assert vocabularies["labels"] == ["neg", "pos"]
    ids, ngrams = tokenizer(tf.constant(["GOOD film", "new", ""]))
    assert ids.numpy().tolist() == [[3, 2], [1, 0], [0, 0]]
    assert (ngrams.numpy() > 0).sum(axis=1).tolist() == [3, 1, 0]
    assert ids.dtype == ngrams.dtype == tf.int32


def test_case_is_kept_without_lower(build):
    tokenizer, vocabularies = build(tokenizer=words(lower=False))
    assert "Bad" in vocabularies["pieces"]
    assert tokenizer(tf.constant(["bad"]))[0].numpy().tolist() == [[1]]


def test_characters_by_hand(build):
    tokenizer, vocabularies = build(tokenizer={"kind": "characters", "min_count": 3})
    # "good film", "Bad  film", "北京 good": four of "o" and " ", three of "d".
    assert vocabularies["pieces"] == ["<pad>", "<unk>", " ", "o", "d"]
    ids, _ = tokenizer(tf.constant(["Do?"]))
    assert [vocabularies["pieces"][i] for i in ids.numpy()[0]] == ["d", "o", "<unk>"]


def test_a_long_text_keeps_its_first_and_last_tokens(build):
    tokenizer, vocabularies = build(tokenizer=words(max_tokens=3))
    ids, ngrams = tokenizer(tf.constant(["good bad film film 北 京", "good bad film"]))
    names = [[vocabularies["pieces"][i] for i in row] for row in ids.numpy()]
    assert names == [["good", "bad", "京"], ["good", "bad", "film"]]
    assert tokenizer.token_offsets(tf.constant(["good bad film film 北 京"])) == [
        [(0, 4), (5, 8), (21, 22)]
    ]
    # The linear part reads the whole text: six words, one of them twice, and five pairs.
    assert int((ngrams[0] > 0).numpy().sum()) == 10


@pytest.mark.parametrize("kind", ["words", "characters", "subwords"])
def test_token_offsets_are_in_order_and_inside_the_text(build, kind):
    tokenizer, _ = build(
        tokenizer={"kind": kind, "min_count": 1, "vocabulary_size": 320, "max_tokens": 1000}
    )
    text = tf.constant(NASTY)
    ids, _ = tokenizer(text)
    for row, (source, pieces) in enumerate(zip(NASTY, tokenizer.token_offsets(text), strict=True)):
        assert len(pieces) == int((ids[row] > 0).numpy().sum())
        place = 0
        for start, end in pieces:
            assert place <= start <= end <= len(source)
            place = start


def test_subwords_cover_a_plain_text(build):
    tokenizer, _ = build(tokenizer={"vocabulary_size": 320})
    (pieces,) = tokenizer.token_offsets(tf.constant(["Bad film 北京"]))
    covered = {place for start, end in pieces for place in range(start, end)}
    assert covered >= {0, 1, 2, 4, 5, 6, 7, 9, 10}


def test_every_ngram_has_a_name(build):
    tokenizer, _ = build(tokenizer=words(), ngrams={"words": 2, "characters": (3, 3)})
    text = tf.constant(["good film"])
    _, ngrams = tokenizer(text)
    (names,) = tokenizer.ngram_names(text)
    assert set(names) == set(ngrams.numpy()[0].tolist())
    assert set(names.values()) == {"good", "film", "good film", "…good…", "…film…"}


def test_character_ngrams_across_words_include_spaces(build):
    both = {"words": 1, "characters": (1, 3), "across_words": True}
    tokenizer, _ = build(tokenizer=words(), ngrams=both)
    text = tf.constant(["A \u3000b"])
    _, ngrams = tokenizer(text)
    (names,) = tokenizer.ngram_names(text)
    assert set(names) == set(ngrams.numpy()[0].tolist())
    # The n-grams of "a b" with a mark at each end; … shows where the text continues.
    singles, pairs = {"…a…", "… …", "…b…"}, {"a…", "…a …", "… b…", "…b"}
    threes = {"a …", "…a b…", "… b"}
    assert set(names.values()) == {"a", "b"} | singles | pairs | threes
    in_graph = tf.function(tokenizer)(text)[1]
    assert in_graph.numpy().tolist() == ngrams.numpy().tolist()
    alone, _ = build(tokenizer=words(), ngrams={**both, "across_words": False})
    assert (alone(text)[1].numpy() > 0).sum() < (ngrams.numpy() > 0).sum()


def test_character_ngrams_across_words_have_names_for_nasty_texts(build):
    sizes = {"words": 2, "characters": (2, 4), "across_words": True}
    tokenizer, _ = build(tokenizer=words(), ngrams=sizes)
    for text in NASTY:
        _, ngrams = tokenizer(tf.constant([text]))
        (names,) = tokenizer.ngram_names(tf.constant([text]))
        assert set(names) >= set(ngrams.numpy()[0][ngrams.numpy()[0] > 0].tolist())


def test_without_an_encoder_there_are_no_pieces_and_no_truncation(build):
    tokenizer, vocabularies = build(model={"encoder": "none"}, tokenizer={"max_tokens": 1})
    assert set(vocabularies) == {"labels"}
    assert TASK.model.max_tokens(tokenizer) is None
    assert tokenizer.is_truncated(tf.constant(["good film"])).numpy().tolist() == [False]
    ids, ngrams = tokenizer(tf.constant(["good film"]))
    assert ids.numpy().tolist() == [[0]]
    assert (ngrams.numpy() > 0).sum() == 3


def test_one_label_is_not_enough(make_settings):
    with pytest.raises(InputError, match="labels: pos; expected at least two different labels"):
        learn(make_settings(), RECORDS[:1])


def test_tokens_are_counted_before_truncation(build):
    tokenizer, _ = build(tokenizer=words(max_tokens=2))
    texts = ["good film", "a good film here", ""]
    assert count_tokens(tokenizer, texts) == [(2, 0), (4, 2), (0, 0)]
    assert TASK.model.max_tokens(tokenizer) == 2
    assert tokenizer.is_truncated(tf.constant(texts)).numpy().tolist() == [False, True, False]
