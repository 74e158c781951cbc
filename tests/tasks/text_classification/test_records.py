"""Examples: invalid ones are rejected, labels are renamed, records convert both ways."""

import pytest

from pipeline.errors import RowError
from pipeline.tasks.text_classification.records import (
    Example,
    check,
    features,
    from_record,
    rename_labels,
    to_json,
)


def example(text="fine", *labels):
    return Example(text, labels, "folder/a.csv:7")


def test_records_convert_back_and_fit_the_store(nasty):
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
        ("a", ("",), "no label; expected the name of a label"),
        ("a", (" ",), "no label; expected the name of a label"),
        ("a", ("x", ""), "one of the labels is empty; expected the name of a label"),
        ("a", ("x\ny",), "the label 'x\\ny' contains a line break; expected a label on one line"),
        ("a", (" x",), "white space around the label ' x'; expected the label without it"),
        ("a", ("x\u00a0",), "white space around the label 'x\\xa0'; expected the label without it"),
        ("a", ("x", "x"), "the label 'x' occurs twice; expected each label once"),
        (
            "a",
            ("x", "y"),
            "2 labels (x, y); expected exactly one (or set data.multi_label to true)",
        ),
        ("a", (), "no label; expected exactly one (or set data.multi_label to true)"),
    ],
)
def test_check_rejects_invalid_examples(text, labels, message):
    with pytest.raises(RowError) as caught:
        check(example(text, *labels))
    assert str(caught.value) == f"folder/a.csv:7: {message}"


def test_check_accepts_valid_examples(nasty):
    for text in nasty:
        check(example(text, "a label, with words: 京"))
    for labels in ((), ("x",), ("x", "X", "y")):
        check(example("a", *labels), multi_label=True)


@pytest.mark.parametrize(
    ("labels", "multi_label", "repairable", "fix", "safe"),
    [
        ((" x",), False, True, "'x'", True),
        ((" x",), False, False, "'x'", False),
        (("x", "x"), True, True, "'x' once", True),
        (("x", "x"), False, True, "'x' once", False),
        (("x", ""), True, True, "", False),
    ],
)
def test_a_fix_is_safe_if_repair_can_apply_it(labels, multi_label, repairable, fix, safe):
    with pytest.raises(RowError) as caught:
        check(example("a\tb", *labels), multi_label, repairable)
    assert (caught.value.fix, caught.value.safe) == (fix, safe)
    assert caught.value.shown.endswith("] a\\tb")


def test_labels_are_renamed():
    names = {"0": "bad", "1": "good", "2": "good"}
    assert rename_labels(example("a", "x"), {}).labels == ("x",)
    assert rename_labels(example("a", "1"), names).labels == ("good",)
    assert rename_labels(example("a", "good"), names).labels == ("good",)
    assert rename_labels(example("a", "2", "0", "1"), names).labels == ("good", "bad")
    assert rename_labels(example("a", "1", "0"), {"0": "1", "1": "0"}).labels == ("0", "1")
    with pytest.raises(
        RowError, match=r"a\.csv:7: the label '3' is unknown; expected one of data\.labels: 0, 1"
    ):
        rename_labels(example("a", "3"), names)
