r"""Lines with `[value](slot)`: intents before a tab or above, escapes, slips."""

import pytest

from pipeline.errors import DataError
from pipeline.tasks.slot_filling.formats.inline import read, write
from pipeline.tasks.slot_filling.records import Span, Utterance
from pipeline.tasks.slot_filling.settings import ColumnSettings


@pytest.fixture
def read_text(write):
    """A function from a file's content to (utterances, errors)."""

    def read_text(content):
        errors = []
        return list(read(write("a.txt", content), ColumnSettings(), errors.append)), errors

    return read_text


@pytest.mark.parametrize(
    ("line", "text", "spans"),
    [
        ("to [New York](city) now", "to New York now", [("city", 3, 11)]),
        ("[京](a)[都](b)", "京都", [("a", 0, 1), ("b", 1, 2)]),
        ('[Rome]{"entity": "city", "role": "from"}', "Rome", [("city.from", 0, 4)]),
        ("[NYC](city:New York)", "NYC", [("city", 0, 3)]),
        (r"\[Rome](x)", None, "is an incomplete slot"),
        (r"\[Rome\](x) [a\]](b)", "[Rome](x) a]", [("b", 10, 12)]),
        (r"C:\new [a](b\:c\))", r"C:\new a", [("b:c)", 7, 8)]),
        (r"\\[a](b)", "\\a", [("b", 1, 2)]),
        ("see [1] or (2) or ]", "see [1] or (2) or ]", []),
        ("[a](  ", None, "is an incomplete slot"),
        ("[](city)", None, "is an incomplete slot"),
        ("[a]()", None, "is an incomplete slot"),
        ('[a]{"role": "x"}', None, "names no entity"),
        ("[a]{city}", None, "is not valid JSON"),
    ],
)
def test_markup(read_text, line, text, spans):
    found, errors = read_text(f"x\t{line}\n")
    if text is None:
        assert (found, errors[0].line) == ([], 1)
        assert spans in errors[0].wrong
    else:
        assert errors == []
        assert (found[0].text, found[0].intent) == (text, "x")
        assert found[0].spans == tuple(Span(*span) for span in spans)


def test_intents_before_a_tab_above_or_nowhere(read_text):
    found, errors = read_text(
        "# a comment\nno intent [a](b)\n\nbook\tto Oslo\n## intent: fare\n- how much\n* to  Rome\n"
        "## synonym: Oslo\n#intent=hi\nhello\tyou\n"
    )
    assert errors == []
    assert [(each.intent, each.text) for each in found] == [
        ("", "no intent a"),
        ("book", "to Oslo"),
        ("fare", "how much"),
        ("fare", "to  Rome"),
        ("hi", "hello\tyou"),
    ]


def test_after_a_refused_line_a_heading_no_longer_holds(read_text):
    found, [error] = read_text(b"## intent: a\nx\n\xff\ny\n## intent: b\nz\n")
    assert error.line == 3
    assert [(each.text, each.intent) for each in found] == [("x", "a"), ("y", ""), ("z", "b")]


def test_notes_hold_for_the_next_line_and_words_until_none(read_text):
    found, errors = read_text(
        '# tokens = words\na\tb c\n# parts = ["p"]\na\td\n# tokens = none\na\te\n'
        "# tokens = [[0, 1], [1, 2]]\na\tfg\n# tokens = [[\na\th\n"
    )
    assert [each.tokens for each in found] == [((0, 1), (2, 3)), ((0, 1),), (), ((0, 1), (1, 2))]
    assert [each.parts for each in found] == [(), ("p",), (), ()]
    assert [error.line for error in errors] == [10]


def test_what_is_written_by_hand(tmp_path):
    rows = [
        Utterance("to [Oslo] now", "book", (Span("city", 3, 9),), ((0, 2), (3, 9), (10, 13))),
        Utterance("\\ hi", "", (), (), ("a b",)),
        Utterance("ab", "x", (Span("s)", 0, 1),), ((0, 1), (1, 2))),
    ]
    write(rows, tmp_path / "a.txt")
    assert (tmp_path / "a.txt").read_text().splitlines() == [
        "# tokens = words",
        "book\tto [\\[Oslo\\]](city) now",
        "# tokens = none",
        '# parts = ["a b"]',
        "\t\\\\ hi",
        "# tokens = [[0, 1], [1, 2]]",
        "x\t[a](s\\))b",
    ]


def test_spans_that_overlap_are_rejected(tmp_path):
    row = Utterance("abc", "x", (Span("s", 0, 2), Span("t", 1, 3)), source="f:4")
    with pytest.raises(DataError, match=r"^f:4: two spans overlap"):
        write([row], tmp_path / "a.txt")
