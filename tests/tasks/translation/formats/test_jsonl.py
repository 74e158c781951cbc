"""JSONL and Parquet: values of every kind, nested ones, and those that are no texts."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.errors import DataError
from pipeline.tasks.translation.formats import jsonl, parquet


@pytest.fixture(params=["jsonl", "parquet"])
def read(request, write, make_form):
    """A function from rows to (text, target, parts, row's number) of each, and its errors."""

    def read(rows, **rest):
        if request.param == "jsonl":
            path = write("a.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
        else:
            path = write("a.parquet", "")
            pq.write_table(pa.Table.from_pylist(rows), path)
        errors = []
        module = {"jsonl": jsonl, "parquet": parquet}[request.param]
        found = [
            (row.text, row.target, row.parts, int(row.source.removeprefix(f"{path}:")))
            for row in module.read(path, make_form(request.param, **rest), errors.append)
        ]
        return found, [(error.line, error.wrong) for error in errors]

    return read


def test_nasty_texts_come_whole(read, nasty):
    rows = [{"id": 1, "source": text, "target": text[::-1]} for text in nasty]
    expected = [(text, text[::-1], (), number) for number, text in enumerate(nasty, start=1)]
    assert read(rows) == (expected, [])


def test_values_inside_objects_and_parts(read):
    rows = [{"translation": {"en": "a", "de": "b"}, "parts": ["x", "y z"]}]
    columns = {"source": "translation.en", "target": "translation.de"}
    assert read(rows, columns=columns) == ([("a", "b", ("x", "y z"), 1)], [])
    rows = [{"a.b": "c", "d": "e"}]
    assert read(rows, columns={"source": "a.b", "target": "d"}) == ([("c", "e", (), 1)], [])


def test_the_first_name_that_is_there(read):
    rows = [{"typed": "x", "clean": "y", "en": "z"}, {"typed": None, "clean": "y", "en": "z"}]
    columns = {"source": ["typed", "clean"], "target": "en"}
    found = [("x", "z", (), 1), ("y", "z", (), 2)]
    assert read(rows, columns=columns) == (found, [])
    rows = [{"clean": "y", "en": "z"}]
    assert read(rows, columns=columns) == ([("y", "z", (), 1)], [])


@pytest.mark.parametrize(
    ("bad", "wrong"),
    [
        ({"source": None, "target": "x"}, "`source` is None"),
        ({"source": "t", "target": None}, "`target` is None"),
    ],
)
def test_what_is_null_is_told_by_row(read, bad, wrong):
    good = {"source": "t", "target": "x"}
    found = [("t", "x", (), 1), ("t", "x", (), 3)]
    assert read([good, bad, good]) == (found, [(2, wrong)])


@pytest.mark.parametrize(
    ("row", "wrong"),
    [
        ({"source": ["t"], "target": "x"}, "`source` is ['t']"),
        ({"source": "t", "target": 7}, "`target` is 7"),
        ({"source": "t", "target": "x", "parts": "a"}, "`parts` is 'a'"),
        ({"source": "t", "target": "x", "parts": [1]}, "`parts` is [1]"),
    ],
)
def test_what_is_no_text_and_no_parts_is_told(read, row, wrong):
    assert read([row]) == ([], [(1, wrong)])


def test_a_key_that_is_not_there_is_told_by_line(write, make_form):
    path = write("a.jsonl", '{"source": "t"}\n{"target": "x"}\n{"a": {"b": 1}}\n{\n')
    errors = []
    columns = {"source": ["source", "a.c"], "target": "target"}
    assert list(jsonl.read(path, make_form("jsonl", columns=columns), errors.append)) == []
    assert [error.wrong[:36] for error in errors] == [
        "no `target` among source",
        "no `source` or `a.c` among target",
        "no `source` or `a.c` among a",
        "not valid JSON (Expecting property n",
    ]


def test_a_parquet_column_that_is_not_there_is_named(write, make_form):
    path = write("a.parquet", "")
    pq.write_table(pa.table({"source": ["a"]}), path)
    with pytest.raises(DataError, match=r"a\.parquet: no column 'target' among source"):
        list(parquet.read(path, make_form("parquet")))
