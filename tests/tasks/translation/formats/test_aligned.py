"""Aligned files: nasty lines whole, both sides kept together, unequal lengths refused."""

import gzip

import pytest

from pipeline.errors import DataError
from pipeline.tasks.translation.formats import aligned


@pytest.fixture
def read(write, make_data):
    """A function from two files' contents to (text, target, line) of each example, and errors."""
    from pipeline.tasks.translation.file_format import form_of

    def read(source, target, suffix="", **rest):
        paths = [write(f"a.en{suffix}", source), write(f"a.de{suffix}", target)]
        files = {"train": dict(zip(("source", "target"), paths, strict=True))}
        form, errors = form_of(make_data("aligned", files, **rest), "train"), []
        rows = list(aligned.read(*paths, form=form, on_error=errors.append))
        found = [(row.text, row.target, int(row.source.rpartition(":")[2])) for row in rows]
        assert all(row.source.startswith(f"{paths[0]}:") for row in rows)
        return found, [str(error) for error in errors]

    return read


def test_nasty_lines_come_whole(read, nasty):
    texts = [text for text in nasty if "\n" not in text]
    lines = "".join(f"{text}\n" for text in texts)
    expected = [(text, text, number) for number, text in enumerate(texts, start=1)]
    assert read(lines, lines) == (expected, [])
    assert read("\ufeff" + lines.replace("\n", "\r\n"), lines) == (expected, [])
    packed = gzip.compress(lines.encode())
    assert read(packed, packed, ".gz") == (expected, [])


def test_a_tab_is_text_and_the_last_line_needs_no_end(read):
    assert read("a\tb\nc", "ein\tTab\n d \n") == ([("a\tb", "ein\tTab", 1), ("c", " d ", 2)], [])


def test_blank_lines_of_both_are_passed_over_and_of_one_are_an_empty_side(read):
    assert read("a\n\nb\n\n", "x\n \n\n\n")[0] == [("a", "x", 1), ("b", "", 3)]


def test_other_encodings(read):
    assert read("né\n".encode("latin-1"), "é\n".encode("latin-1"), encoding="latin-1")[0] == [
        ("né", "é", 1)
    ]
    assert read("né\n京".encode("utf-16"), "a\nb\n".encode("utf-16"), encoding="utf-16")[0] == [
        ("né", "a", 1),
        ("京", "b", 2),
    ]


def test_unequal_lengths_say_both_counts_and_give_nothing(read, tmp_path):
    wrong = f"{tmp_path}/a.en: 2 lines, and {tmp_path}/a.de has 3; expected equal line counts"
    assert read("a\nb\n", "x\ny\nz") == ([], [wrong])
    assert read("", "x\n")[1] == [
        f"{tmp_path}/a.en: 0 lines, and {tmp_path}/a.de has 1; expected equal line counts"
    ]


def test_a_damaged_line_is_told_and_the_others_stay_together(read, tmp_path):
    found, errors = read(b"a\nb\xff\nc\nd\n", b"x\ny\n\xfe\nz\n")
    assert found == [("a", "x", 1), ("d", "z", 4)]
    assert [error.partition(";")[0] for error in errors] == [
        f"{tmp_path}/a.en:2: byte 0xff at column 2 is not UTF-8",
        f"{tmp_path}/a.de:3: byte 0xfe at column 1 is not UTF-8",
    ]


def test_a_gz_file_that_is_cut_is_an_error(read):
    packed = gzip.compress(b"a\n" * 1000)
    with pytest.raises(DataError, match=r"a\.en\.gz: damaged"):
        read(packed[:-9], packed, ".gz")
