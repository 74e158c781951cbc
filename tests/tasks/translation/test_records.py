"""Examples: what is refused, records there and back."""

import pytest

from pipeline.errors import RowError
from pipeline.tasks.translation.records import (
    Example,
    check,
    features,
    from_record,
    shorten,
    to_json,
)


def example(text="fine", target="gut", parts=()):
    return Example(text, target, "folder/a.csv:7", parts)


def test_a_record_comes_back_and_fits_the_store(nasty):
    for text in nasty:
        record = example(text, f"{text}!", ("a", "b c")).to_record()
        assert from_record(record) == example(text, f"{text}!", ("a", "b c"))
        assert features().encode_example(record).keys() == record.keys()
        assert to_json(record) == {"text": text, "target": f"{text}!", "parts": ["a", "b c"]}
    assert to_json(example().to_record()) == {"text": "fine", "target": "gut"}


@pytest.mark.parametrize(
    ("text", "target", "message"),
    [
        ("a \ud83d", "x", "half of a surrogate pair; expected whole characters"),
        ("a", "\udc00", "half of a surrogate pair; expected whole characters"),
        ("", "x", "the source side is empty; expected both (data.filters.empty leaves"),
        ("x", " \u3000\x85\n", "the target side is empty; expected both"),
        (" ", "", "the source and the target side are empty; expected both"),
    ],
)
def test_what_is_refused_by_hand(text, target, message):
    with pytest.raises(RowError) as caught:
        check(example(text, target))
    assert str(caught.value).startswith(f"folder/a.csv:7: {message}")


def test_what_is_accepted_and_what_a_person_is_shown(nasty):
    for text in nasty:
        check(example(text, text))
    assert example("a\tb", "京").error("wrong", "right").shown == "a\\tb ||| 京"
    assert shorten("a\nb\x1b[0m\ud800京") == "a\\nb\\x1b[0m\\ud800京"
    assert shorten("x" * 161) == "x" * 160 + "…"
