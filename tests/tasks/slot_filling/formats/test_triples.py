"""`seq.in`, `seq.out`, `label`: words between any spaces, and files that do not fit together."""

import pytest

from pipeline.errors import DataError, InputError
from pipeline.tasks.slot_filling.formats.triples import FILES, read, tagged
from pipeline.tasks.slot_filling.records import Span
from pipeline.tasks.slot_filling.settings import ColumnSettings


@pytest.fixture
def folder(write):
    """A function from the three files' contents to their folder."""

    def folder(*contents):
        for name, content in zip(FILES, contents, strict=True):
            path = write(f"set/{name}", content)
        return path.parent

    return folder


def read_all(folder, *on_error):
    return list(read(folder, ColumnSettings(), *on_error))


def test_three_lines_are_an_utterance(folder):
    path = folder("fly to new york\nhi\n", "O O B-city I-city\nO\n", "flight#fare\ngreet\n")
    first, second = read_all(path)
    assert first.text == "fly to new york"
    assert first.intent == "flight#fare"
    assert first.spans == (Span("city", 7, 15),)
    assert first.tokens == ((0, 3), (4, 6), (7, 10), (11, 15))
    assert first.source == f"{path}/seq.out:1"
    assert (second.text, second.intent, second.source) == ("hi", "greet", f"{path}/seq.out:2")


@pytest.mark.parametrize(
    ("text", "tags", "spans", "tokens"),
    [
        ("  a  b c ", "O B-x I-x", [("x", 5, 8)], [(2, 3), (5, 6), (7, 8)]),
        ("a\tb", " B-x  O ", [("x", 0, 1)], [(0, 1), (2, 3)]),
        ("a\u00a0b c", "B-x O", [("x", 0, 3)], [(0, 3), (4, 5)]),
        ("a\u0085b 京👩", "O B-x", [("x", 4, 6)], [(0, 3), (4, 6)]),
        ("a b c", "I-x I-x I-y", [("x", 0, 3), ("y", 4, 5)], [(0, 1), (2, 3), (4, 5)]),
        ("a b", "B-x B-x", [("x", 0, 1), ("x", 2, 3)], [(0, 1), (2, 3)]),
        ("a", "B-to.city-name", [("to.city-name", 0, 1)], [(0, 1)]),
        ("", "", [], []),
    ],
)
def test_spans_are_laid_over_the_text_as_it_stands(text, tags, spans, tokens):
    utterance = tagged("f", 1, text, tags, "i")
    assert utterance.text == text
    assert utterance.spans == tuple(Span(*span) for span in spans)
    assert utterance.tokens == tuple(tokens)


def test_windows_line_ends_and_a_byte_order_mark_are_no_part_of_it(folder):
    [found] = read_all(folder("\ufeffa b\r\n", "O B-x\r\n", "\ufeffi\r\n"))
    assert (found.text, found.intent, found.spans) == ("a b", "i", (Span("x", 2, 3),))


@pytest.mark.parametrize(
    ("text", "tags", "intent", "message"),
    [
        ("a b", "O", "i", "1 tags for the 2 words of 'a b'; expected one tag per word"),
        ("a b", "O O O", "i", "3 tags for the 2 words of 'a b'; expected one tag per word"),
        ("", "O", "i", "1 tags for the 0 words of ''; expected one tag per word"),
        ("a b", "O O", "", "the intent is empty; expected the intent's name"),
        ("a b", "O O", "  ", "the intent is empty; expected the intent's name"),
        ("a b", "O x", "i", "tag 1 is 'x'; expected O, B-slot or I-slot"),
        ("a b", "B- O", "i", "tag 0 is 'B-'; expected O, B-slot or I-slot"),
        ("a b", "o O", "i", "tag 0 is 'o'; expected O, B-slot or I-slot"),
    ],
)
def test_a_bad_line_is_rejected_with_its_line(folder, text, tags, intent, message):
    path = folder(f"a\n{text}\nc\n", f"O\n{tags}\nO\n", f"i\n{intent}\ni\n")
    with pytest.raises(DataError) as caught:
        read_all(path)
    assert str(caught.value) == f"{path}/seq.out:2: {message}"
    errors = []
    assert [utterance.text for utterance in read_all(path, errors.append)] == ["a", "c"]
    assert [error.line for error in errors] == [2]


@pytest.mark.parametrize("short", [0, 1, 2])
def test_a_file_with_a_line_less_is_named(folder, short):
    contents = ["a\nb\n", "O\nO\n", "i\ni\n"]
    contents[short] = contents[short][:2]
    path = folder(*contents)
    with pytest.raises(DataError) as caught:
        read_all(path)
    assert str(caught.value) == (
        f"{path}/{FILES[short]}:2: {FILES[short]} has no line for line 2 of the other files;"
        " expected equal line counts in all three files"
    )


@pytest.mark.parametrize("damaged", [0, 1, 2])
def test_after_a_refused_line_the_files_are_not_read_on_out_of_step(folder, damaged):
    contents = [b"a\nb\nc\n", b"O\nO\nO\n", b"i\ni\ni\n"]
    contents[damaged] = contents[damaged][:2] + b"\xff\n" + contents[damaged][4:]
    path, errors = folder(*contents), []
    assert [utterance.text for utterance in read_all(path, errors.append)] == ["a"]
    assert [(error.path, error.line) for error in errors] == [(f"{path}/{FILES[damaged]}", 2)] * 2
    assert "is not UTF-8" in errors[0].wrong
    with pytest.raises(DataError, match=f"{FILES[damaged]}:2: byte 0xff at column 1 is not UTF-8"):
        read_all(path)


@pytest.mark.parametrize("missing", FILES)
def test_a_missing_file_is_named(folder, missing):
    path = folder("a\n", "O\n", "i\n")
    (path / missing).unlink()
    with pytest.raises(InputError, match=f"{missing}: no such file"):
        read_all(path)
