"""Folders of classes: every file a text, in order, and what is neither told."""

import pytest

from pipeline.errors import DataError
from pipeline.tasks.text_classification.formats import folders


def test_every_file_is_a_text_of_its_folder_s_class(write, make_form, nasty):
    for number, text in enumerate(nasty):
        root = write(f"set/{'good' if number % 2 else 'bad'}/{number}.txt", text).parents[1]
    write("set/good/.hidden", "no")
    write("set/.git/x", "no")
    found = list(folders.read(root, make_form("folders")))
    expected = [(text.removeprefix("\ufeff"), n) for n, text in enumerate(nasty)]
    expected = expected[::2] + expected[1::2]  # class by class, bad first
    assert [(each.text, each.labels) for each in found] == [
        (text, ("good" if number % 2 else "bad",)) for text, number in expected
    ]
    assert found[0].source == f"{root}/bad/0.txt:1"
    assert folders.files_of(root) == [root / each.source[len(str(root)) + 1 : -2] for each in found]


def test_a_stated_encoding_and_damaged_files(write, make_form):
    root = write("set/a/1.txt", "x\nnaïve".encode("latin-1")).parents[1]
    [example] = folders.read(root, make_form("folders", encoding="latin-1"))
    assert example.text == "x\nnaïve"
    write("set/b/1.txt", "fine")
    errors = []
    assert len(list(folders.read(root, make_form("folders"), errors.append))) == 1
    assert [str(error) for error in errors] == [
        f"{root}/a/1.txt:2: byte 0xef at column 3 is not UTF-8; expected a file saved as UTF-8"
    ]


def test_what_is_no_class_or_no_text_is_told(write, make_form):
    root = write("set/a/1.txt", "x").parents[1]
    write("set/readme.md", "no")
    write("set/a/deep/2.txt", "no")
    errors = []
    assert len(list(folders.read(root, make_form("folders"), errors.append))) == 1
    assert [error.wrong for error in errors] == [
        "a folder in a class folder",
        "a file beside the class folders",
    ]
    with pytest.raises(DataError, match=r"set/a/deep: a folder in a class folder"):
        list(folders.read(root, make_form("folders")))
