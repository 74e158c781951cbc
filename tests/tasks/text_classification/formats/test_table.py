"""CSV and TSV: columns by name or number, cells as they stand, bad rows by line."""

import gzip

import pytest

from pipeline.datasets.cells import join_row
from pipeline.errors import DataError
from pipeline.tasks.text_classification.formats import table


@pytest.fixture
def read(write, make_form):
    """A function from a file's content to (text, labels, line) of each example."""

    def read(content, name="a.csv", **rest):
        path = write(name, content)
        format_ = "tsv" if ".tsv" in name else "csv"
        errors = []
        rows = list(table.read(path, make_form(format_, **rest), errors.append))
        assert all(row.source.startswith(f"{path}:") for row in rows)
        found = [(row.text, row.labels, int(row.source.rpartition(":")[2])) for row in rows]
        return (
            (found, [str(error).removeprefix(f"{path}:") for error in errors]) if errors else found
        )

    return read


@pytest.mark.parametrize("name", ["a.csv", "a.tsv"])
def test_nasty_texts_come_whole(read, nasty, name):
    separator = "\t" if name == "a.tsv" else ","
    rows = [["text", "label"], *([text, "a, b"] for text in nasty)]
    content = "".join(join_row(row, separator) for row in rows)
    found = read(content, name)
    assert [(text, labels) for text, labels, _ in found] == [(text, ("a, b",)) for text in nasty]
    assert [line for _, _, line in found] == [2, 3, 4, 8, 9, 10]
    assert read("\ufeff" + content.replace("\n", "\r\n"), name)[:2] == found[:2]
    assert read(gzip.compress(content.encode()), f"{name}.gz") == found


def test_columns_by_name_and_several_texts(read):
    columns = {"text": ["title", "body"], "label": "y"}
    assert read("id,y,title,body\n1,x,a,b c\n2,x,,d\n", columns=columns) == [
        ("a b c", ("x",), 2),
        (" d", ("x",), 3),
    ]


def test_columns_by_number_without_header(read):
    columns = {"text": ["1", "2"], "label": "0"}
    assert read("text,a,b\nlabel,c,d\n", header=False, columns=columns) == [
        ("a b", ("text",), 1),
        ("c d", ("label",), 2),
    ]


def test_cells_of_several_labels(read):
    rows = 'text,label\na,"x,y z"\nb,\nc,x\n'
    assert [labels for _, labels, _ in read(rows, multi_label=True)] == [("x", "y z"), (), ("x",)]
    rows = "text,label\na,x | y\n"
    assert read(rows, multi_label=True, separator=" | ")[0][1] == ("x", "y")
    assert read('text,label\na,"x,y"\n')[0][1] == ("x,y",)


def test_a_stated_encoding(read):
    content = "text,label\nnaïve,é\n"
    assert read(content.encode("latin-1"), encoding="latin-1") == [("naïve", ("é",), 2)]
    assert read(content.encode("utf-16"), encoding="utf-16") == [("naïve", ("é",), 2)]


def test_bad_rows_are_told_by_line_and_the_rest_is_read(read):
    content = b'text,label\na,x\n\nb\nc,x,y\n"d\nd",x\n"e" e,x\nf\xff,x\n ,\ng,x\n'
    found, errors = read(content)
    assert [(text, line) for text, _, line in found] == [
        ("a", 2),
        ("d\nd", 6),
        (" ", 10),
        ("g", 11),
    ]
    assert [error.partition(";")[0] for error in errors] == [
        "4: 1 cell",
        "5: 3 cells",
        "8: ' e,x' follows the quoted cell '\"e\"'",
        "9: byte 0xff at column 2 is not UTF-8",
    ]


@pytest.mark.parametrize(
    ("content", "rest", "message"),
    [
        ("", {}, r"a\.csv: the file is empty; expected one example in each row"),
        (
            "body,label\na,b\n",
            {},
            r"a\.csv:1: no column 'text' among body, label; expected the .*header: f",
        ),
        (
            "a,b\n",
            {"header": False},
            r"a\.csv:1: no column 'text' among 0, 1; expected .*numbers: no header",
        ),
        ("text,label,label\n", {}, r"a\.csv:1: the column 'label' occurs twice"),
    ],
)
def test_what_fits_no_row_is_raised(read, content, rest, message):
    with pytest.raises(DataError, match=message):
        read(content, **rest)
