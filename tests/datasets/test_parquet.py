"""Rows of Parquet files: values as they stand, damage told by row."""

import gzip
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.datasets.parquet import (
    read_class_names,
    read_parquet,
    read_parquet_columns,
    write_parquet,
)
from pipeline.errors import DataError

NASTY = ["a\x85b", "\ufeff c\r\n\u2028", "", "\u00a0 京👩‍👧"]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.parquet"


def test_nasty_strings_come_back_plain_and_packed(path):
    write_parquet(path, {"text": NASTY, "label": [["x"], [], ["y", "z"], ["x"]]})
    expected = [
        (1, {"label": ["x"], "text": NASTY[0]}),
        (2, {"label": [], "text": NASTY[1]}),
        (3, {"label": ["y", "z"], "text": NASTY[2]}),
        (4, {"label": ["x"], "text": NASTY[3]}),
    ]
    assert list(read_parquet(path, ["label", "text"])) == expected
    packed = path.with_name("a.parquet.gz")
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert list(read_parquet(packed, ["text", "label", "text"])) == expected
    assert read_parquet_columns(packed) == ["text", "label"]


@pytest.mark.parametrize(
    ("array", "values"),
    [
        (pa.array([1, None], pa.int64()), [1, None]),
        (pa.array([True, False]), [True, False]),
        (pa.array([0.5, 2.0]), [0.5, 2.0]),
        (pa.array(["a", "b"], pa.large_string()), ["a", "b"]),
        (pa.array([b"a", b"\xc3\xa9"], pa.binary()), ["a", "é"]),
        (pa.array(["a", "b"]).dictionary_encode(), ["a", "b"]),
        (pa.array([["a"], None], pa.large_list(pa.string())), [["a"], None]),
        (pa.array([[1, 2], []], pa.list_(pa.int32())), [[1, 2], []]),
    ],
)
def test_columns_of_many_kinds(path, array, values):
    pq.write_table(pa.table({"x": array}), path)
    assert [row["x"] for _, row in read_parquet(path, ["x"])] == values


def test_many_rows_are_numbered_through(path):
    write_parquet(path, {"x": [str(number) for number in range(3000)]})
    assert [(n, row["x"]) for n, row in read_parquet(path, ["x"])] == [
        (number + 1, str(number)) for number in range(3000)
    ]


def test_a_string_that_is_not_utf8_is_rejected_with_its_row(path):
    damaged = pa.Array.from_buffers(
        pa.string(), 3, pa.array([b"a", b"b\xff", b"c"], pa.binary()).buffers()
    )
    pq.write_table(pa.table({"x": damaged}), path)
    with pytest.raises(DataError, match=r"a\.parquet:2: byte 0xff of a string is not UTF-8"):
        list(read_parquet(path, ["x"]))
    errors = []
    assert [n for n, _ in read_parquet(path, ["x"], errors.append)] == [1, 3]
    assert [error.line for error in errors] == [2]


@pytest.mark.parametrize("cut", [0, 10, -20])
def test_a_damaged_file_is_named(path, cut):
    write_parquet(path, {"x": ["a"] * 100})
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(DataError, match=r"a\.parquet: damaged Parquet file \(.*\); expected"):
        list(read_parquet(path, ["x"]))
    packed = path.with_name("b.parquet.gz")
    packed.write_bytes(b"no gzip")
    with pytest.raises(DataError, match=r"b\.parquet\.gz: damaged Parquet file"):
        read_parquet_columns(packed)


def test_a_column_must_be_present_once(path):
    write_parquet(path, {"x": ["a"], "y": ["b"]})
    with pytest.raises(
        DataError, match="no column 'z' among x, y; expected each configured column"
    ):
        list(read_parquet(path, ["x", "z"]))
    pq.write_table(pa.Table.from_arrays([pa.array(["a"])] * 2, names=["x", "x"]), path)
    with pytest.raises(DataError, match="more than one column 'x' among x, x"):
        list(read_parquet(path, ["x"]))


@pytest.mark.parametrize(
    ("note", "names"),
    [
        ({"info": {"features": {"y": {"names": ["a", "b"]}, "x": {}}}}, {"y": ["a", "b"]}),
        ({"info": []}, {}),
        ([], {}),
    ],
)
def test_class_names_in_the_metadata(path, note, names):
    schema = pa.schema([("y", pa.int64())], metadata={"huggingface": json.dumps(note)})
    pq.write_table(pa.table({"y": [0]}, schema=schema), path)
    assert read_class_names(path) == names
    write_parquet(path, {"y": ["a"]})
    assert read_class_names(path) == {}
