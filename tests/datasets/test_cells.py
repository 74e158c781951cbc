"""Rows of tables: every character kept, bad rows told, the inverse exact."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.datasets.cells import Line, cell_of, join_row, quotes_are_text, split_rows, value_of

PIECES = (
    '"',
    '""',
    ",",
    "\t",
    "\n",
    "\r",
    "\r\n",
    "a",
    " ",
    "京",
    "\x85",
    "\u2028",
    "\ufeff",
    "\0",
)
CELLS = st.lists(st.sampled_from(PIECES), max_size=6).map("".join)


def lines(text):
    pieces = text.split("\n")
    ended = [f"{piece}\n" for piece in pieces[:-1]] + pieces[-1:]
    return [Line(number, line) for number, line in enumerate(ended, start=1) if line]


def values(text, separator=","):
    rows = split_rows(lines(text), separator)
    return [(row.line, [value_of(cell) for cell in row.cells], row.wrong) for row in rows]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("", []),
        ("a,b\n", [(1, ["a", "b"])]),
        ("a,b\r\n,\r\n", [(1, ["a", "b"]), (2, ["", ""])]),
        ("a\n\nb", [(1, ["a"]), (2, []), (3, ["b"])]),
        ('"a",""\n', [(1, ["a", ""])]),
        ('"x ""y"", z",w\n', [(1, ['x "y", z', "w"])]),
        ('""""\n', [(1, ['"'])]),
        ('a "b" c,d"\n', [(1, ['a "b" c', 'd"'])]),
        (' "a",b\n', [(1, [' "a"', "b"])]),
        ('"a\nb\r\n\nc",1\r\nd,2', [(1, ["a\nb\r\n\nc", "1"]), (5, ["d", "2"])]),
        ('1,"a\n"\n2,b\n', [(1, ["1", "a\n"]), (3, ["2", "b"])]),
        ("a\rb,c\x85d\u2028\n", [(1, ["a\rb", "c\x85d\u2028"])]),
    ],
)
def test_rows_by_hand(text, rows):
    assert values(text) == [(*row, "") for row in rows]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            '"a" b,c\nd,e\n',
            [(1, [], "' b,c' follows the quoted cell '\"a\"'"), (2, ["d", "e"], "")],
        ),
        (
            'a,b\n"c,d\ne',
            [(1, ["a", "b"], ""), (2, [], "the quoted cell that begins here has no closing quote")],
        ),
    ],
)
def test_a_misplaced_or_missing_quote_is_reported(text, found):
    assert values(text) == found


def test_a_damaged_line_makes_its_row_damaged():
    rows = list(split_rows([Line(1, '"a\n'), Line(2, 'b",1\n', False), Line(3, "c,2\n")], ","))
    assert [(row.line, row.whole) for row in rows] == [(1, False), (3, True)]


@given(st.lists(st.lists(CELLS, min_size=2, max_size=3), max_size=5), st.sampled_from(",\t"))
def test_what_is_joined_is_split_again(table, separator):
    text = "".join(join_row(row, separator) for row in table)
    found = list(split_rows(lines(text), separator))
    assert [[value_of(cell) for cell in row.cells] for row in found] == table
    assert "".join(separator.join(row.cells) + row.end for row in found) == text


@given(st.lists(st.lists(CELLS, min_size=2, max_size=3), max_size=5))
def test_what_python_writes_and_reads_is_read_alike(table):
    file = io.StringIO(newline="")
    csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(table)
    text = file.getvalue()
    assert (
        [row for _, row, _ in values(text)]
        == table
        == list(csv.reader(io.StringIO(text, newline="")))
    )


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("a b", "a b"),
        ("", '""'),
        ('"', '""""'),
        ("a,b", '"a,b"'),
        ("a\r", '"a\r"'),
        ("a\tb", "a\tb"),
    ],
)
def test_a_cell_is_quoted_where_needed(value, cell):
    assert cell_of(value, ",") == cell
    assert value_of(cell_of(value, ",", quoted=True)) == value


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("a\tb\n", False),
        ('"so"\tb\n', False),  # all that is there looks quoted
        ('"unclosed\tb\n', False),
        ('"a" he said\tb\n', True),
        ('\nwhy "a" now\tb\n"so"\tb\n', True),
        ('"so"\tb\nwhy "a"\tb\n', True),
        ('"text"\t"label"\nwhy "a"\tb\n', False),  # the whole header is quoted
        ('why "a"\tb\n"x ""y"" z"\tb\n', False),  # doubled quotes
        ('"a" b\tc\n"d" e\tf\n"x""y"\tb\n', True),  # two sayings in a row, and more go on
        ('"a" b\tc\n"x""y"\tb\n', False),
        ('a\tb\n"two\nlines"\tb\n"a\ttab"\tb\n"both\tof\n"\tb\n', False),
        ("", False),
    ],
)
def test_whether_quotes_are_text(text, bare):
    assert quotes_are_text(lines(text), "\t") == bare


@given(st.lists(st.lists(CELLS, min_size=1, max_size=3), max_size=6))
def test_a_table_written_with_quoting_is_seen_as_such(table):
    assert not quotes_are_text(lines("".join(join_row(row, "\t") for row in table)), "\t")
