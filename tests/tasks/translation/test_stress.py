"""Stress sets: what differs and what stays."""

from pipeline.tasks.translation.records import Example
from pipeline.tasks.translation.stress import stress


def record(text, target):
    return Example(text, target, "f:1", ("part",)).to_record()


def test_sets_by_hand():
    rows = [record("Hi, Oslo!", "嗨，奥斯陆！"), record("no end", "无"), record("...", "…")]
    sets = stress(None, [], rows, seed=1)
    assert [row["text"] for row in sets["stress_lower"]] == ["hi, oslo!", "no end", "..."]
    assert [row["text"] for row in sets["stress_unpunctuated"]] == ["Hi, Oslo", "no end", "..."]
    for name in ("stress_lower", "stress_unpunctuated"):
        assert [row["target"] for row in sets[name]] == [row["target"] for row in rows]
        assert all(row.keys() == rows[0].keys() for row in sets[name])
    [joined] = sets["stress_joined"]
    assert stress(None, [], rows, seed=1)["stress_joined"] == [joined]


def test_two_in_a_row_are_joined_as_their_script_is():
    rows = [record("One.", "一。"), record("Two.", "二。")]
    [joined] = stress(None, [], rows, seed=1)["stress_joined"]
    assert joined["text"] in ("One. Two.", "Two. One.")
    assert joined["target"] in ("一。二。", "二。一。")
    assert (joined["text"] == "One. Two.") == (joined["target"] == "一。二。")


def test_a_set_that_would_be_no_other_is_empty():
    sets = stress(None, [], [record("嗨", "hi")], seed=1)
    assert sets == {"stress_lower": [], "stress_unpunctuated": [], "stress_joined": []}
