"""JSONL: every accepted form, every error with file and line, and the way back."""

import json

import pytest

from pipeline.errors import DataError
from pipeline.tasks.slot_filling.formats.jsonl import read
from pipeline.tasks.slot_filling.records import Span, Utterance, from_record, to_json
from pipeline.tasks.slot_filling.settings import ColumnSettings

GOOD = {"text": "to Oslo", "intent": "book", "slots": [{"slot": "city", "start": 3, "end": 7}]}


@pytest.fixture
def read_rows(write):
    """A function from objects (or lines) to the utterances of the file that holds them."""

    def read_rows(*rows, columns=None, on_error=None):
        lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
        path = write("data.jsonl", "\n".join(lines))
        arguments = (on_error,) if on_error else ()
        return list(read(path, columns or ColumnSettings(), *arguments))

    return read_rows


def changed(**keys):
    return GOOD | keys


def test_a_line_is_an_utterance(read_rows, tmp_path):
    extra = changed(language="en", pair=7)
    found = read_rows(extra, "", changed(text="你好👩", intent="greet", slots=[]))
    spans = (Span("city", 3, 7),)
    assert found == [
        Utterance("to Oslo", "book", spans, source=f"{tmp_path}/data.jsonl:1"),
        Utterance("你好👩", "greet", (), source=f"{tmp_path}/data.jsonl:3"),
    ]


@pytest.mark.parametrize("key", ["slot", "label", "entity", "type"])
def test_a_slot_s_name_may_stand_under_several_keys(read_rows, key):
    span = {key: "city", "start": 3, "end": 7, "value": "Oslo", "score": 1}
    assert read_rows(changed(slots=[span]))[0].spans == (Span("city", 3, 7),)


@pytest.mark.parametrize(
    ("intent", "label"), [("a#b", "a#b"), (["a"], "a"), (["b", "a"], "b#a"), (["a", 1], "a#1")]
)
def test_several_intents_are_joined(read_rows, intent, label):
    assert read_rows(changed(intent=intent))[0].intent == label


def test_the_config_names_the_keys(read_rows):
    row = {"utterance": "to Oslo", "label": "book", "entities": GOOD["slots"], "text": 5}
    columns = ColumnSettings(text="utterance", intent="label", slots="entities")
    assert read_rows(row, columns=columns)[0].spans == (Span("city", 3, 7),)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("{", "not valid JSON"),
        ("[]", "a JSON list; expected an object"),
        ({"intent": "book", "slots": []}, "`text` is None; expected a string"),
        (changed(text=5), "`text` is 5; expected a string"),
        (changed(text=["to", "Oslo"]), "`text` is ['to', 'Oslo']; expected a string"),
        (changed(intent=None), "`intent` is None; expected the intent's name"),
        (changed(intent=""), "`intent` is ''; expected the intent's name"),
        (changed(intent=[]), "`intent` is ''; expected the intent's name"),
        (changed(intent=3), "`intent` is 3; expected the intent's name"),
        ({"text": "a", "intent": "b"}, "`slots` is None; expected a list of spans"),
        (changed(slots={}), "`slots` is {}; expected a list of spans"),
        (changed(slots=["city"]), "a span is 'city'; expected {"),
        (changed(slots=[{"start": 3, "end": 7}]), "a span is {'start': 3, 'end': 7}; expected {"),
        (changed(slots=[{"slot": "", "start": 3, "end": 7}]), "a span is {'slot': ''"),
        (changed(slots=[{"slot": 1, "start": 3, "end": 7}]), "a span is {'slot': 1"),
        (changed(slots=[{"slot": "city", "start": "3", "end": 7}]), "a span is {'slot': 'city'"),
        (changed(slots=[{"slot": "city", "start": 3.0, "end": 7}]), "a span is {'slot': 'city'"),
        (changed(slots=[{"slot": "city", "start": True, "end": 7}]), "a span is {'slot': 'city'"),
        (changed(slots=[{"slot": "city", "start": 3}]), "a span is {'slot': 'city', 'start': 3}"),
        (
            changed(slots=[{"slot": "city", "start": 3, "end": 6, "value": "Oslo"}]),
            "span city [3, 6) covers 'Osl'; expected its value 'Oslo'",
        ),
        (
            changed(tokens=[[0, 2], [3]]),
            "`tokens` is [[0, 2], [3]]; expected a list of [start, end]",
        ),
        (changed(tokens=[["0", 2]]), "`tokens` is [['0', 2]]; expected a list of [start, end]"),
        (changed(tokens=[[0.5, 2]]), "`tokens` is [[0.5, 2]]; expected a list of [start, end]"),
        (changed(tokens=7), "`tokens` is 7; expected a list of [start, end]"),
        (changed(tokens=None), "`tokens` is None; expected a list of [start, end]"),
        (changed(parts="contrast"), "`parts` is 'contrast'; expected a list of names"),
        (changed(parts=[1]), "`parts` is [1]; expected a list of names"),
        (changed(parts=None), "`parts` is None; expected a list of names"),
    ],
)
def test_a_bad_line_is_rejected_with_its_line(read_rows, tmp_path, row, message):
    with pytest.raises(DataError) as caught:
        read_rows(GOOD, row, GOOD)
    assert str(caught.value).startswith(f"{tmp_path}/data.jsonl:2: {message}")
    assert "\n" not in str(caught.value)
    errors = []
    assert len(read_rows(GOOD, row, GOOD, on_error=errors.append)) == 2
    assert [error.line for error in errors] == [2]


def test_a_huge_offset_is_no_crash(read_rows):
    span = {"slot": "city", "start": 10**30, "end": 10**40}
    assert read_rows(changed(slots=[span]))[0].spans == (Span("city", 10**30, 10**40),)


UTTERANCES = [
    Utterance("to Oslo", "book", (Span("city", 3, 7),)),
    Utterance("", "none", ()),
    Utterance("👩‍👧 \u2028京\u0085\x00", "a#b", (Span("甲", 4, 5), Span("b-c", 0, 3))),
    Utterance("a  b", "x", (Span("s", 3, 4),), tokens=((0, 1), (3, 4)), parts=("contrast", "cue")),
]


@pytest.mark.parametrize("utterance", UTTERANCES, ids=lambda utterance: repr(utterance.text))
def test_what_to_json_writes_reads_back(read_rows, utterance):
    [found] = read_rows(to_json(utterance.to_record()))
    assert found.to_record() | {"source": ""} == utterance.to_record()
    assert from_record(found.to_record()) == found
