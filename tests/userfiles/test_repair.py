"""Repaired copies: what is repaired changes, every other byte stays."""

import gzip

import pytest

from pipeline.errors import InputError
from pipeline.userfiles.repair import (
    fixed_name,
    repair_cells,
    repair_columns,
    repair_files,
    repair_keys,
    repair_lines,
)


def shout(value):
    """Repairs values that begin with an a."""
    return (value.upper(), "shouted") if value.startswith("a") else (value, "")


def test_lines_keep_their_ends():
    text = "ab\r\nb\na\x85c\n\na"
    assert repair_lines(text, shout) == (
        "AB\r\nb\nA\x85C\n\nA",
        [(1, "shouted"), (3, "shouted"), (5, "shouted")],
    )


@pytest.mark.parametrize(
    ("line", "repaired"),
    [
        ('{"x": "ab", "y": "ac",  "z": "a"}', '{"x": "AB", "y": "AC", "z": "a"}'),
        ('{"x":   "b"}', None),
        ('{"x"', None),
        ("[1]", None),
    ],
)
def test_keys_of_an_object(line, repaired):
    found = repair_keys(line, ["x", "y"], shout)
    assert found == ((repaired, "shouted") if repaired else (line, ""))


@pytest.mark.parametrize(
    ("text", "separator", "header", "columns", "repaired"),
    [
        ('x,y\n"a,1",b\nb, a\nab\n', ",", True, ["x"], 'x,y\n"A,1",b\nb, a\nab\n'),
        ("a,a\r\nb,a\r\n", ",", False, ["1"], "a,A\r\nb,A\r\n"),
        ('x\ty\nab\t"a\n""\tc"\nb\tb', "\t", True, ["x", "y"], 'x\ty\nAB\t"A\n""\tC"\nb\tb'),
        ('x\ty\na 5" b\ta', "\t", True, ["x"], 'x\ty\nA 5" B\ta'),
        ("x,x\na,a\n", ",", True, ["x"], None),
        ("x,y\na,a\n", ",", True, ["x", "z"], None),
        ("", ",", True, ["x"], None),
    ],
)
def test_cells_of_a_table(text, separator, header, columns, repaired):
    found, changes = repair_cells(text, separator, header, columns, shout)
    assert found == (text if repaired is None else repaired)
    assert bool(changes) == (repaired is not None)
    assert all(what == "shouted" for _, what in changes)


def test_copies_lie_beside_the_file_and_replace_nothing(tmp_path):
    def repair(encoding):
        return list(repair_files({path: (encoding, lambda text: repair_lines(text, shout))}))

    path = tmp_path / "t.x.txt.gz"
    path.write_bytes(gzip.compress("\ufeffa\né\n".encode("utf-16")))
    target = tmp_path / "t.x.fixed.txt"
    assert repair("utf-16") == [(path, target, [(1, "shouted")])]
    assert target.read_bytes().decode("utf-16") == "\ufeffA\né\n"
    with pytest.raises(InputError, match=r"t\.x\.fixed\.txt: exists; move it away"):
        repair("utf-16")
    path.write_bytes(gzip.compress(b"a\n\xff\n"))
    assert repair("utf-8") == []  # damaged
    path.write_bytes(gzip.compress(b"b\n"))
    assert repair("utf-8") == []
    assert fixed_name(path) == target


@pytest.mark.parametrize(
    ("format_", "text", "repaired"),
    [
        ("jsonl", '{"x": "a"}\n', '{"x": "A"}\n'),
        ("csv", "x,y\na,a\n", "x,y\nA,a\n"),
        ("tsv", "x\ty\na\ta\n", "x\ty\nA\ta\n"),
    ],
)
def test_columns_of_each_format(format_, text, repaired):
    found, changes = repair_columns(text, format_, True, ["x"], shout)
    assert (found, len(changes)) == (repaired, 1)
