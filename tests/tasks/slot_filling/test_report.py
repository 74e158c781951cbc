"""What the report shows of a split: every section, with texts as texts, and counts that are so."""

import re

import pytest

from pipeline.tasks.slot_filling import report
from pipeline.tasks.slot_filling.records import from_record

NASTY = (
    "<script>alert(1)</script> to 北京",
    "to 👩‍👩‍👧‍👦 & \"x\" 'y' </div></li>",
    "到\u202e北京\x00\x1b[0m",
    "مرحبا <b>北京</b>",
    "",
)


def wrong(record):
    """An answer with the roles swapped, and another intent."""
    example = from_record(record)
    swapped = {"departure_city": "arrival_city", "arrival_city": "departure_city"}
    slots = [
        {
            "slot": swapped.get(slot, slot),
            "value": example.text[a:b],
            "start": a,
            "end": b,
            "score": 0.9,
        }
        for slot, a, b in example.spans
    ]
    return {"text": example.text, "intent": {"label": "<i>", "score": 0.5}, "slots": slots}


@pytest.fixture(scope="module")
def show(tiny_of, assembly_of):
    """A function from records and answers to sections: title to markup."""
    tiny, parts = tiny_of("slot_filling"), assembly_of("slot_filling")

    def make(records, answers, model=parts.model):
        sections = report.report(tiny.config.settings, parts.tokenizer, model, records, answers)
        return {section.title: section.body for section in sections}

    return make


@pytest.fixture(scope="module")
def records(tiny_of):
    tiny = tiny_of("slot_filling")
    return list(tiny.task.data.load(tiny.config.settings).splits["test"]())


def plain(markup):
    return re.sub(r"<[^>]+>", "", markup)


def test_every_section_is_there_and_counts_are_so(show, records):
    shown = show(records, [wrong(record) for record in records])
    assert list(shown) == [
        "Slots",
        "Confusion matrices",
        "Wrong answers",
        "Calibration of the scores",
        "Attention for the intent",
    ]
    swapped = [r for r in records if {"departure_city", "arrival_city"} & set(r["slots"]["slot"])]
    answers = shown["Wrong answers"]
    assert f"{len(records)} of {len(records)} answers have an error" in answers
    assert f"(20 of {len(records)}, highest scores first)" in answers
    assert f"({len(swapped)} of {len(swapped)}, highest scores first)" in answers
    assert answers.count("<li>") == len(swapped) + report.SHOWN
    assert "missed" not in plain(answers.split("</table>")[1])  # no group without an example
    assert "&lt;i&gt;" in shown["Confusion matrices"]


def test_right_answers_are_said_to_be(show, records):
    right = []
    for record in records:
        answer = wrong(record)
        answer["intent"]["label"] = record["intent"]
        for slot, name in zip(answer["slots"], record["slots"]["slot"], strict=True):
            slot["slot"] = name
        right.append(answer)
    assert "Every answer is right." in show(records, right)["Wrong answers"]


def test_attention_is_of_the_tokens_and_sums_to_one(show, records):
    markup = show(records, [wrong(record) for record in records])["Attention for the intent"]
    items = markup.split("<li>")[1:]
    assert 0 < len(items) <= report.LOOKED_AT
    for item in items:
        weights = [float(weight) for weight in re.findall(r"--w:([\d.]+)", item)]
        assert sum(weights) == pytest.approx(1, abs=0.001 * len(weights))


def test_minimal_pairs_are_looked_at_first(show, make_record):
    to = make_record("go to Oslo", spans=[("arrival_city", 6, 10)])
    source = make_record("go from Oslo", spans=[("departure_city", 8, 12)])
    other = make_record("hello")
    records = [other, to, source]
    items = show(records, [wrong(record) for record in records])["Attention for the intent"]
    first, second, third = (plain(item) for item in items.split("<li>")[1:])
    assert "minimal pair" in first
    assert "arrival_city Oslo" in first
    assert "departure_city Oslo" in second
    assert "hello" in re.sub(r"\d", "", third)


def test_nasty_texts_are_texts(show, make_record):
    records = [
        make_record(text, "<b>", [("<to>", text.index("北"), len(text))] if "北" in text else [])
        for text in NASTY
    ]
    markup = "".join(show(records, [wrong(record) for record in records]).values())
    for tag in ("<script", "<b>北", "<to>", "\x00", "\x1b"):
        assert tag not in markup
    assert "&lt;script&gt;" in markup
    assert "&lt;to&gt;" in markup


def test_a_model_without_attention_pooling_says_so(show, records):
    class Plain:
        layers = ()

    markup = show(records, [wrong(record) for record in records], Plain())
    assert "does not pool by attention" in markup["Attention for the intent"]


def test_thousands_of_rows_do_not_make_a_long_page(show, records):
    many = list(records) * 120
    shown = show(many, [wrong(record) for record in many])
    assert sum(map(len, shown.values())) < 400_000
