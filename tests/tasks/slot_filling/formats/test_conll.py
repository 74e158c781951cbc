"""CoNLL columns: what people's files look like, and lines that are refused."""

import pytest

from pipeline.errors import DataError
from pipeline.tasks.slot_filling.formats.conll import read, write
from pipeline.tasks.slot_filling.records import Span, Utterance
from pipeline.tasks.slot_filling.settings import ColumnSettings


def read_all(path, *on_error):
    return list(read(path, ColumnSettings(), *on_error))


@pytest.mark.parametrize(
    "content",
    [
        "# intent: book\nto O\nnew B-city\nyork I-city\n",
        "# intent = book\r\nto\tO\r\nnew\tB-city\r\nyork\tI-city\r\n\r\n",
        "\ufeff-DOCSTART- -X- O\n\n\n# sent_id = 7\nto IN O\nnew NN B-city\nyork NN I-city\nbook\n",
        "book\nto O\nnew I-city\nyork I-city",
        "# intent: book\nto O\nnew B-city\nyork E-city\n\n",
        "# intent: book\n1\tto\tIN\tO\n2\tnew\tNN\tB-city\n3\tyork\tNN\tI-city\n",
    ],
)
def test_the_usual_layouts_are_one_utterance(write_file, content):
    [found] = read_all(write_file(content))
    assert (found.text, found.intent) == ("to new york", "book")
    assert found.spans == (Span("city", 3, 11),)
    assert found.tokens == ((0, 2), (3, 6), (7, 11))


@pytest.fixture
def write_file(write):
    return lambda content: write("a.conll", content)


def test_the_comment_has_the_text_and_words_are_found_in_it(write_file):
    path = write_file("# text = 订 去北京,  北京\n订\tO\n去\tO\n北京\tB-city\n,\tO\n北京\tO\n")
    [found] = read_all(path)
    assert found.text == "订 去北京,  北京"
    assert found.spans == (Span("city", 3, 5),)
    assert found.tokens == ((0, 1), (2, 3), (3, 5), (5, 6), (8, 10))
    assert (found.intent, found.source) == ("", f"{path}:2")


def test_words_that_look_like_comments_are_words(write_file):
    [found] = read_all(write_file("#\tO\n1\tB-gate\n#intent:\tO\n"))
    assert (found.text, found.spans) == ("# 1 #intent:", (Span("gate", 2, 3),))


@pytest.mark.parametrize(
    ("block", "line", "message"),
    [
        ("a\tO\nb\nc\tO", 5, "only one column, 'b'; expected a word, a space or tab, and its tag"),
        ("a x O\nb O", 5, "2 columns after rows of 3; expected the same number in all"),
        ("a O\nb b-x", 5, "tag 1 is 'b-x'; expected O, B-slot or I-slot"),
        ("# text = a c\na O\nb O", 6, "the word 'b' does not occur in ' c', the rest of `# text`"),
        ("# intent: x", 4, "the intent 'x' without words"),
        ("# tokens = [[0\na O", 5, "`# tokens` is not valid JSON"),
        ("# tokens = [[1, 2]]\na O", 5, "the words differ from the text at the offsets"),
        ("# parts = 7\na O", 5, "`parts` is 7; expected a list of names"),
        ("a O\nb \udcff", 5, "byte 0xff at column 3 is not UTF-8"),
    ],
)
def test_a_bad_block_is_rejected_with_its_line_and_the_others_are_read(
    write_file, block, line, message
):
    content = f"x O\ny O\n\n{block}\n\nz B-city\n".encode("utf-8", "surrogateescape")
    path, errors = write_file(content), []
    assert [found.text for found in read_all(path, errors.append)] == ["x y", "z"]
    assert [error.line for error in errors] == [line]
    assert str(errors[0]).startswith(f"{path}:{line}: {message}")
    with pytest.raises(DataError):
        read_all(path)


def test_a_bad_tag_in_a_strict_scheme_is_at_its_own_line(write_file):
    path, errors = write_file("a S-x\n\nb B-x\nc E-x\n\nd O\ne B-x\nf O\n"), []
    assert [found.text for found in read_all(path, errors.append)] == ["a", "b c"]
    assert [(error.line, error.wrong) for error in errors] == [
        (7, "tag 1 is 'B-x' where its span ends")
    ]


def test_what_is_written_by_hand(tmp_path):
    rows = [
        Utterance("订去 北京", "book", (Span("city", 3, 5),)),
        Utterance("to  Oslo", "", (), ((0, 2), (4, 8)), ("cue",)),
        Utterance("aa b", "x", (), ((1, 2), (3, 4))),
    ]
    write(rows, tmp_path / "a.conll")
    assert (tmp_path / "a.conll").read_text(encoding="utf-8") == (
        "# intent = book\n# text = 订去 北京\n# tokens = none\n"
        "订\tO\n去\tO\n北\tB-city\n京\tI-city\n\n"
        '# text = to  Oslo\n# parts = ["cue"]\nto\tO\nOslo\tO\n\n'
        "# intent = x\n# text = aa b\n# tokens = [[1, 2], [3, 4]]\na\tO\nb\tO\n"
    )


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (Utterance("a b", "x", (Span("s", 0, 2), Span("t", 1, 3))), "two spans overlap"),
        (
            Utterance("ab", "x", (Span("s", 0, 1),), ((0, 2),)),
            "span s 'a' does not consist of whole",
        ),
        (Utterance("a", "x", (Span("s t", 0, 1),)), "the slot name 's t' contains whitespace"),
        (Utterance("a\nb", "x", ()), "a line break in the text"),
        (Utterance("a b", "x", (), ((0, 2),)), "a token has outer spaces or a tab"),
    ],
)
def test_what_columns_cannot_hold_is_rejected(tmp_path, row, message):
    from dataclasses import replace

    with pytest.raises(DataError) as caught:
        write([replace(row, source="rows.jsonl:3")], tmp_path / "a.conll")
    assert str(caught.value).startswith(f"rows.jsonl:3: {message}")
