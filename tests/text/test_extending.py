"""Adding pieces to a trained model: ids are kept, texts round-trip, new texts get shorter."""

import pytest
import tensorflow as tf
from sentencepiece import SentencePieceProcessor

from pipeline.text.extending import extend_subwords
from pipeline.text.piece_files import append_pieces, encode_pieces, piece_names, read_model
from pipeline.text.subwords import Subwords, train_subwords

OLD = ["book a flight to Oslo", "fly to Rome", "到北京的机票"] * 20
NEW = ["carry a surfboard to Rome", "my surfboard is long", "冲浪板到北京"] * 5
NASTY = ["", " ", "a  b", "▁x", "\ufdd0", "京surfboard", "👩‍👩‍👧"]


@pytest.fixture(scope="module", params=["unigram", "bpe"])
def models(request):
    old = train_subwords(OLD, 330, request.param)
    return old, extend_subwords(old, NEW, 20, 3, request.param)


@pytest.fixture(scope="module")
def both(models, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pieces")
    for name, model in zip(("old", "new"), models, strict=True):
        (folder / f"{name}.model").write_bytes(model)
    return [Subwords(folder / f"{name}.model") for name in ("old", "new")]


def test_old_pieces_keep_their_ids_and_pieces_are_unique(models):
    before, after = map(piece_names, models)
    assert after[: len(before)] == before
    assert 0 < len(after) - len(before) <= 20
    assert len(set(after)) == len(after)
    assert read_model(models[1]).trainer_spec.vocab_size == len(after)


def test_new_texts_have_fewer_pieces_and_use_new_ids(both):
    old, new = (subwords.tokenize(tf.constant(NEW[:3])) for subwords in both)
    assert int(tf.size(new.flat_values)) < int(tf.size(old.flat_values))
    assert int(tf.reduce_max(new.flat_values)) >= both[0].size


def test_texts_round_trip(both):
    texts = [*NEW[:3], *OLD[:3], *NASTY]
    old, new = (s.detokenize(s.tokenize(tf.constant(texts))).numpy().tolist() for s in both)
    assert old == new
    assert new[:6] == [text.encode() for text in texts[:6]]


def test_encode_pieces_with_another_model(models):
    old = models[0]
    (ids,) = encode_pieces(old, ["▁surfboard"])
    assert len(ids) > 1
    assert SentencePieceProcessor(model_proto=old).decode(ids) == " surfboard"


def test_without_new_pieces_the_model_is_unchanged(models):
    old = models[0]
    assert extend_subwords(old, NEW, 0, 3, "unigram") == old
    assert extend_subwords(old, ["", " "], 20, 3, "unigram") == old
    assert append_pieces(old, []) == old


def test_extending_does_not_warn_about_fewer_pieces(models, caplog):
    extend_subwords(models[0], NEW, 200, 3, "unigram")
    assert not caplog.messages
