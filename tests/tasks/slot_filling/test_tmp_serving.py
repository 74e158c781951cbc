"""The graph from strings to answers, around a model whose logits are given."""

import math
import random

import numpy as np
import pytest
import tensorflow as tf

from pipeline.layers.temperature import Temperature
from pipeline.metrics.spans import chunks
from pipeline.tasks.slot_filling.model import INTENT_SCALE
from pipeline.tasks.slot_filling.serving import build_service
from pipeline.tasks.slot_filling.serving import read_answers as answers
from pipeline.tasks.slot_filling.tokenizer import SlotTokenizer
from pipeline.text.vocabulary import Vocabulary, write_terms

NAMES = ["O", "B-city", "I-city", "B-date", "I-date"]
# A word of the tests to its tag and the logit of that tag; other tags have 0.
WORDS = {
    "<pad>": ("O", 9.0),
    "<unk>": ("O", 1.0),
    "o": ("O", 2.0),
    "b": ("B-city", 2.0),
    "i": ("I-city", 3.0),
    "d": ("B-date", 2.0),
    "e": ("I-date", 2.0),
    "q": ("B-city", 8.0),
    "r": ("I-city", 8.0),
    "北": ("B-city", 4.0),
    "京": ("I-city", 4.0),
    "👩": ("B-city", 4.0),
    "👧": ("I-city", 4.0),
    "é": ("B-date", 4.0),
    "fi": ("I-date", 4.0),
}
# Logits of `book` and `greet`, by the first word.
INTENTS = [[3.0, 0.0], [0.0, 1.0], *[[0.0, 2.0]] * (len(WORDS) - 2)]


class GivenLogits:
    """Stands for a Keras model: the logits of a token depend on its word alone."""

    input = ("words", "characters", "shapes")
    variables = ()
    layers = ()

    def __init__(self):
        self.scale = Temperature()
        self.scale.build((None, 2))
        self.scale.threshold.assign(0.8)

    def get_layer(self, name):
        assert name == INTENT_SCALE
        return self.scale

    def __call__(self, inputs, training):
        assert training is False
        best = [NAMES.index(tag) for tag, _ in WORDS.values()]
        logits = tf.constant([[logit] for _, logit in WORDS.values()])
        tags = tf.one_hot(best, len(NAMES)) * logits
        words = inputs["words"]
        return {
            "tags": tf.gather(tags, words),
            "intent": tf.gather(tf.constant(INTENTS), words[:, 0]),
        }


def probability(logit, others=4):
    """Softmax of one logit beside `others` of 0."""
    return math.exp(logit) / (math.exp(logit) + others)


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    folder = tmp_path_factory.mktemp("vocabularies")
    write_terms(folder / "words.txt", WORDS)
    write_terms(folder / "characters.txt", ["<pad>", "<unk>"])
    return SlotTokenizer(Vocabulary(folder / "words.txt"), Vocabulary(folder / "characters.txt"), 3)


@pytest.fixture(scope="module")
def service(tokenizer):
    vocabularies = {"slots": ["city", "date"], "intents": ["book", "greet"]}
    return build_service(tokenizer, GivenLogits(), vocabularies)


@pytest.fixture(scope="module")
def outputs(service):
    """A function from texts to the NumPy outputs of `serving_default`."""

    def outputs(*texts):
        found = service.signatures["serving_default"](tf.constant(texts, tf.string))
        return {name: value.numpy() for name, value in found.items()}

    return outputs


@pytest.fixture(scope="module")
def answer(outputs):
    """A function from texts to plain answers."""
    return lambda *texts: answers(texts, outputs(*texts))


def spans(found):
    return [(slot["slot"], slot["start"], slot["end"]) for slot in found["slots"]]


def test_outputs_by_hand(outputs):
    found = outputs("o b i", "", "d")
    assert {name: value.shape for name, value in found.items()} == {
        "intent": (3,),
        "intent_score": (3,),
        "rejected": (3,),
        "token_count": (3,),
        "tokens": (3, 3),
        "tags": (3, 3),
        "slot_count": (3,),
        "slot_names": (3, 1),
        "slot_values": (3, 1),
        "slot_starts": (3, 1),
        "slot_ends": (3, 1),
        "slot_scores": (3, 1),
    }
    for name in ("token_count", "slot_count", "slot_starts", "slot_ends"):
        assert found[name].dtype == np.int32
    assert found["intent"].tolist() == [b"greet", b"book", b"greet"]
    assert found["token_count"].tolist() == [3, 0, 1]
    assert found["tokens"].tolist() == [[b"o", b"b", b"i"], [b"", b"", b""], [b"d", b"", b""]]
    assert found["tags"].tolist() == [
        [b"O", b"B-city", b"I-city"],
        [b"", b"", b""],
        [b"B-date", b"", b""],
    ]
    assert found["slot_count"].tolist() == [1, 0, 1]
    assert found["slot_names"].tolist() == [[b"city"], [b""], [b"date"]]
    assert found["slot_values"].tolist() == [[b"b i"], [b""], [b"d"]]
    assert found["slot_starts"].tolist() == [[2], [-1], [0]]
    assert found["slot_ends"].tolist() == [[5], [-1], [1]]
    city = probability(2.0) * probability(3.0)
    np.testing.assert_allclose(found["slot_scores"], [[city], [0], [probability(2.0)]], rtol=1e-5)
    intent = [probability(logit, 1) for logit in (2.0, 3.0, 2.0)]
    np.testing.assert_allclose(found["intent_score"], intent, rtol=1e-5)


def test_an_intent_below_the_threshold_is_rejected(answer):
    # An unknown word gives sigmoid(1) = 0.73, the word "o" sigmoid(2) = 0.88; the threshold is 0.8.
    assert [found["rejected"] for found in answer("x", "o")] == [True, False]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("i i o", [("city", 0, 3)]),  # an I- that follows nothing begins a chunk
        ("o i b", [("city", 2, 3), ("city", 4, 5)]),
        ("b e e", [("city", 0, 1), ("date", 2, 5)]),
        ("i o i", [("city", 0, 1), ("city", 4, 5)]),
        ("b b", [("city", 0, 1), ("city", 2, 3)]),
        ("b i d e", [("city", 0, 3), ("date", 4, 7)]),
        ("o o", []),
        ("x y", []),
    ],
)
def test_chunks_by_hand(answer, text, expected):
    assert spans(answer(text)[0]) == expected


def test_chunks_agree_with_conlleval_in_mixed_batches(answer):
    draw = random.Random(3)
    rows = [draw.choices("obide", k=draw.randint(0, 9)) for _ in range(200)]
    for row, found in zip(rows, answer(*(" ".join(row) for row in rows)), strict=True):
        tokens = chunks([WORDS[word][0] for word in row])
        assert spans(found) == [(slot, 2 * start, 2 * end - 1) for slot, start, end in tokens]


def test_a_slot_does_not_go_on_in_the_next_row(answer):
    first, second, third = answer("o b", "i i", "i")
    assert spans(first) == [("city", 2, 3)]
    assert spans(second) == [("city", 0, 3)]
    assert spans(third) == [("city", 0, 1)]
    empty_between = answer("b", "", "i")
    assert [spans(found) for found in empty_between] == [[("city", 0, 1)], [], [("city", 0, 1)]]


def test_a_batch_gives_what_its_rows_give_alone(answer):
    texts = ["o b i o d", "", "q r r r r", "京 👩‍👧", "i", "o " * 50]
    assert answer(*texts) == [answer(text)[0] for text in texts]
    assert answer(*texts[::-1]) == answer(*texts)[::-1]


def test_a_score_is_the_product_over_the_slot_s_tokens(answer):
    [found] = answer("b i q r r b")
    by_hand = [
        probability(2.0) * probability(3.0),
        probability(8.0) ** 3,
        probability(2.0),
    ]
    assert [slot["score"] for slot in found["slots"]] == pytest.approx(by_hand, abs=1e-6)
    [long] = answer("b" + " i" * 300)
    assert long["slots"][0]["score"] == pytest.approx(probability(3.0) ** 300, abs=1e-6)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("北京", [("city", "北京")]),
        ("o 👩‍👧\tb", [("city", "👩‍👧"), ("city", "b")]),
        ("  b  i ", [("city", "b  i")]),
        ("\u3000北\u3000京\u00a0d", [("city", "北\u3000京"), ("date", "d")]),
        ("👩👩 👧👧", [("city", "👩"), ("city", "👩 👧👧")]),
        ("E\u0301 ﬁ", [("date", "E\u0301 ﬁ")]),
        ("x\u0085b\u2028i\x00o", [("city", "b\u2028i")]),
        ("\ufeffB I", [("city", "B I")]),
        ("𠀀北", [("city", "北")]),
    ],
)
def test_values_stand_at_their_offsets_in_the_exact_text(answer, text, expected):
    [found] = answer(text)
    assert found["text"] == text
    assert [(slot["slot"], slot["value"]) for slot in found["slots"]] == expected
    for slot in found["slots"]:
        assert text[slot["start"] : slot["end"]] == slot["value"]


def test_bytes_that_are_not_utf8_are_answered(outputs):
    found = outputs(b"b \xff i\xc3", b"\xff")
    assert found["tokens"].tolist()[0] == [b"b", "\ufffd".encode(), b"i", "\ufffd".encode()]
    assert found["slot_starts"].tolist() == [[0, 4], [-1, -1]]


@pytest.mark.parametrize("texts", [[""], ["", " ", "\u200b\t"]])
def test_texts_without_a_token_have_an_intent_and_no_slot(answer, texts):
    score = round(probability(3.0, 1), 6)
    intent = {"label": "book", "score": pytest.approx(score, abs=2e-6)}
    rest = {"intent": intent, "slots": [], "rejected": False}
    assert answer(*texts) == [{"text": text, **rest} for text in texts]


def test_an_empty_batch_is_answered(answer, outputs):
    assert answer() == []
    assert outputs()["tokens"].shape[0] == 0


def test_answers_are_plain_values(answer):
    [found] = answer("o b")
    assert list(found) == ["text", "intent", "slots", "rejected"]
    assert type(found["rejected"]) is bool
    assert type(found["intent"]["label"]) is str
    [slot] = found["slots"]
    assert list(slot) == ["slot", "value", "start", "end", "score"]
    assert [type(value) for value in slot.values()] == [str, str, int, int, float]


def test_the_margin_is_the_least_gap_of_the_row(service):
    def gap(logit, others=4):
        return (math.exp(logit) - 1) / (math.exp(logit) + others)

    found = service.margin(tf.constant(["q r", "q b", "", "x", "q"])).numpy()
    intent = gap(2.0, 1)
    by_hand = [
        min(intent, gap(8.0)),
        min(intent, gap(2.0)),
        gap(3.0, 1),  # no token: the intent's alone
        min(gap(1.0, 1), gap(1.0)),
        min(intent, gap(8.0)),
    ]
    np.testing.assert_allclose(found, by_hand, rtol=1e-5)


class OneIntent(GivenLogits):
    """A model of a set with one intent."""

    def __call__(self, inputs, training):
        return super().__call__(inputs, training) | {
            "intent": tf.zeros([tf.shape(inputs["words"])[0], 1])
        }


def test_a_set_with_one_intent_is_served(tokenizer):
    vocabularies = {"slots": ["city", "date"], "intents": ["only"]}
    service = build_service(tokenizer, OneIntent(), vocabularies)
    found = service.signatures["serving_default"](tf.constant(["o", ""]))
    rows = answers(["o", ""], {name: value.numpy() for name, value in found.items()})
    intent = {"label": "only", "score": 1.0}
    rest = {"intent": intent, "slots": [], "rejected": False}
    assert rows == [{"text": text, **rest} for text in ("o", "")]
    gap = (math.exp(2) - 1) / (math.exp(2) + 4)
    np.testing.assert_allclose(service.margin(tf.constant(["o", ""])), [gap, 1.0], rtol=1e-5)
