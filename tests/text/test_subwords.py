"""Subwords: round trips, offsets, edge cases of training, and a SavedModel that is moved."""

import gc
import logging
import shutil

import pytest
import sentencepiece
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import InputError
from pipeline.text.subwords import FIXED, MIN_PIECES, Subwords, train_subwords

TEXTS = [
    "the cat sat on the mat and the cat ate",
    "a flight from 北京 to shanghai on the 24th",
    "北京到上海的机票",
    "tab\there and a line\nbreak",
] * 4

NASTY = [
    "",
    " ",
    "  two  spaces ",
    "\t",
    "tab\there\r\n",
    "\n \n",
    "\x00",
    "NUL\x00inside\x00",
    "a\u0085b\u00a0c\u2028d\u3000",
    "👩‍👩‍👧 flies ✈️ to 🇹🇼",
    "x" * 20_000,
    "北京" * 3_000,
    "\u2581",
    "a\u2581 b \u2581",
    "<s> <pad> <0x41> <unk> </s>",
    "\ufeffbyte order mark",
    "e\u0301 İ ß ﬁ",
    "\ufffd \ufffe\uffff\U0010ffff\ufdd1",
    "\u2047 ⁇",
    "\x01\x02\x1f\x7f",
    " 北京",
    "北京 ",
    "ひらがな カタカナ",
    "السَّفَر ไปเชียงใหม่ 한국",
    "𠀀𝒜\U000e0041",
]

any_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufdd0"))


@pytest.fixture(scope="module", params=["unigram", "bpe"])
def kind(request):
    return request.param


@pytest.fixture(scope="module")
def file(kind, tmp_path_factory):
    path = tmp_path_factory.mktemp("subwords") / "pieces.model"
    path.write_bytes(train_subwords(TEXTS, 320, kind))
    return path


@pytest.fixture(scope="module")
def subwords(file):
    return Subwords(file)


def pieces_of(model):
    processor = sentencepiece.SentencePieceProcessor(model_proto=model)
    return [processor.id_to_piece(i) for i in range(processor.get_piece_size())]


def round_trip(subwords, texts):
    found = subwords.detokenize(subwords.tokenize(tf.constant(texts, tf.string)))
    return [text.decode("utf-8") for text in found.numpy()]


def covered(subwords, texts):
    """Return the text that each piece covers, per text."""
    fields = subwords.tokenize_with_offsets(tf.constant(texts, tf.string))
    _, starts, ends = (field.to_list() for field in fields)
    return [
        [text[start:end] for start, end in zip(*row, strict=True)]
        for text, *row in zip(texts, starts, ends, strict=True)
    ]


def test_ids_of_the_fixed_pieces_and_the_bytes(file):
    pieces = pieces_of(file.read_bytes())
    assert (*pieces[:4], pieces[4], pieces[259]) == (*FIXED, "<0x00>", "<0xFF>")
    assert not any(piece.startswith("<0x") for piece in pieces[260:])


def test_nasty_strings_round_trip_without_unknown_ids(subwords):
    assert round_trip(subwords, NASTY) == NASTY
    assert int(tf.reduce_min(subwords.tokenize(tf.constant(NASTY)).flat_values)) > 3


@settings(max_examples=50)
@given(st.lists(any_text, max_size=6))
def test_any_string_comes_round_trip(subwords, texts):
    assert round_trip(subwords, texts) == texts


def test_every_kind_of_character_round_trips(subwords):
    codes = [c for c in range(0x110000) if c < 0xD800 or (c > 0xDFFF and c != 0xFDD0)]
    codes = [c for c in codes if c < 0x3400 or 0xF900 <= c < 0x20000 or c % 17 == 0]
    texts = ["".join(map(chr, codes[at : at + 999])) for at in range(0, len(codes), 999)]
    assert round_trip(subwords, texts) == texts


def test_the_internal_code_point_is_replaced(subwords):
    assert round_trip(subwords, ["a\ufdd0b"]) == ["a\ufffdb"]


def test_offsets_partition_the_text(subwords):
    assert ["".join(row) for row in covered(subwords, NASTY)] == NASTY
    found = subwords.tokenize_with_offsets(tf.constant(NASTY))
    assert found.ids.to_list() == subwords.tokenize(tf.constant(NASTY)).to_list()
    assert {field.dtype for field in found} == {tf.int32}


@settings(max_examples=50)
@given(st.lists(any_text, min_size=1, max_size=6))
def test_offsets_partition_any_text(subwords, texts):
    assert ["".join(row) for row in covered(subwords, texts)] == texts


def test_offsets_by_hand(subwords):
    # These characters have no piece; "é" and "ç" have two bytes, "亰" has three.
    found = subwords.tokenize_with_offsets(tf.constant(["é ɕ", "亰ç"]))
    assert found.starts.to_list() == [[0, 0, 0, 1, 2, 2], [0, 0, 0, 1, 1]]
    assert found.ends.to_list() == [[0, 0, 1, 2, 2, 3], [0, 0, 1, 1, 2]]


def test_a_word_has_the_same_pieces_at_the_start_and_inside(subwords):
    start, inside = subwords.tokenize(tf.constant(["cat", "the cat"])).to_list()
    assert inside[-len(start) :] == start
    alone, inside = subwords.tokenize(tf.constant(["北京", "the北京"])).to_list()
    assert inside[-len(alone) :] == alone


def test_rows_do_not_depend_on_the_batch(subwords):
    together = subwords.tokenize(tf.constant(NASTY)).to_list()
    assert together == [subwords.tokenize(tf.constant([text])).to_list()[0] for text in NASTY]
    assert subwords.tokenize(tf.constant([], tf.string)).to_list() == []
    assert [field.to_list() for field in subwords.tokenize_with_offsets(tf.constant([""]))] == (
        [[[]]] * 3
    )


def test_fixed_pieces_are_not_detokenized(subwords):
    (ids,) = subwords.tokenize(tf.constant(["the cat"])).to_list()
    padded = tf.ragged.constant([[2, *ids, 3, 0, 0], []], tf.int32)
    assert subwords.detokenize(padded).numpy().tolist() == [b"the cat", b""]


def test_ids_equal_those_of_sentencepiece(file, subwords):
    processor = sentencepiece.SentencePieceProcessor(model_proto=file.read_bytes())
    texts = ["the cat ate", "a flight on the 24th", "sat  on"]
    expected = [processor.encode(f" {text}") for text in texts]
    assert subwords.tokenize(tf.constant(texts)).to_list() == expected


def test_training_is_deterministic(file, kind):
    assert train_subwords(iter(TEXTS), 320, kind) == file.read_bytes()
    assert str(file.parent).encode() not in file.read_bytes()


def test_fewer_pieces_than_requested_give_a_warning(kind, caplog):
    with caplog.at_level(logging.WARNING):
        pieces = pieces_of(train_subwords(["ab", "ab ab"], 8_000, kind))
    assert 260 < len(pieces) < 280
    assert caplog.messages == [
        f"vocabulary_size is 8000, but the training texts yield only {len(pieces)} pieces"
    ]


def test_rare_characters_leave_room_for_longer_pieces(kind):
    rare = "".join(map(chr, range(0x4E00, 0x5200)))
    pieces = pieces_of(train_subwords([rare, *["the cat sat"] * 400], MIN_PIECES, kind))
    assert len(pieces) <= MIN_PIECES
    assert sum(len(piece) == 1 for piece in pieces[260:]) <= 31
    assert any(len(piece) > 2 for piece in pieces[260:])


def test_long_texts_are_used_in_training(kind):
    word = "supercalifragilistic"
    pieces = pieces_of(train_subwords([f"{word} " * 700], 400, kind))
    assert any(len(piece) > 6 for piece in pieces[260:])


def test_texts_with_control_characters_are_used_in_training(kind):
    pieces = pieces_of(train_subwords(["the\tcat\x00sat\non\r\nthe\tmat\x00sat"] * 9, 300, kind))
    assert any(len(piece) > 1 and piece in "the cat sat mat" for piece in pieces[260:])
    assert not any(set("\t\x00\n\r") & set(piece) for piece in pieces)


@pytest.mark.parametrize("texts", [[], [""], ["\x00", "\n"]])
def test_texts_without_characters_are_rejected(kind, texts):
    with pytest.raises(InputError, match="the training texts contain no characters"):
        train_subwords(texts, MIN_PIECES, kind)


def test_a_too_small_vocabulary_is_rejected(kind):
    with pytest.raises(InputError, match=f"vocabulary_size is 299; expected at least {MIN_PIECES}"):
        train_subwords(TEXTS, MIN_PIECES - 1, kind)


class Both(tf.Module):
    """Tokenizing and detokenizing, as in serving."""

    def __init__(self, file):
        super().__init__()
        self.pieces = Subwords(file)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
    def ids(self, texts):
        return self.pieces.tokenize(texts).to_tensor(0)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
    def round_trip(self, texts):
        return self.pieces.detokenize(self.pieces.tokenize(texts))


def test_saved_models_can_be_moved_and_do_not_interfere(tmp_path, kind):
    texts, ids = tf.constant(NASTY), {}
    for name, learnt in (("first", TEXTS), ("second", ["another text altogether"] * 4)):
        file = tmp_path / f"{name}.model"
        file.write_bytes(train_subwords(learnt, 300, kind))
        module = Both(file)
        ids[name] = module.ids(texts).numpy().tolist()
        tf.saved_model.save(module, str(tmp_path / "written"))
        shutil.move(tmp_path / "written", tmp_path / f"moved_{name}")
        file.unlink()
        saved = tmp_path / f"moved_{name}"
        assert str(tmp_path).encode() not in (saved / "saved_model.pb").read_bytes()
    loaded = {name: tf.saved_model.load(str(tmp_path / f"moved_{name}")) for name in ids}
    for name, model in loaded.items():
        assert model.ids(texts).numpy().tolist() == ids[name]
    ids_alone = tf.saved_model.load(str(tmp_path / "moved_first")).ids
    del loaded, model, module
    gc.collect()
    assert ids_alone(texts).numpy().tolist() == ids["first"] != ids["second"]


def test_setting_a_seed_does_not_destroy_the_tokenizer(tmp_path, file, capfd):
    module, texts = Both(file), tf.constant(["the cat"])
    expected = module.ids(texts).numpy().tolist()
    tf.saved_model.save(module, str(tmp_path / "saved"))
    loaded = tf.saved_model.load(str(tmp_path / "saved"))
    loaded.ids(texts)
    tf.random.set_seed(1)  # clears TensorFlow's kernel cache
    assert module.ids(texts).numpy().tolist() == expected
    assert module.pieces.tokenize(texts).to_list() == expected
    assert loaded.ids(texts).numpy().tolist() == expected
    assert "normalizer" not in capfd.readouterr().err


def test_symbols_are_separate_pieces_and_round_trip(tmp_path):
    marks = ["\ufdd1", "\ufdd2"]
    texts = ["fly \ufdd1 to oslo", "\ufdd2到北京", *TEXTS]
    file = tmp_path / "pieces.model"
    file.write_bytes(train_subwords(texts, 320, "unigram", marks))
    subwords = Subwords(file)
    text = tf.constant(["\ufdd1", "x\ufdd2y \ufdd1.", "\ufdd1\ufdd1北京"])
    ids = subwords.tokenize(text)
    assert [[i for i in row if i in (4, 5)] for row in ids.to_list()] == [[4], [5, 4], [4, 4]]
    assert subwords.detokenize(ids).numpy().tolist() == text.numpy().tolist()
    model = sentencepiece.SentencePieceProcessor(model_proto=file.read_bytes())
    assert [model.id_to_piece(i) for i in (4, 5)] == marks
