"""SMP2019: inclusive ends, line numbers in any layout, damage."""

import json

import pytest

from pipeline.errors import DataError
from pipeline.tasks.slot_filling.formats.smp import read
from pipeline.tasks.slot_filling.records import Span, Utterance
from pipeline.tasks.slot_filling.settings import ColumnSettings

ENTITY = {"type": "city", "start_idx": 1, "end_idx": 2}
ROW = {"id": 0, "text": "到北京👩", "domain": "train", "intent": "QUERY", "entities": [ENTITY]}


def read_all(path, *on_error):
    return list(read(path, ColumnSettings(), *on_error))


def test_ends_are_inclusive_and_count_characters(write):
    last = {"type": "who", "start_idx": 3, "end_idx": 3}
    path = write("a.json", json.dumps([ROW | {"entities": [ENTITY, last]}], ensure_ascii=False))
    spans = (Span("city", 1, 3), Span("who", 3, 4))
    assert read_all(path) == [Utterance("到北京👩", "QUERY", spans, source=f"{path}:1")]


@pytest.mark.parametrize(
    ("layout", "lines"),
    [
        (lambda row: f"[{row}, {row},{row}]", [1, 1, 1]),
        (lambda row: f"\ufeff \n[\n{row},\r\n\r\n{row}\n,{row}\n]\n", [3, 5, 6]),
        (lambda row: f"[\n{row.replace(', ', ',' + chr(10))},\n{row}]", [2, 9]),
        (lambda row: f"[{row.replace('train', 'a b')}\n,{row}]", [1, 2]),
        (lambda row: "[]", []),
        (lambda row: "[\n\n]", []),
    ],
)
def test_an_object_s_line_is_where_its_brace_opens(write, layout, lines):
    path = write("a.json", layout(json.dumps(ROW)))
    assert [utterance.source for utterance in read_all(path)] == [f"{path}:{n}" for n in lines]


@pytest.mark.parametrize("content", ["", "{}", "x [", '{"a": [1]}', "null"])
def test_a_file_that_is_no_list_is_rejected(write, content):
    path = write("a.json", content)
    with pytest.raises(DataError) as caught:
        read_all(path)
    assert str(caught.value) == (
        f"{path}:1: the file does not begin with `[`; expected one JSON list of objects"
    )


@pytest.mark.parametrize(
    ("end", "line"),
    [("", 4), (",\n{]", 5), ("\n", 4), (",\n\n", 5), (',\n{"text": "a\n"}]', 5)],
)
def test_damage_is_rejected_with_its_line_and_what_stood_before_is_read(write, end, line):
    good = json.dumps(ROW)
    path = write("a.json", f"[\n{good},\n\n{good}{end}")
    errors = []
    found = read_all(path, errors.append)
    assert [utterance.source for utterance in found] == [f"{path}:2", f"{path}:4"]
    assert [error.line for error in errors] == [line]
    assert "not valid JSON" in str(errors[0])
    assert "\n" not in str(errors[0])


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"text": "a", "intent": "b"}, "KeyError('entities') in"),
        ([], "TypeError("),
        ("a", "TypeError("),
        (None, "TypeError("),
        (ROW | {"entities": None}, "TypeError("),
        (ROW | {"entities": [{"type": "city", "start_idx": 1}]}, "KeyError('end_idx') in"),
        (ROW | {"entities": [ENTITY | {"end_idx": "2"}]}, "TypeError("),
        (ROW | {"entities": [ENTITY | {"start_idx": "1"}]}, "`entities` is"),
        (ROW | {"entities": [ENTITY | {"start_idx": None}]}, "`entities` is"),
        (ROW | {"entities": [ENTITY | {"end_idx": 2.0}]}, "`entities` is"),
        (ROW | {"entities": [ENTITY | {"type": 5}]}, "`entities` is"),
        (ROW | {"entities": [ENTITY | {"type": ""}]}, "`entities` is"),
        (ROW | {"text": 5}, "`text` is 5, `intent` is 'QUERY'; expected two strings"),
        (ROW | {"intent": None}, "`text` is '到北京👩', `intent` is None; expected two strings"),
        (ROW | {"intent": ""}, "`text` is '到北京👩', `intent` is ''; expected two strings"),
    ],
)
def test_a_bad_object_is_rejected_with_its_line(write, row, message):
    rows = ",\n".join(json.dumps(row) for row in (ROW, row, ROW))
    path = write("a.json", f"[{rows}]")
    with pytest.raises(DataError) as caught:
        read_all(path)
    assert str(caught.value).startswith(f"{path}:2: {message}")
    errors = []
    assert len(read_all(path, errors.append)) == 2
    assert [error.line for error in errors] == [2]
