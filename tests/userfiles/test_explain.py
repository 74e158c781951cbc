"""Bad lines for a person: the text that an error brings, or the line of the file, and a fix."""

import pytest

from pipeline.errors import DataError, RowError
from pipeline.userfiles.explain import describe_errors, lines_of, shorten


@pytest.fixture
def damaged(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"one\ntwo\tthree\nfo\xffr \xe4\xba\xac\n")
    return path


def test_lines_are_read_unless_the_text_is_known_or_there_are_none(tmp_path, damaged):
    (tmp_path / "a.parquet").write_bytes(b"PAR1\n")
    errors = [
        RowError(damaged, 1, "wrong", "right", "one"),
        DataError(damaged, 2, "wrong", "right"),
        RowError(damaged, 3, "wrong", "right"),
        DataError(damaged, 0, "wrong", "right"),
        DataError(damaged, 9, "wrong", "right"),
        DataError(tmp_path / "a.parquet", 1, "wrong", "right"),
        DataError(tmp_path / "gone", 1, "wrong", "right"),
        DataError(tmp_path, 1, "wrong", "right"),
        DataError("tfds:no/train", 1, "wrong", "right"),
    ]
    assert lines_of(errors) == {
        (str(damaged), 2): "two\tthree",
        (str(damaged), 3): "fo\\xffr 京",
    }


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        ({"shown": "[o]ne", "fix": "two", "safe": True}, ("[o]ne", "two", True)),
        ({"shown": "[o]ne"}, ("[o]ne", "write right", False)),
        ({"fix": "save the file as UTF-8"}, ("one", "save the file as UTF-8", False)),
    ],
)
def test_a_row_brings_its_text_and_often_a_fix(damaged, error, advice):
    [found] = describe_errors([RowError(damaged, 1, "wrong", "right", **error)])
    assert (found.shown, found.fix, found.safe) == advice


def test_other_errors_show_the_line(damaged, tmp_path):
    errors = [
        DataError(damaged, 2, "wrong", "right"),
        DataError(damaged, 0, "wrong", "right"),
        DataError(tmp_path / "gone", 1, "wrong", "a file"),
    ]
    assert [(each.shown, each.fix, each.safe) for each in describe_errors(errors)] == [
        ("two\\tthree", "write right", False),
        ("", "write right", False),
        ("", "write a file", False),
    ]


def test_a_short_text_is_one_printable_line():
    assert shorten("a\nb\ud83d\x1b[0m京") == "a\\nb\\ud83d\\x1b[0m京"
    assert shorten("abc", 2) == "ab…"
