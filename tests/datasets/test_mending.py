"""Mended copies: what is mended changes, every other byte stays."""

import gzip

import pytest

from pipeline.datasets.mending import fixed_name, mend_cells, mend_keys, mend_lines, write_mended
from pipeline.errors import InputError


def shout(value):
    """Mends values that begin with an a."""
    return (value.upper(), "shouted") if value.startswith("a") else (value, "")


def test_lines_keep_their_ends():
    text = "ab\r\nb\na\x85c\n\na"
    assert mend_lines(text, shout) == (
        "AB\r\nb\nA\x85C\n\nA",
        [(1, "shouted"), (3, "shouted"), (5, "shouted")],
    )


@pytest.mark.parametrize(
    ("line", "mended"),
    [
        ('{"x": "ab", "y": "ac",  "z": "a"}', '{"x": "AB", "y": "AC", "z": "a"}'),
        ('{"x":   "b"}', None),
        ('{"x"', None),
        ("[1]", None),
    ],
)
def test_keys_of_an_object(line, mended):
    found = mend_keys(line, ["x", "y"], shout)
    assert found == ((mended, "shouted") if mended else (line, ""))


@pytest.mark.parametrize(
    ("text", "separator", "header", "columns", "mended"),
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
def test_cells_of_a_table(text, separator, header, columns, mended):
    found, changes = mend_cells(text, separator, header, columns, shout)
    assert found == (text if mended is None else mended)
    assert bool(changes) == (mended is not None)
    assert all(what == "shouted" for _, what in changes)


def test_copies_stand_beside_the_file_and_are_never_written_over(tmp_path):
    def mend(text):
        return mend_lines(text, shout)

    path = tmp_path / "t.x.txt.gz"
    path.write_bytes(gzip.compress("\ufeffa\né\n".encode("utf-16")))
    target = tmp_path / "t.x.fixed.txt"
    assert write_mended(path, "utf-16", mend) == (path, target, [(1, "shouted")])
    assert target.read_bytes().decode("utf-16") == "\ufeffA\né\n"
    with pytest.raises(InputError, match=r"t\.x\.fixed\.txt: exists; move it away"):
        write_mended(path, "utf-16", mend)
    path.write_bytes(gzip.compress(b"a\n\xff\n"))
    assert write_mended(path, "utf-8", mend) is None  # damaged
    path.write_bytes(gzip.compress(b"b\n"))
    assert write_mended(path, "utf-8", mend) is None
    assert fixed_name(path) == target
