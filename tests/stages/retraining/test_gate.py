"""What a new label takes of the old rows, told apart from what is forgotten."""

from types import SimpleNamespace

import numpy as np
import pytest

from pipeline.config import RetrainSettings
from pipeline.metrics.intervals import Counts
from pipeline.stages.retraining import gate
from pipeline.task import Scores

TEXTS = [f"row {place}" for place in range(40)]


def percent(sums):
    return 100 * sums[..., 0] / np.maximum(sums[..., 1], 1)


def score(settings, records, answers):
    """A row is right where its answer is its label."""
    right = [record["label"] == answer for record, answer in zip(records, answers, strict=True)]
    rows = np.stack([np.array(right, int), np.ones(len(right), int)], axis=1)
    wrong = [{"source": r["source"]} for r, hit in zip(records, right, strict=True) if not hit]
    return Scores({}, [], wrong, {"accuracy": Counts(rows, percent)})


@pytest.fixture
def old():
    """A version that knows the labels `a` and `b`, and 40 rows of its exam."""
    task = SimpleNamespace(
        headline="accuracy",
        score=score,
        labels=lambda record: {"labels": [record["label"]]},
        suggest=lambda answer: {"label": answer},
        stress=lambda *_: {},
    )
    exam = [{"text": t, "label": "ab"[n % 2], "source": f"f:{n}"} for n, t in enumerate(TEXTS)]
    return SimpleNamespace(
        task=task,
        exam=exam,
        vocabularies={"labels": ["a", "b"]},
        config=SimpleNamespace(settings=SimpleNamespace(retrain=RetrainSettings())),
    )


def asked(old, monkeypatch, after):
    """What the checks see where the baseline is always right and `after` answers by the row."""
    said = {
        "before": {text: "ab"[place % 2] for place, text in enumerate(TEXTS)},
        "after": {text: after(place) for place, text in enumerate(TEXTS)},
    }
    monkeypatch.setattr(gate, "answer_all", lambda _, side, texts: [said[side][t] for t in texts])
    return gate._ask(old, {side: side for side in said}, old.exam[:10], [])


@pytest.mark.parametrize(("taken", "passed"), [(1, True), (2, False)])
def test_a_new_label_may_take_little_and_counts_as_no_forgetting(old, monkeypatch, taken, passed):
    found = asked(old, monkeypatch, lambda n: "c" if n < taken else "ab"[n % 2])
    (check,) = gate._taken(found, RetrainSettings())  # 3 % of 40 rows is one row
    assert check.passed is passed
    assert f"of 40 old rows {taken} get a new label, {taken} of which were right" in check.said
    assert (found.kept.change.rows, found.kept.change.value) == (40 - taken, 0)
    assert found.exam.change.value == pytest.approx(-100 * taken / 40)


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
