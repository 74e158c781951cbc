"""Bad lines for a person: the text with its label, or the line, and a fix."""

from pipeline.errors import DataError
from pipeline.tasks.text_classification.explain import explain
from pipeline.tasks.text_classification.records import Example


def test_a_label_is_marked_and_a_line_shown(write):
    path = write("a.txt", b"one\ntwo\tthree\nfo\xffr \xe4\xba\xac\n")
    example = Example("to\tOslo", (" x",), f"{path}:1")
    errors = [
        example.error("wrong", "right", " x", fix="'x'", safe=True),
        example.error("wrong", "right"),
        DataError(path, 2, "wrong", "right"),
        DataError(path, 3, "wrong", "right"),
        DataError(path, 9, "wrong", "right"),
        DataError(path, 0, "wrong", "right"),
        DataError(path.with_name("gone"), 1, "wrong", "a file"),
        DataError(write("a.parquet", "PAR1\n"), 1, "wrong", "right"),
        DataError("tfds:no/train", 1, "wrong", "right"),
    ]
    assert [(each.shown, each.fix, each.safe) for each in explain(errors)] == [
        ("[ x] to\\tOslo", "'x'", True),
        ("to\\tOslo", "write right", False),
        ("two\\tthree", "write right", False),
        ("fo\\xffr 京", "write right", False),
        ("", "write right", False),
        ("", "write right", False),
        ("", "write a file", False),
        ("", "write right", False),
        ("", "write right", False),
    ]
