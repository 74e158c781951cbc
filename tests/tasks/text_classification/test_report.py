"""What the report shows of a split: every section, with texts as texts, and counts that are so."""

import re

import keras
import pytest
import tensorflow as tf

from pipeline.layers.bag import WeightedBag
from pipeline.tasks.text_classification import report
from pipeline.tasks.text_classification.settings import TextClassificationSettings

NASTY = (
    "<script>alert(1)</script> 北京",
    "👩‍👩‍👧‍👦 & \"x\" 'y' </div></li>",
    "\u202e北京\x00\x1b[0m",
    "مرحبا <b>北京</b>",
    " ",
)
TITLES = [
    "Labels",
    "Confusion matrix",
    "Wrong answers",
    "Calibration of the scores",
    "Long texts",
    "Attribution of the answers to tokens",
]


class Characters:
    """A tokenizer to code points, and pairs of them."""

    def __call__(self, texts):
        ids = tf.strings.unicode_decode(texts, "UTF-8")
        ids = (ids % 97 + 2).to_tensor(0, shape=[None, 64])
        return ids, ids

    def token_offsets(self, texts):
        return [[(i, i + 1) for i in range(n)] for n in self._lengths(texts)]

    def is_truncated(self, texts):
        return tf.strings.length(texts, unit="UTF8_CHAR") > 64

    def ngram_names(self, texts):
        return [{i: f"n{i}" for i in row} for row in self(texts)[1].numpy().tolist()]

    def _lengths(self, texts):
        return [min(len(text.decode()), 64) for text in texts.numpy().tolist()]


@pytest.fixture(scope="module")
def model():
    inputs = {name: keras.Input([64], dtype="int32", name=name) for name in ("tokens", "ngrams")}
    vectors = keras.layers.Embedding(99, 4, name="embedding")(inputs["tokens"])
    pooled = keras.layers.GlobalAveragePooling1D()(keras.activations.tanh(vectors))
    bag = WeightedBag(99, 2)
    logits = keras.layers.Dense(2)(pooled) + bag(inputs["ngrams"])
    bag.weights_of_ngrams.assign(keras.random.normal([99, 2], seed=1))
    return keras.Model(inputs, {"label": logits})


@pytest.fixture(scope="module")
def show(model):
    """A function from records and answers to sections: title to markup."""

    def make(records, answers, several=False):
        data = {"format": "jsonl", "files": {"train": "t.jsonl"}, "multi_label": several}
        settings = TextClassificationSettings.model_validate(
            {"task": "text_classification", "data": data}
        )
        sections = report.report(settings, Characters(), model, records, answers)
        return {section.title: section.body for section in sections}

    return make


def record(text, *labels, line=1):
    return {"text": text, "labels": list(labels), "source": f"f.csv:{line}"}


def answer(text, score, *several):
    """One that says `yes` with that score."""
    scores = {"yes": score, "no": round(1 - score, 6)}
    found = {"text": text, "label": "yes", "score": score, "scores": scores, "rejected": False}
    return found | ({"labels": list(several)} if several else {})


def plain(markup):
    return re.sub(r"<[^>]+>", "", markup)


def test_every_section_is_there_and_counts_are_so(show):
    records = [record(f"text {i}", "yes" if i % 3 else "no", line=i) for i in range(90)]
    shown = show(records, [answer(r["text"], 0.5 + i / 174) for i, r in enumerate(records)])
    assert list(shown) == TITLES
    assert "30 of 90 answers are wrong. Highest scores first, 30 shown" in shown["Wrong answers"]
    items = shown["Wrong answers"].split("<li>")[1:]
    assert len(items) == 30
    assert "f.csv:87" in items[0]  # the surest first
    assert "no (0.00) → yes (1.00)" in plain(items[0])
    assert "no → yes: 30 of 30 (100.0 %)" in shown["Confusion matrix"]
    assert "90 scores, calibration error" in shown["Calibration of the scores"]


def test_right_answers_are_said_to_be(show):
    shown = show([record("a", "yes")], [answer("a", 0.9)])
    assert "Every answer is right." in shown["Wrong answers"]
    assert "(missed)" not in shown["Confusion matrix"]


def test_a_label_that_training_never_had_is_shown_as_new(show):
    shown = show([record("a", "<i>")], [answer("a", 0.9)])
    assert "<i> (new) → yes (0.90)" in plain(shown["Wrong answers"]).replace("&lt;", "<").replace(
        "&gt;", ">"
    )
    assert "&lt;i&gt;" in shown["Labels"]


def test_several_labels(show):
    records = [record("a", "yes", "no"), record("b"), record("c", "no")]
    answers = [answer("a", 0.8, "yes"), answer("b", 0.3, "no"), answer("c", 0.3, "no")]
    shown = show(records, answers, several=True)
    first, second = (plain(item) for item in shown["Wrong answers"].split("<li>")[1:])
    assert "yes (0.80), no (0.20) → yes (0.80)" in first  # sure at 0.8 that `no` is not there
    assert "no label → no (0.70)" in second
    heat = shown["Confusion matrix"]
    assert "no → (missed): 1 of 2" in heat
    assert "(spurious) → no: 1 of 1" in heat
    assert "6 scores, calibration error" in shown["Calibration of the scores"]


def test_reasons_are_of_wrong_answers_first_and_their_sizes_sum_to_one(show):
    records = [record(f"text {i}", "no" if i == 40 else "yes", line=i) for i in range(50)]
    markup = show(records, [answer(r["text"], 0.9) for r in records])[
        "Attribution of the answers to tokens"
    ]
    items = markup.split("<li>")[1:]
    assert len(items) == report.LOOKED_AT
    assert "f.csv:40" in items[0]
    assert "f.csv:0" in items[1]
    assert 'class="against"' in markup
    for item in items:
        weights = [float(weight) for weight in re.findall(r"--w:([\d.]+)", item)]
        assert sum(weights) == pytest.approx(1, abs=0.001 * len(weights))
        assert 4 < len(re.findall(r"n\d+&#x27; [+-]\d", item)) <= report.STRONGEST


def test_nasty_texts_are_texts(show):
    records = [record(text, "<b>") for text in NASTY]
    markup = "".join(show(records, [answer(text, 0.9) for text in NASTY]).values())
    for tag in ("<script", "<b>北", "<b> (", "\x00", "\x1b"):
        assert tag not in markup
    assert "&lt;b&gt; (new)" in markup
    assert "&lt;script&gt;" in markup


def test_thousands_of_rows_and_long_texts_do_not_make_a_long_page(show):
    labels = [f"label {i}" for i in range(200)]
    many = [record(f"{i} {'word ' * (2000 if i % 2 else 4)}", labels[i % 200]) for i in range(3000)]
    shown = show(many, [answer(one["text"], 0.9) for one in many])
    assert sum(map(len, shown.values())) < 700_000
    assert "labels with few or no errors are not shown" in shown["Confusion matrix"]


def test_what_the_encoder_does_not_read_is_said(show):
    def said(*texts):
        rows = [record(text, "yes") for text in texts]
        return show(rows, [answer(text, 0.9) for text in texts])["Long texts"]

    assert "1 of 3 texts (33.3 %) have over 256 tokens" in said("a" * 65, "a" * 64, "b")
    assert "No text has more than 256 tokens" in said("a", "b")
