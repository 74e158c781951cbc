"""How far a retrained model goes from its old weights."""

import keras
import numpy as np
import pytest

from pipeline.stages.evaluation import report_verdict
from pipeline.stages.retraining import interpolate


@pytest.fixture
def way():
    """A model at the end of a way of ten, where the way began, and how far the model is on it."""
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
    start = interpolate.trainable(model)
    for variable, value in zip(model.trainable_variables, start, strict=True):
        variable.assign(value + 10)

    def gone():
        return float(np.asarray(model.trainable_variables[0])[0, 0] - start[0][0, 0]) / 10

    return model, start, gone


@pytest.mark.parametrize(("best", "share"), [(0.3, 0.3), (0.7, 0.7), (1.0, 1.0)])
def test_the_best_mean_of_old_and_new_weights_is_kept(way, best, share):
    model, start, gone = way

    def look():
        return interpolate.Point(-abs(gone() - best), 0.0)

    found, points = interpolate.choose(model, start, look, 0.3)
    assert found == share
    assert gone() == pytest.approx(share, abs=1e-5)
    assert set(points) == set(interpolate.STEPS)


@pytest.mark.parametrize(("tolerated", "share"), [(5.0, 1.0), (0.45, 0.9), (0.4, 0.8), (0.0, 0.3)])
def test_no_further_than_old_rows_allow(way, tolerated, share):
    """What is new is best at the end; of the old 0.1, 0.2, 0.3, 0.35, 0.42 and 2 are lost."""
    model, start, gone = way
    lost = dict(zip(interpolate.STEPS, (0.1, 0.2, 0.3, 0.35, 0.42, 2.0), strict=True))

    def look():
        return interpolate.Point(gone(), lost[round(gone(), 2)])

    assert interpolate.choose(model, start, look, tolerated)[0] == share


def test_of_equals_the_one_nearest_to_the_old_is_kept(way):
    model, start, _ = way
    assert interpolate.choose(model, start, lambda: interpolate.Point(50.0, 0.0), 0.3)[0] == 0.3


@pytest.mark.parametrize(
    ("kind", "score", "lost"),
    [
        ("an old row lost", 100 * 47 / 50, 100 * 1 / 40),
        ("old rows that get a new label", 100 * 45 / 50, 0.0),
        ("all old rows get a new label", 100 * 8 / 50, 100.0),
    ],
)
def test_what_old_rows_lose_is_told_without_those_that_get_a_new_label(
    old, monkeypatch, kind, score, lost
):
    """Of ten new rows two are answered wrongly; the old model was right about all 40 old ones."""
    new = [{"text": f"new {n}", "label": "c", "source": f"g:{n}"} for n in range(10)]
    right = {row["text"]: row["label"] for row in [*old.exam, *new]}
    wrong = {
        "an old row lost": {"row 0": "b"},
        "old rows that get a new label": {"row 0": "c", "row 1": "c", "row 2": "c"},
        "all old rows get a new label": {row["text"]: "c" for row in old.exam},
    }[kind]
    monkeypatch.setattr(interpolate, "load_signature", lambda _: None)
    monkeypatch.setattr(
        interpolate, "answer_all", lambda *given: [right[text] for text in given[2]]
    )
    said = {**right, **wrong, "new 3": "a", "new 4": "a"}

    def answer(records):
        return [said[record["text"]] for record in records]

    point = interpolate.measurement(old, [*old.exam, *new], len(new), answer)()
    assert point == pytest.approx((score, lost))


def test_where_no_validation_row_is_old_nothing_holds_back(old, monkeypatch):
    new = [{"text": f"new {n}", "label": "ab"[n % 2], "source": f"g:{n}"} for n in range(4)]
    monkeypatch.setattr(interpolate, "load_signature", lambda _: None)
    assert interpolate.measurement(old, new, 4, lambda rows: ["a"] * len(rows))() == (50.0, 0.0)


@pytest.mark.parametrize(("rows", "most"), [(0, 0.3), (1, 100.0), (20, 5.0), (500, 0.3)])
def test_one_row_more_or_less_holds_nothing_back(rows, most):
    assert interpolate.tolerated(0.3, rows) == most


def test_nothing_lost_is_not_told_as_less_than_nothing():
    (row,) = report_verdict.interpolation_rows(
        {"seen": [{"share": 0.3, "score": 100.0, "lost": -1e-9}]}
    )
    assert list(map(str, row)) == ["30 %", "100.0", "0.0"]
