"""Label Studio's JSON export: labels, choices, old edges, tasks that are refused."""

import json

import pytest

from pipeline.tasks.slot_filling.formats.label_studio import read, write
from pipeline.tasks.slot_filling.records import Span, Utterance
from pipeline.tasks.slot_filling.settings import ColumnSettings


def label(start, end, text, *labels):
    value = {"start": start, "end": end, "text": text, "labels": list(labels)}
    return {"id": "x", "from_name": "label", "to_name": "text", "type": "labels", "value": value}


CHOICE = {"from_name": "intent", "type": "choices", "value": {"choices": ["book"]}}
RELATION = {"from_id": "x", "to_id": "y", "type": "relation", "direction": "right"}


def task(*results, text="to Oslo", **rest):
    annotations = [{"id": 1, "result": list(result)} for result in results]
    return {"id": 7, "data": {"text": text}, "annotations": annotations, **rest}


GOOD = task([label(3, 7, "Oslo", "city"), CHOICE, RELATION])


@pytest.fixture
def read_rows(write):
    """A function from tasks, one a line from line 2 on, to (utterances, errors)."""

    def read_rows(*rows, **columns):
        lines = ",\n".join(json.dumps(row) for row in rows)
        path, errors = write("a.json", f"[\n{lines}\n]"), []
        return list(read(path, ColumnSettings(**columns), errors.append)), errors

    return read_rows


def test_labels_are_spans_and_choices_the_intent(read_rows, tmp_path):
    [found], _ = read_rows(GOOD)
    source = f"{tmp_path}/a.json:2"
    assert found == Utterance("to Oslo", "book", (Span("city", 3, 7),), source=source)


def test_the_text_may_have_another_key(read_rows):
    row = {**GOOD, "data": {"utterance": "to Oslo", "n": 1}}
    assert read_rows(row)[0][0].text == "to Oslo"
    row["data"]["title"] = "x"
    assert read_rows(row, text="utterance")[0][0].text == "to Oslo"
    [error] = read_rows(row)[1]
    assert error.wrong == "`data` has utterance, n, title"


def test_edges_of_old_versions_count_code_units(read_rows):
    row = task([label(6, 10, "Oslo", "city")], text="\U0001f525 to Oslo")
    assert read_rows(row)[0][0].spans == (Span("city", 5, 9),)


def test_annotators_who_agree_are_one_and_a_cancelled_one_is_none(read_rows):
    [found], _ = read_rows(
        task(GOOD["annotations"][0]["result"], [CHOICE, label(3, 7, "Oslo", "city")])
    )
    assert found.intent == "book"
    skipped = {"was_cancelled": True, "result": []}
    row = {**GOOD, "annotations": [skipped, *GOOD["annotations"]]}
    assert len(read_rows(row)[0]) == 1


@pytest.mark.parametrize(
    ("row", "wrong"),
    [
        (task(), "the task has no annotation"),
        (task([CHOICE], [CHOICE, label(3, 7, "Oslo", "city")]), "2 annotations that differ"),
        (task([label(2, 6, "Oslo", "city")]), "span city [2, 6) covers ' Osl'"),
        (task([label("3", 7, "Oslo", "city")]), "a span is {'start': '3'"),
        (task([label(3, 7, "Oslo", "")]), "a span is {'start': 3"),
        (task([{"value": {"labels": ["x"]}}]), "KeyError('start') in"),
        (task([CHOICE], text=5), "`text` is 5"),
        (task([{"value": {"choices": [5]}}]), "`choices` is [5]"),
        ({"text": "to Oslo"}, "KeyError('data') in"),
        (7, "TypeError("),
    ],
)
def test_a_bad_task_is_rejected_with_its_line(read_rows, row, wrong):
    found, [error] = read_rows(GOOD, row, GOOD)
    assert len(found) == 2
    assert (error.line, error.wrong[: len(wrong)]) == (3, wrong)


def test_what_is_written_by_hand(tmp_path):
    write([Utterance("to Oslo", "a#b", (Span("city", 3, 7),))], tmp_path / "a.json")
    [row] = json.loads((tmp_path / "a.json").read_text())
    assert row["data"] == {"text": "to Oslo"}
    values = [result["value"] for result in row["annotations"][0]["result"]]
    assert values == [
        {"start": 3, "end": 7, "text": "Oslo", "labels": ["city"]},
        {"choices": ["a", "b"]},
    ]
