"""Bad lines for a person: the span marked, or the line; a fix for each."""

from pipeline.errors import DataError
from pipeline.tasks.slot_filling.explain import explain
from pipeline.tasks.slot_filling.records import Span, Utterance, marked


def test_a_span_is_marked_and_a_line_shown(write):
    path = write("a.txt", "one\ntwo\tthree\n")
    utterance = Utterance("to  Oslo", "x", (), source=f"{path}:1")
    errors = [
        utterance.error("wrong", "right", Span("city", 3, 8), fix="[4, 8)", safe=True),
        utterance.error("wrong", "right"),
        DataError(path, 2, "wrong", "right"),
        DataError(path, 9, "wrong", "right"),
        DataError(path.with_name("gone"), 1, "wrong", "a file"),
    ]
    assert [(each.shown, each.fix, each.safe) for each in explain(errors)] == [
        ("to [ Oslo](city)", "[4, 8)", True),
        ("to  Oslo", "write right", False),
        ("two\\tthree", "write right", False),
        ("", "write right", False),
        ("", "write a file", False),
    ]


def test_marked_is_one_short_printable_line():
    assert marked("a\nb\ud83d\x1b[0m京", [Span("s", 8, 9)]) == "a\\nb\\ud83d\\x1b[0m[京](s)"
    long = f"{'x' * 500} Oslo {'y' * 500}"
    shown = marked(long, [Span("city", 501, 505)])
    assert shown == f"…{'x' * 39} [Oslo](city) {'y' * 39}…"
    assert marked("abc", [Span("s", 0, 2), Span("t", 1, 3)]) == "[ab](s)c"
    assert marked("abc", [Span("s", -5, 2), Span("t", 2, 99)]) == "[ab](s)[c](t)"
