"""Texts to inputs and gold spans to targets, by hand."""

import numpy as np
import pytest
import tensorflow as tf

from pipeline.config import TrainSettings
from pipeline.errors import InputError
from pipeline.tasks.slot_filling.model import build_model
from pipeline.tasks.slot_filling.settings import SlotTrainSettings
from pipeline.tasks.slot_filling.tokenizer import (
    build_encoder,
    build_tokenizer,
    count_tokens,
    count_training_words,
    learn,
    project_spans,
)
from pipeline.text.tokens import tokenize
from pipeline.text.vocabulary import write_terms

WORDS = ["<pad>", "<unk>", "fly", "to", "北", "京", "2", "'"]
CHARACTERS = ["<pad>", "<unk>", *"flyto北京"]
VOCABULARIES = {
    "words": WORDS,
    "characters": CHARACTERS,
    "slots": ["city", "date"],
    "intents": ["book", "greet"],
}
# The rates at which training changes the texts it sees: all off, so that the numbers are ours.
STILL = dict.fromkeys(
    SlotTrainSettings.model_fields.keys() - TrainSettings.model_fields.keys(), 0.0
)
SEED = tf.constant([1, 2], tf.int64)


@pytest.fixture(scope="module")
def settings(make_settings):
    return make_settings(tokenizer={"max_characters": 4}, train=STILL)


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory, settings):
    folder = tmp_path_factory.mktemp("vocabularies")
    for name in ("words", "characters"):
        write_terms(folder / f"{name}.txt", VOCABULARIES[name])
    return build_tokenizer(settings, folder)


@pytest.fixture(scope="module")
def encode(settings, tokenizer, make_record):
    records = [make_record("fly to 北京 2", "book", [("city", 7, 9), ("date", 10, 11)])]
    encoder = build_encoder(settings, tokenizer, VOCABULARIES, records)
    return lambda batch: encoder.pad(encoder.encode(batch, SEED))


def inputs_of(tokenizer, texts):
    """Tokens, and the ids of words, characters and shapes."""
    found, features = tokenizer(tf.constant(texts))
    return found, *(features[name] for name in ("words", "characters", "shapes"))


def batch_of(*records):
    """Records as the store pads them to a batch."""
    width = max(len(record["slots"]["slot"]) for record in records)

    def padded(key, filler, dtype):
        rows = [record["slots"][key] for record in records]
        return tf.constant([row + [filler] * (width - len(row)) for row in rows], dtype)

    return {
        "text": tf.constant([record["text"] for record in records]),
        "intent": tf.constant([record["intent"] for record in records]),
        "slots": {
            "slot": padded("slot", "", tf.string),
            "start": padded("start", 0, tf.int32),
            "end": padded("end", 0, tf.int32),
        },
    }


# --- vocabularies ---


def test_vocabularies_by_hand(make_settings, make_record):
    records = [
        make_record("Fly to ＯＳＬＯ 12", "greet", [("to_city", 7, 11), ("date", 12, 14)]),
        make_record("fly to 北京", "book", [("from_city", 7, 9), ("date", 0, 3)]),
        make_record("", "a#b"),
    ]
    found = learn(make_settings(), records)
    assert found["words"] == ["<pad>", "<unk>", "fly", "to", "1", "2", "oslo", "京", "北"]
    # o: 2 to + 2 oslo = 4; l: 2 fly + oslo = 3; f, t, y: 2.
    characters = ["o", "l", "f", "t", "y", "1", "2", "s", "京", "北"]
    assert found["characters"] == ["<pad>", "<unk>", *characters]
    assert found["slots"] == ["date", "from_city", "to_city"]
    assert found["intents"] == ["a#b", "book", "greet"]


def test_rare_words_are_left_out_and_their_characters_kept(make_settings, make_record):
    records = [make_record("fly fly to", "i", [("x", 0, 3)])]
    found = learn(make_settings(tokenizer={"min_count": 2}), records)
    assert found["words"] == ["<pad>", "<unk>", "fly"]
    assert "t" in found["characters"]


def test_vocabularies_are_those_of_all_records_read_once(make_settings, make_record):
    spans = [("x", 0, 4)]
    records = (make_record(f"word{'x' * number}", f"i{number}", spans) for number in range(1100))
    found = learn(make_settings(), records)
    assert len(found["words"]) == 2 + 1100
    assert len(found["intents"]) == 1100


def test_a_set_without_any_slot_is_refused(make_settings, make_record):
    with pytest.raises(InputError, match="train: no slot in any example; expected annotated spans"):
        learn(make_settings(), [make_record("hi", "greet")])


# --- inputs ---


def test_inputs_by_hand(tokenizer):
    found, words, characters, shapes = inputs_of(tokenizer, ["FLY  to", "", "京都 flying"])
    assert words.numpy().tolist() == [[2, 3, 0], [0, 0, 0], [5, 1, 1]]
    f, l, y, t, o, _, kyo = range(2, 9)  # noqa: E741
    assert characters.numpy().tolist() == [
        [[f, l, y, 0], [t, o, 0, 0], [0] * 4],
        [[0] * 4] * 3,
        [[kyo, 0, 0, 0], [1, 0, 0, 0], [f, l, y, 1]],
    ]
    assert shapes.numpy().tolist() == [[4, 2, 0], [0, 0, 0], [6, 6, 2]]
    assert words.dtype == characters.dtype == shapes.dtype == tf.int32
    assert found.surface.to_list()[0] == [b"FLY", b"to"]


@pytest.mark.parametrize("texts", [[""], ["", " \u3000"]])
def test_a_batch_without_any_token_has_one_step_of_padding(tokenizer, texts):
    found, words, characters, shapes = inputs_of(tokenizer, texts)
    assert words.numpy().tolist() == shapes.numpy().tolist() == [[0]] * len(texts)
    assert characters.numpy().tolist() == [[[0]]] * len(texts)
    assert found.surface.to_list() == [[]] * len(texts)


def test_a_batch_gives_what_its_rows_give_alone(tokenizer):
    texts = ["fly to 北京 2", "", "👩 to", "unknown words here 22"]
    _, words, characters, shapes = inputs_of(tokenizer, texts)
    for row, text in enumerate(texts):
        found, alone, letters, written = inputs_of(tokenizer, [text])
        real = len(found.surface.to_list()[0])
        assert words[row, :real].numpy().tolist() == alone[0, :real].numpy().tolist()
        used = letters.shape[2]
        assert characters[row, :real, :used].numpy().tolist() == letters[0, :real].numpy().tolist()
        assert not characters[row, :real, used:].numpy().any()
        assert shapes[row, :real].numpy().tolist() == written[0, :real].numpy().tolist()
        assert not words[row, real:].numpy().any()


# --- targets ---


def projected(text, *spans):
    """Tag ids of the text's tokens from (slot id, start, end)."""
    slots, starts, ends = (tf.constant([column], tf.int32) for column in zip(*spans, strict=True))
    return project_spans(tokenize(tf.constant([text])), starts, ends, slots).to_list()[0]


@pytest.mark.parametrize(
    ("text", "spans", "tags"),
    [
        ("5 o'clock", [(0, 0, 9)], [1, 2, 2, 2]),
        ("at o'clock", [(1, 3, 10)], [0, 3, 4, 4]),
        ("the top-20", [(0, 4, 10)], [0, 1, 2, 2, 2]),
        ("the top-20", [(0, 8, 10)], [0, 0, 0, 1, 2]),
        ("airport now", [(0, 0, 3)], [1, 0]),
        ("airport now", [(1, 3, 7)], [3, 0]),
        ("new york now", [(0, 2, 6)], [1, 2, 0]),
        ("北京上海", [(0, 0, 2), (0, 2, 4)], [1, 2, 1, 2]),
        ("北京上海", [(0, 0, 2), (1, 2, 4)], [1, 2, 3, 4]),
        ("北京 上海", [(1, 3, 5), (0, 0, 2)], [1, 2, 3, 4]),
        ("a b", [(-1, 0, 1), (0, 2, 3)], [0, 1]),
        ("a b", [(0, 0, 1), (0, 0, 0), (-1, 0, 0)], [1, 0]),
        ("👩‍👧\tto  京", [(0, 0, 3), (1, 8, 9)], [1, 2, 0, 3]),
        ("a\u200b b", [(0, 1, 2)], [0, 0]),
        ("", [(0, 0, 0)], []),
    ],
)
def test_spans_become_tags_of_the_tokens_they_touch(text, spans, tags):
    assert projected(text, *spans) == tags


def test_a_token_in_two_spans_has_one_tag():
    assert projected("o'clock", (0, 0, 3), (1, 2, 7)) in ([1, 2, 3], [1, 2, 4])
    assert projected("clock", (0, 0, 3), (1, 3, 5)) == [3]


def test_rows_do_not_leak_into_each_other():
    found = tokenize(tf.constant(["a b c", "d", ""]))
    starts = tf.constant([[4], [0], [0]])
    ends = tf.constant([[5], [1], [0]])
    assert project_spans(found, starts, ends, tf.constant([[0], [1], [-1]])).to_list() == [
        [0, 0, 1],
        [3],
        [],
    ]


def test_a_batch_encoded_by_hand(encode, make_record):
    batch = batch_of(
        make_record("fly to 北京 2", "greet", [("city", 7, 9), ("date", 10, 11)]),
        make_record("北京?", "no such intent", [("no such slot", 0, 2)]),
    )
    inputs, targets, weights = encode(batch)
    assert inputs["words"].numpy().tolist() == [[2, 3, 4, 5, 6], [4, 5, 1, 0, 0]]
    assert inputs["characters"].shape == (2, 5, 3)  # its longest word is "fly"
    assert targets["member_tags"].numpy().tolist() == [[0, 0, 1, 2, 3], [0, 0, 0, -1, -1]]
    assert targets["member_intents"].numpy().tolist() == [1, 0]
    assert weights["member_tags"].numpy().tolist() == [1, 1]
    assert weights["member_intents"].numpy().tolist() == [1, 0]


@pytest.mark.parametrize("texts", [["fly to", "hi"], ["", ""]])
def test_a_batch_without_spans_is_all_outside(encode, make_record, texts):
    inputs, targets, _ = encode(batch_of(*(make_record(text) for text in texts)))
    real = inputs["words"].numpy() > 0
    assert targets["member_tags"].shape == inputs["words"].shape
    assert targets["member_tags"].numpy().tolist() == (real - 1).tolist()


# --- counts ---


def test_tokens_and_unknown_ones_are_counted_text_by_text(tokenizer):
    texts = ["fly to ２", "", "xyz 京 ?", " "]
    assert count_tokens(tokenizer, texts) == [(3, 0), (0, 0), (3, 2), (0, 0)]


def test_the_model_is_told_how_often_each_word_stands_in_training(settings, tokenizer, make_record):
    model = build_model(settings, VOCABULARIES)
    records = [make_record("fly to to xyz"), make_record(""), make_record("Fly!")]
    count_training_words(tokenizer, model, VOCABULARIES, records)
    layer = model.get_layer("word_dropout_1")
    words = VOCABULARIES["words"]
    found = dict(zip(words, np.asarray(layer.counts).tolist(), strict=True))
    assert (found["fly"], found["to"], found["<unk>"]) == (2, 2, 2)  # unknown: xyz and !
    assert sum(found[word] for word in words[1:]) == 6
