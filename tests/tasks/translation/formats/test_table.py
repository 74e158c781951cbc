"""CSV and TSV: columns by name or number, cells as they stand, bad rows by line."""

import gzip

import pytest

from pipeline.datasets.cells import join_row
from pipeline.errors import DataError
from pipeline.tasks.translation.formats import table


@pytest.fixture
def read(write, make_form):
    """A function from a file's content to (text, target, line) of each example."""

    def read(content, name="a.csv", **rest):
        path = write(name, content)
        format_ = "tsv" if ".tsv" in name else "csv"
        errors = []
        rows = list(table.read(path, make_form(format_, **rest), errors.append))
        assert all(row.source.startswith(f"{path}:") for row in rows)
        found = [(row.text, row.target, int(row.source.rpartition(":")[2])) for row in rows]
        said = [str(error).removeprefix(f"{path}:") for error in errors]
        return (found, said) if errors else found

    return read


@pytest.mark.parametrize("name", ["a.csv", "a.tsv"])
def test_nasty_texts_come_whole(read, nasty, name):
    separator = "\t" if name == "a.tsv" else ","
    rows = [["target", "source"], *([text[::-1], text] for text in nasty)]
    content = "".join(join_row(row, separator) for row in rows)
    found = read(content, name)
    assert [row[:2] for row in found] == [(text, text[::-1]) for text in nasty]
    assert read(gzip.compress(content.encode()), f"{name}.gz") == found


def test_columns_by_number_as_tatoeba_has_them(read):
    lines = (
        'Hi.\t嗨。\tCC-BY (CM)\n"So," he said.\t"好," 他说。\tCC-BY (x)\n"A" "B."\t"甲""乙。"\tCC\n'
    )
    columns = {"source": "0", "target": "1"}
    assert read(lines, "cmn.tsv", header=False, columns=columns) == [
        ("Hi.", "嗨。", 1),
        ('"So," he said.', '"好," 他说。', 2),
        ('"A" "B."', '"甲""乙。"', 3),
    ]


def test_the_first_name_that_is_there_and_not_empty(read):
    columns = {"source": ["typed", "clean"], "target": ["none", "y"]}
    assert read("clean,typed,y\nHi.,hi,x\nYes.,,z\n", columns=columns) == [
        ("hi", "x", 2),
        ("Yes.", "z", 3),
    ]


def test_a_column_called_parts_is_no_list_of_parts(read):
    assert read("source,target,parts\na,b,c\n") == [("a", "b", 2)]


def test_bad_rows_are_told_by_line_and_the_rest_is_read(read):
    content = b'source,target\na,x\n\nb\nc,x,y\n"d\nd",x\n"e" e,x\nf\xff,x\n ,\ng,x\n'
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
        ("en,target\na,b\n", {}, r"a\.csv:1: no column 'source' among en, target; .*header: f"),
        ("a,b\n", {"header": False}, r"a\.csv:1: no column 'source' among 0, 1; .*numbers: no h"),
        ("source,target,target\n", {}, r"a\.csv:1: the column 'target' occurs twice"),
        (
            "a,target\n",
            {"columns": {"source": ["x", "y"]}},
            r"a\.csv:1: no column 'x' or 'y' among a, target",
        ),
    ],
)
def test_what_fits_no_row_is_raised(read, content, rest, message):
    with pytest.raises(DataError, match=message):
        read(content, **rest)
