"""The floor: learns what it should, answers in the model's form, says what is missing."""

import sys

import pytest

from pipeline.errors import InputError
from pipeline.tasks.slot_filling import baseline as module
from pipeline.tasks.slot_filling.baseline import baseline as floor
from pipeline.tasks.slot_filling.baseline import features, shape
from pipeline.tasks.slot_filling.scoring import score

CITIES = ("oslo", "rome", "new york", "lima", "paris", "北京", "上海")


@pytest.fixture(scope="module")
def packages():
    pytest.importorskip("sklearn_crfsuite", reason="sklearn-crfsuite, of the extra `floor`")


@pytest.fixture(scope="module")
def records(make_record):
    """Two intents and two roles that the word before the city decides."""
    rows = []
    for city in CITIES:
        for cue, slot in (("from", "from"), ("to", "to")):
            text = f"fly {cue} {city} now"
            start = text.index(city)
            rows.append(make_record(text, "book", [(slot, start, start + len(city))]))
        rows.append(make_record(f"how is {city}", "ask"))
    return rows


@pytest.mark.parametrize(
    ("word", "like"),
    [("oslo", "x"), ("Boeing-747", "Xx-0"), ("USA", "X"), ("5th", "0x"), ("北京", "x"), ("'", "'")],
)
def test_shape(word, like):
    assert shape(word) == like


def test_features_see_two_words_on_each_side():
    rows = features(["a", "to", "Oslo", "on", "May", "1"])
    assert len(rows) == 6
    oslo = rows[2]
    assert (oslo["word"], oslo["shape"], oslo["starts 2"], oslo["ends 3"]) == (
        "oslo",
        "Xx",
        "os",
        "slo",
    )
    near = {step: oslo[f"{step} word"] for step in (-2, -1, 1, 2)}
    assert near == {-2: "a", -1: "to", 1: "on", 2: "may"}
    assert (oslo["-1 0 words"], oslo["0 1 words"]) == ("to oslo", "oslo on")
    assert (rows[0]["begins"], rows[5]["ends"], oslo["begins"], oslo["ends"]) == (
        True,
        True,
        False,
        False,
    )
    assert "-1 word" not in rows[0]
    assert features([]) == []


def test_it_learns_roles_and_intents(packages, make_settings, records):
    settings = make_settings({"roles": ["from", "to"]})
    answers = floor(settings, records, records)
    found = score(settings, records, answers).metrics
    assert found["slot_f1"]["value"] > 95
    assert found["intent_accuracy"]["value"] > 95
    first = answers[0]
    assert first.keys() == {"text", "intent", "slots"}
    assert first["slots"] == [{"slot": "from", "value": "oslo", "start": 9, "end": 13}]


def test_it_reads_the_source_s_own_tokens_and_empty_texts(packages, make_settings, make_record):
    text = "at 5 o'clock"
    rows = [make_record(text, "i", [("time", 3, 12)], tokens=((0, 2), (3, 4), (5, 12)))] * 4
    nothing = make_record("", "i")
    answers = floor(make_settings(), [*rows, nothing], [rows[0], nothing])
    assert answers[0]["slots"] == [{"slot": "time", "value": "5 o'clock", "start": 3, "end": 12}]
    assert answers[1] == {"text": "", "intent": {"label": "i"}, "slots": []}


def test_a_stray_tag_is_marked(make_record):
    from pipeline.tasks.slot_filling.records import from_record

    example = from_record(make_record("to new york"))
    tags = ["O", "I-city", "I-city"]
    assert module._slots(example, ((0, 2), (3, 6), (7, 11)), tags) == [
        {"slot": "city", "value": "new york", "start": 3, "end": 11, "stray": True}
    ]


def test_without_its_packages_it_says_what_to_install(monkeypatch, make_settings, records):
    monkeypatch.setitem(sys.modules, "sklearn_crfsuite", None)
    monkeypatch.setitem(sys.modules, "sklearn.svm", None)
    with pytest.raises(InputError, match=r"pip install scikit-learn sklearn-crfsuite$") as caught:
        floor(make_settings(), records, records)
    assert "\n" not in str(caught.value)
