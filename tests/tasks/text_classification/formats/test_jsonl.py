"""JSONL and Parquet: values of every kind, and those that are no text or no label."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.tasks.text_classification.formats import jsonl, parquet


@pytest.fixture(params=["jsonl", "parquet"])
def read(request, write, make_form):
    """A function from rows to (text, labels, row's number) of each example, and its errors."""

    def read(rows, **rest):
        if request.param == "jsonl":
            path = write("a.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
        else:
            path = write("a.parquet", "")
            pq.write_table(pa.Table.from_pylist(rows), path)
        errors = []
        module = {"jsonl": jsonl, "parquet": parquet}[request.param]
        found = [
            (row.text, row.labels, int(row.source.removeprefix(f"{path}:")))
            for row in module.read(path, make_form(request.param, **rest), errors.append)
        ]
        return found, [(error.line, error.wrong) for error in errors]

    return read


def test_nasty_texts_come_whole(read, nasty):
    rows = [{"id": 1, "text": text, "label": "x"} for text in nasty]
    expected = [(text, ("x",), number) for number, text in enumerate(nasty, start=1)]
    assert read(rows) == (expected, [])


@pytest.mark.parametrize(
    ("value", "multi_label", "labels"),
    [
        ("a, b", False, ("a, b",)),
        ("a,b", True, ("a", "b")),
        ("", True, ()),
        (7, False, ("7",)),
        (-1, True, ("-1",)),
        (True, False, ("true",)),
        (["a"], False, ("a",)),
        (["a", "b,c"], True, ("a", "b,c")),
        ([1, 2], True, ("1", "2")),
    ],
)
def test_labels_of_every_kind(read, value, multi_label, labels):
    rows = [{"text": "t", "label": value}]
    assert read(rows, multi_label=multi_label) == ([("t", labels, 1)], [])


def test_several_texts_are_joined_by_a_space(read):
    columns = {"text": ["a", "b"], "label": "c"}
    assert read([{"a": "x ", "b": "y", "c": "z"}], columns=columns)[0] == [("x  y", ("z",), 1)]


@pytest.mark.parametrize(
    ("bad", "wrong"),
    [
        ({"text": None, "label": "x"}, "`text` is None"),
        ({"text": "t", "label": None}, "`label` is None"),
    ],
)
def test_what_is_null_is_told_by_row(read, bad, wrong):
    good = {"text": "t", "label": "x"}
    assert read([good, bad, good]) == ([("t", ("x",), 1), ("t", ("x",), 3)], [(2, wrong)])


@pytest.mark.parametrize(
    ("row", "wrong"),
    [
        ({"text": ["t"], "label": "x"}, "`text` is ['t']"),
        ({"text": 7, "label": "x"}, "`text` is 7"),
        ({"text": "t", "label": 0.5}, "`label` is 0.5"),
        ({"text": "t", "label": ["a", None]}, "`label` is ['a', None]"),
    ],
)
def test_what_is_no_text_or_no_label_is_told(read, row, wrong):
    assert read([row]) == ([], [(1, wrong)])


def test_a_key_that_is_not_there_is_told_by_line(write, make_form):
    path = write("a.jsonl", '{"text": "t"}\n{"label": "x"}\n{"text": "t", "label": {"a": 1}}\n{\n')
    errors = []
    assert list(jsonl.read(path, make_form("jsonl"), errors.append)) == []
    assert [error.wrong[:30] for error in errors] == [
        "no `label` among text",
        "no `text` among label",
        "`label` is {'a': 1}",
        "not valid JSON (Expecting prop",
    ]
