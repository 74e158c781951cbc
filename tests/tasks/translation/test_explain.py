"""Bad lines for a person: both sides, or the line, and a fix."""

from pipeline.errors import DataError
from pipeline.tasks.translation.explain import explain
from pipeline.tasks.translation.records import Example


def test_both_sides_or_the_line_are_shown(write):
    path = write("a.txt", b"one\ntwo\tthree\n")
    example = Example("to\tOslo", "京", f"{path}:1")
    errors = [
        example.error("wrong", "right", fix="x", safe=True),
        example.error("wrong", "right"),
        DataError(path, 2, "wrong", "right"),
        DataError(path, 0, "wrong", "right"),
    ]
    assert [(each.shown, each.fix, each.safe) for each in explain(errors)] == [
        ("to\\tOslo ||| 京", "x", True),
        ("to\\tOslo ||| 京", "write right", False),
        ("two\\tthree", "write right", False),
        ("", "write right", False),
    ]
