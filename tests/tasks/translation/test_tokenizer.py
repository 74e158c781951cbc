"""Segments of a text, pairs to learn from, and texts put together again."""

import pytest
import tensorflow as tf

from pipeline.tasks.translation.settings import TokenizerSettings
from pipeline.tasks.translation.tokenizer import PairTokenizer
from pipeline.text.protect import PLACEHOLDERS
from pipeline.text.subwords import Subwords, train_subwords

TEXTS = [
    "Fly to Oslo. Then go home!",
    "订5月1日到北京的机票。",
    "a b c d e f g h",
    "{x} on CA1234",
] * 3


@pytest.fixture(scope="module")
def pieces(tmp_path_factory):
    file = tmp_path_factory.mktemp("pieces") / "pieces.model"
    file.write_bytes(train_subwords(TEXTS, 400, "bpe", PLACEHOLDERS))
    return Subwords(file)


def tokenizer(pieces, spaced=True, **settings):
    return PairTokenizer(TokenizerSettings(**settings), pieces, pieces, spaced)


def test_a_copied_text_comes_back_whole(pieces):
    """A model that gives each segment back as it is translates a text into itself."""
    both = tokenizer(pieces, max_tokens=12)
    texts = ["", "Fly to Oslo. Then go home! " * 3, "one two three four " * 9, "at {x} on CA1234"]
    found = both.segments(tf.constant(texts))
    said = both.joined(both.texts(found.ids), found)
    back = [text.decode() for text in said.text.numpy()]
    assert back[0] == ""
    assert back[1] == texts[1].strip()
    assert back[2].replace(" ", "") == texts[2].replace(" ", "")
    assert back[3] == texts[3]
    assert said.lost.numpy().tolist() == [0] * 4
    assert found.cut.numpy().tolist() == [False, False, True, False]
    counts = tf.math.bincount(tf.cast(found.rows, tf.int32), minlength=4).numpy().tolist()
    assert counts[0] == 0
    assert counts[1] == 6
    assert counts[3] == 1
    assert max(found.ids.row_lengths().numpy()) <= 12


def test_terms_of_the_glossary_come_back_translated(pieces):
    terms = {"北京": "Beijing", "离开": "leaving"}
    both = PairTokenizer(TokenizerSettings(), pieces, pieces, True, terms)
    found = both.segments(tf.constant(["离开北京 on CA1234", "到北京", "no"]))
    said = both.joined(both.texts(found.ids), found)
    texts = [text.decode() for text in said.text.numpy()]
    assert texts == ["leavingBeijing on CA1234", "到Beijing", "no"]
    assert [len(row) for row in found.given.to_list()] == [3, 1, 0]
    shown = both.shown(both.source, found.ids, found.given).numpy()[1]
    assert b"".join(shown).decode().lstrip("▁") == "到北京"


def test_a_text_that_says_a_term_otherwise_has_lost_it(pieces):
    both = PairTokenizer(TokenizerSettings(), pieces, pieces, True, {"北京": "Beijing"})
    found = both.segments(tf.constant(["到北京"]))
    assert both.joined(tf.constant(["to Peking"]), found).lost.numpy().tolist() == [1]


def test_chinese_sentences_follow_without_a_space(pieces):
    both = tokenizer(pieces, spaced=False, max_tokens=9)
    text = "订5月1日到北京的机票。" * 3
    found = both.segments(tf.constant([text]))
    assert len(found.rows) == 3
    assert both.joined(both.texts(found.ids), found).text.numpy()[0].decode() == text


def test_a_batch_of_nothing(pieces):
    both = tokenizer(pieces)
    for texts in ([], ["", " \n"]):
        found = both.segments(tf.constant(texts, tf.string))
        assert found.ids.nrows() == 0
        said = both.joined(both.texts(found.ids), found)
        assert said.text.numpy().tolist() == [b""] * len(texts)


def test_the_source_is_read_in_compatibility_form_the_target_as_it_is_written(pieces):
    both = tokenizer(pieces)
    source, target = both.pairs(tf.constant(["Ｏｓｌｏ，"]), tf.constant(["Oslo， …"]))
    assert both.source.detokenize(source).numpy()[0].decode() == "Oslo,"
    assert both.target.detokenize(target).numpy()[0].decode() == "Oslo， …"


def test_what_both_sides_say_is_one_piece_for_training(pieces):
    source, target = (
        side.to_list()[0]
        for side in tokenizer(pieces).pairs(tf.constant(["坐CA1234"]), tf.constant(["on CA1234"]))
    )
    assert source[-1] == target[-1] == 4
    source, _ = tokenizer(pieces, protect=False).pairs(
        tf.constant(["坐CA1234"]), tf.constant(["on CA1234"])
    )
    assert 4 not in source.to_list()[0]


def test_bytes_that_are_no_text(pieces):
    found = tokenizer(pieces).segments(tf.constant([b"\xff\xfe", f"x{PLACEHOLDERS[0]}"]))
    assert found.rows.numpy().tolist() == [0, 1]
    assert 4 not in found.ids.flat_values.numpy()
