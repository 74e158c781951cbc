"""Examples: what is refused, labels by their names, records there and back."""

import pytest

from pipeline.errors import RowError
from pipeline.tasks.text_classification.records import (
    Example,
    check,
    features,
    from_record,
    named,
    shorten,
    to_json,
)


def example(text="fine", *labels):
    return Example(text, labels, "folder/a.csv:7")


def test_a_record_comes_back_and_fits_the_store(nasty):
    for text in nasty:
        record = example(text, "a", "b c").to_record()
        assert from_record(record) == example(text, "a", "b c")
        assert features().encode_example(record).keys() == record.keys()
        assert to_json(record) == {"text": text, "labels": ["a", "b c"]}


@pytest.mark.parametrize(
    ("text", "labels", "message"),
    [
        ("a \ud83d", ("x",), "half of a surrogate pair; expected whole characters"),
        ("a", ("\udc00",), "half of a surrogate pair; expected whole characters"),
        ("", ("x",), "the text is empty; expected a text"),
        (" \u3000\x85\n", ("x",), "the text is empty; expected a text"),
        ("a", ("",), "it states no label; expected a label's name"),
        ("a", (" ",), "it states no label; expected a label's name"),
        ("a", ("x", ""), "one of its labels is empty; expected a label's name"),
        ("a", ("x\ny",), "the label 'x\\ny' holds a line break; expected a label of one line"),
        ("a", (" x",), "white space round the label ' x'; expected the label alone"),
        ("a", ("x\u00a0",), "white space round the label 'x\\xa0'; expected the label alone"),
        ("a", ("x", "x"), "the label 'x' stands twice; expected each label once"),
        (
            "a",
            ("x", "y"),
            "2 labels (x, y); expected exactly one (or set data.multi_label to true)",
        ),
        ("a", (), "it states no label; expected exactly one (or set data.multi_label to true)"),
    ],
)
def test_what_is_refused_by_hand(text, labels, message):
    with pytest.raises(RowError) as caught:
        check(example(text, *labels))
    assert str(caught.value) == f"folder/a.csv:7: {message}"


def test_what_is_accepted(nasty):
    for text in nasty:
        check(example(text, "a label, with words: 京"))
    for labels in ((), ("x",), ("x", "X", "y")):
        check(example("a", *labels), multi_label=True)


@pytest.mark.parametrize(
    ("labels", "multi_label", "mendable", "fix", "safe"),
    [
        ((" x",), False, True, "'x'", True),
        ((" x",), False, False, "'x'", False),
        (("x", "x"), True, True, "'x' once", True),
        (("x", "x"), False, True, "'x' once", False),
        (("x", ""), True, True, "", False),
    ],
)
def test_a_fix_is_safe_where_repair_does_it(labels, multi_label, mendable, fix, safe):
    with pytest.raises(RowError) as caught:
        check(example("a\tb", *labels), multi_label, mendable)
    assert (caught.value.fix, caught.value.safe) == (fix, safe)
    assert caught.value.shown.endswith("] a\\tb")


def test_labels_get_their_names():
    names = {"0": "bad", "1": "good", "2": "good"}
    assert named(example("a", "x"), {}).labels == ("x",)
    assert named(example("a", "1"), names).labels == ("good",)
    assert named(example("a", "good"), names).labels == ("good",)
    assert named(example("a", "2", "0", "1"), names).labels == ("good", "bad")
    assert named(example("a", "1", "0"), {"0": "1", "1": "0"}).labels == ("0", "1")
    with pytest.raises(
        RowError, match=r"a\.csv:7: the label '3'; expected one of data\.labels: 0, 1"
    ):
        named(example("a", "3"), names)


def test_shorten_gives_one_printable_line():
    assert shorten("a\nb\x1b[0m\ud800京") == "a\\nb\\x1b[0m\\ud800京"
    assert shorten("x" * 161) == "x" * 160 + "…"
