"""doccano's exports: their shapes, UTF-16 edges, rows that are refused."""

import json

import pytest

from pipeline.errors import DataError
from pipeline.tasks.slot_filling.formats.doccano import code_units, read, write
from pipeline.tasks.slot_filling.records import Span, Utterance
from pipeline.tasks.slot_filling.settings import ColumnSettings

ENTITY = {"id": 3, "label": "city", "start_offset": 3, "end_offset": 7}


@pytest.fixture
def read_rows(write):
    """A function from rows to the utterances of an export with these rows."""

    def read_rows(*rows, on_error=None):
        path = write("a.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
        return list(read(path, ColumnSettings(), *([on_error] if on_error else [])))

    return read_rows


@pytest.mark.parametrize(
    ("rest", "intent"),
    [
        ({"label": [[3, 7, "city"]]}, ""),
        ({"labels": [[3, 7, "city"]]}, ""),
        ({"id": 1, "entities": [ENTITY], "relations": [], "Comments": []}, ""),
        ({"entities": [[3, 7, "city"]], "cats": ["book"]}, "book"),
        ({"entities": [[3, 7, "city"]], "cats": ["book", "fare"]}, "book#fare"),
    ],
)
def test_the_shapes_of_its_versions(read_rows, rest, intent):
    for key in ("text", "data"):
        [found] = read_rows({key: "to Oslo", **rest})
        assert (found.text, found.intent) == ("to Oslo", intent)
        assert found.spans == (Span("city", 3, 7),)


def test_edges_count_utf_16_code_units(read_rows, tmp_path):
    text = "\U0001f525\U0001f525 Oslo"
    assert code_units(text) == [0, 2, 4, 5, 6, 7, 8, 9]
    [found] = read_rows({"text": text, "label": [[5, 9, "city"]]})
    assert found.spans == (Span("city", 3, 7),)
    write([found], tmp_path / "b.jsonl")
    assert json.loads((tmp_path / "b.jsonl").read_text())["label"] == [[5, 9, "city"]]
    with pytest.raises(
        DataError, match=r"a\.jsonl:1: span city \[1, 9\) splits a character of two"
    ):
        read_rows({"text": text, "label": [[1, 9, "city"]]})


def test_an_edge_outside_the_text_stays_outside(read_rows):
    [found] = read_rows({"text": "\U0001f525 a", "label": [[-1, 9, "city"]]})
    assert found.spans[0].start < 0
    assert found.spans[0].end > 3


def test_what_is_written_by_hand(tmp_path):
    rows = [
        Utterance("to Oslo", "book#fare", (Span("city", 3, 7),), ((0, 2), (3, 7))),
        Utterance("hi", "", ()),
    ]
    write(rows, tmp_path / "a.jsonl")
    assert [json.loads(line) for line in (tmp_path / "a.jsonl").read_text().splitlines()] == [
        {
            "text": "to Oslo",
            "cats": ["book", "fare"],
            "entities": [[3, 7, "city"]],
            "tokens": [[0, 2], [3, 7]],
        },
        {"text": "hi", "label": []},
    ]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"label": []}, "`text` is None; expected a string"),
        ({"text": "a"}, "`label` is None; expected a list of [start, end, label]"),
        ({"text": "a", "label": [[0, 1]]}, "a span is [0, 1]; expected {"),
        ({"text": "a", "label": [[0, 1, 7]]}, "a span is [0, 1, 7]; expected {"),
        ({"text": "a", "label": [], "cats": "x"}, "`cats` is 'x'; expected a list"),
    ],
)
def test_a_bad_row_is_rejected_with_its_line(read_rows, tmp_path, row, message):
    good, errors = {"text": "a", "label": []}, []
    assert len(read_rows(good, row, good, on_error=errors.append)) == 2
    assert [
        str(error)[: len(str(error))].startswith(f"{tmp_path}/a.jsonl:2: {message}")
        for error in errors
    ] == [True]
