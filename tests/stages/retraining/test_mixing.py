"""How often an epoch shows old rows and new ones."""

import pytest
import tensorflow as tf

from pipeline.config import RetrainSettings
from pipeline.datasets.splits import carve
from pipeline.stages.retraining.mixing import lend, mix
from pipeline.stages.training.warm_start import Later, Mix


@pytest.mark.parametrize(
    ("old", "new", "share", "times"),
    [
        (100, 100, 0.5, (1, 1)),
        (500, 50, 0.5, (1, 8)),  # ten times, were it not for max_repeats
        (400, 100, 0.5, (1, 4)),
        (100, 400, 0.5, (4, 1)),
        (300, 100, 0.25, (1, 1)),
        (100, 100, 0.25, (3, 1)),
    ],
)
def test_the_fewer_kind_is_shown_several_times(old, new, share, times):
    assert mix(old, new, RetrainSettings(new_share=share)).times == times


def test_an_epoch_has_the_rows_as_often_as_it_says():
    rows = tf.data.Dataset.range(5)
    for cached in (True, False):
        shown = Mix(3, (1, 2)).examples(rows, cached)
        assert [int(row) for row in shown.as_numpy_iterator()] == [0, 1, 2, 3, 4, 3, 4]
    assert [int(row) for row in Mix().examples(rows, True).as_numpy_iterator()] == [0, 1, 2, 3, 4]


def test_a_schedule_that_begins_later():
    later = Later(lambda step: 10 * step, 7)
    assert later(7) == 0
    assert later(9) == 20


def test_rows_are_lent_of_what_a_division_left():
    """Where one seed divides twice, what the second time would be drawn was the first time."""
    rows = [{"text": f"row {n}"} for n in range(1000)]
    shares = {"valid": 0.1, "test": 0.1}
    left = [*carve(lambda: rows, lambda row: row["text"], shares, 1)["train"]()]
    train, lent = lend(left, 0.1)
    assert 60 < len(lent) < 100
    assert sorted(map(str, [*train, *lent])) == sorted(map(str, left))
    assert lend([*left, {"text": "one more"}], 0.1)[1][: len(lent)] == lent
