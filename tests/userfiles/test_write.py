"""Examples are read back; what a format loses is named by the example's own line."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.errors import DataError, InputError, RowError
from pipeline.userfiles.write import Format, format_for, write_checked


@dataclass(frozen=True)
class Word:
    text: str
    line: int

    def error(self, wrong, expected):
        return RowError("mine", self.line, wrong, expected)


def write(words, path):
    path.write_text("".join(f"{word.text}\n" for word in words), encoding="utf-8")


def read(path):
    for line, text in enumerate(path.read_text(encoding="utf-8").split("\n"), start=1):
        if "!" in text:
            raise DataError(path, line, "an exclamation mark", "none")
        if text:
            yield Word(text.strip(), line)


LINES = Format("lines", write, read, lambda word: {"text": word.text})


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["a", " b"], "mine:8: lines changes its text from ' b' to 'b'; expected what the format"),
        (["a", "b\nc"], "mine:8: lines cannot hold it: it is lost"),
        (["a", ""], "mine:8: lines cannot hold it: it is lost"),
        (["a", "b!"], "mine:8: lines cannot hold it: an exclamation mark"),
    ],
)
def test_what_is_not_read_back_is_rejected(tmp_path, texts, message):
    with pytest.raises(DataError) as caught:
        write_checked([Word(text, 7 + n) for n, text in enumerate(texts)], tmp_path / "a", LINES)
    assert str(caught.value).startswith(message)


def test_the_file_is_blamed_if_every_example_alone_is_read_back(tmp_path):
    def read_twice(path):
        words = list(read(path))
        return words if len(words) == 1 else words * 2

    with pytest.raises(DataError, match="a: read back from lines: 4 of 2 examples; expected what"):
        write_checked([Word("a", 7), Word("b", 8)], tmp_path / "a", LINES._replace(read=read_twice))


def test_what_is_read_back_stays(tmp_path):
    write_checked([Word("a", 7), Word("b", 8)], tmp_path / "a", LINES)
    assert (tmp_path / "a").read_text() == "a\nb\n"
    write_checked([], tmp_path / "b", LINES)
    assert (tmp_path / "b").read_text() == ""


def test_the_format_is_named_or_the_ending_names_it():
    assert format_for(Path("a.x"), None, ["x", "y"], {".x": "x"}) == "x"
    assert format_for(Path("a.x"), "y", ["x", "y"], {".x": "x"}) == "y"
    with pytest.raises(InputError, match=r"a\.y: its ending `\.y` names no format; expected"):
        format_for(Path("b/a.y"), None, ["x", "y"], {".x": "x"})
    with pytest.raises(InputError, match=r"a\.x: format `z`; expected --to with one of x, y"):
        format_for(Path("a.x"), "z", ["x", "y"], {})
