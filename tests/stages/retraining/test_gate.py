"""What a new label takes of the old rows, told apart from what is forgotten."""

import pytest

from pipeline.config import RetrainSettings
from pipeline.stages.retraining import gate


def asked(old, monkeypatch, after):
    """What the checks see where the baseline is always right and `after` answers by the row."""
    said = {
        "before": {row["text"]: row["label"] for row in old.exam},
        "after": {row["text"]: after(place) for place, row in enumerate(old.exam)},
    }
    monkeypatch.setattr(gate, "answer_all", lambda _, side, texts: [said[side][t] for t in texts])
    return gate._collect(old, {side: side for side in said}, old.exam[:10], [])


@pytest.mark.parametrize(("taken", "passed"), [(1, True), (2, False)])
def test_a_new_label_may_take_little_and_counts_as_no_forgetting(old, monkeypatch, taken, passed):
    found = asked(old, monkeypatch, lambda n: "c" if n < taken else "ab"[n % 2])
    (check,) = gate._taken(found, RetrainSettings())  # 3 % of 40 rows is one row
    assert check.passed is passed
    assert f"of 40 old rows {taken} get a new label, {taken} of which were right" in check.said
    assert (found.kept.change.rows, found.kept.change.value) == (40 - taken, 0)
    assert found.exam.change.value == pytest.approx(-100 * taken / 40)


@pytest.mark.parametrize(("lost", "passed"), [(1, True), (2, False)])
def test_one_row_of_a_small_exam_is_chance(old, monkeypatch, lost, passed):
    found = asked(old, monkeypatch, lambda n: "ab"[(n + (n < lost)) % 2])
    check = gate._forgetting(found.kept, RetrainSettings())  # one row of 40 is 2.5 %, over 2
    assert check.passed is passed
    assert f"of 40 old rows {lost} fail that did not" in check.said


def test_an_old_label_in_place_of_another_is_forgetting(old, monkeypatch):
    found = asked(old, monkeypatch, lambda n: "b" if n < 20 else "ab"[n % 2])
    assert not found.taken
    assert gate._taken(found, RetrainSettings()) == []
    assert found.kept.change.value == -25
    assert not gate._exam(found.kept.change, RetrainSettings()).passed


def test_a_new_label_that_takes_all_is_lost_and_told(old, monkeypatch):
    found = asked(old, monkeypatch, lambda _: "c")
    assert found.kept.change.value == -100
    (check,) = gate._taken(found, RetrainSettings())
    assert not check.passed
