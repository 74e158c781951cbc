"""The power law from points that lie on one, and points from a baseline whose errors are known."""

import dataclasses
from types import SimpleNamespace

import pytest

from pipeline.stages.live import learning_curve
from pipeline.stages.live.learning_curve import Curve
from pipeline.task import Scores


def test_a_power_law_is_found_again():
    rows = [50, 100, 200, 400]
    errors = [[60 * n**-0.5, 60 * n**-0.25] for n in rows]
    found = Curve(rows, errors)
    assert found.slopes == pytest.approx([0.25, 0.5])
    assert 0.25 < found.slope < 0.5
    # Four times the rows: the error halves.
    assert found.expected(8.0, 100, 300, 0.5) == pytest.approx(4.0)
    assert found.expected(8.0, 100, 0, 0.5) == 8.0


@pytest.mark.parametrize(
    ("errors", "slope"),
    [([[5.0], [6.0], [7.0]], 0), ([[0.0], [0.0], [0.0]], 0), ([[8.0], [4.0], [0.0]], 1)],
)
def test_errors_that_rise_or_vanish_give_no_nonsense(errors, slope):
    assert Curve([10, 20, 40], errors).slope == pytest.approx(slope)


def test_the_baseline_is_fitted_on_growing_shares(tiny, capsys):
    sizes = []

    def fit(settings, train, exam):
        sizes.append(len(train))
        assert len({row["text"] for row in train}) == len(train)
        return [len(train)] * len(exam)

    def score(settings, exam, answers):
        value = 100 - 40 * answers[0] ** -0.5
        return Scores({tiny.task.headline: {"value": value}}, (), ())

    judge = SimpleNamespace(baseline=fit, score=score)
    task = dataclasses.replace(tiny.task, judge=judge)
    rows = [{"text": str(number)} for number in range(160)]
    assert learning_curve.enough(rows, rows)
    found = learning_curve.run(task, None, rows, rows[:30], 1)
    assert sizes == [20] * 3 + [40] * 3 + [80] * 3 + [160] * 3
    assert found.slope == pytest.approx(0.5)
    learning_curve.print_curve("toy", tiny.task.headline, found)
    assert "96.84" in capsys.readouterr().out  # 100 - 40 / sqrt(160)
    assert not learning_curve.enough(rows[:159], rows)
    assert not learning_curve.enough(rows, rows[:19])
