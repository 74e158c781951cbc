"""How often an epoch shows old rows and new ones."""

import pytest
import tensorflow as tf

from pipeline.config import RetrainSettings
from pipeline.stages.retraining.mixing import mix
from pipeline.stages.warm import Later, Mix


@pytest.mark.parametrize(
    ("old", "new", "share", "times"),
    [
        (100, 100, 0.5, (1, 1)),
        (500, 50, 0.5, (1, 8)),  # ten times, were it not for most_repeats
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
