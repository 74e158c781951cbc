"""Distances by hand; thresholds by their rates of false alarms and detections."""

import numpy as np
import pytest

from pipeline.metrics import drift
from pipeline.metrics.drift import Signal

SIGNALS = (
    Signal("unknown", drift.rise, "unknown"),
    Signal("length", drift.kolmogorov),
    Signal("labels", drift.total_variation),
)


def test_distances_by_hand():
    batch, reference = np.array([0.5, 0.2, 0.3]), np.array([0.2, 0.2, 0.6])
    assert drift.rise(batch, reference) == pytest.approx(0.3)
    assert drift.rise(reference, batch) == pytest.approx(-0.3)
    assert drift.total_variation(batch, reference) == pytest.approx(0.3)
    # Cumulative: 0.5, 0.7, 1 against 0.2, 0.4, 1.
    assert drift.kolmogorov(batch, reference) == pytest.approx(0.3)
    two = np.stack([batch, reference])
    assert drift.total_variation(two, reference) == pytest.approx([0.3, 0])


def test_amounts_are_summed_by_key():
    assert drift.sum_amounts([{"a": 1}, {"a": 2, "b": 0.5}, {}]) == {"a": 3, "b": 0.5}


def test_a_shift_has_distance_and_largest_changes():
    reference = {
        "length": [{"2": 1}, {"2": 1}, {"10": 1}, {"3": 1}],
        "labels": [{"a": 1}, {"a": 1}, {"b": 1}, {"b": 1}],
        "unknown": [{"known": 3, "unknown": 1}] * 4,
    }
    batch = {
        "length": {"10": 2},
        "labels": {"a": 1, "c": 1},
        "unknown": {"known": 1, "unknown": 1},
    }
    found = {s.signal: s for s in drift.shifts(SIGNALS, reference, batch, 2, 0.1)}
    assert found["length"].distance == pytest.approx(0.75)  # 2, 2 and 3 are below 10
    assert found["length"].changes == [("median", 2.0, 10.0)]
    assert found["labels"].distance == pytest.approx(0.5)
    changes = [("b", 0.5, 0.0), ("c", 0.0, 0.5)]
    assert found["labels"].changes == changes
    assert found["unknown"].distance == pytest.approx(0.25)
    assert found["unknown"].changes == [("unknown", 0.25, 0.5)]
    assert not any(shift.over for shift in found.values())  # four texts are too few for an alarm


def test_a_batch_without_amounts_is_compared():
    reference = {"labels": [{"a": 1}] * 50}
    (found,) = drift.shifts(SIGNALS[2:], reference, {"labels": {}}, 20, 0.05)
    assert found.distance == pytest.approx(0.5)
    assert found.over


@pytest.mark.parametrize(("unknown", "over"), [(0, False), (1, False), (60, True)])
def test_a_key_new_to_the_reference_is_no_alarm_until_it_is_frequent(unknown, over):
    reference = {"unknown": [{"known": 10}] * 200}
    batch = {"unknown": {"known": 300 - unknown, "unknown": unknown}}
    (found,) = drift.shifts(SIGNALS[:1], reference, batch, 30, 0.05)
    assert (found.over, found.changes) == (over, [("unknown", 0, unknown / 300)])


def texts(draw, count, unknown=0.05, length=8, labels=(0.6, 0.3, 0.1)):
    """Amounts of random texts; unknown tokens occur in clusters."""
    sizes = 1 + draw.poisson(length, count)
    new = draw.binomial(sizes, draw.beta(1, 1 / unknown - 1, count))
    kinds = draw.choice(len(labels), count, p=labels)
    return {
        "unknown": [
            {"unknown": int(u), "known": int(s - u)} for s, u in zip(sizes, new, strict=True)
        ],
        "length": [{str(size): 1} for size in sizes],
        "labels": [{"abc"[kind]: 1} for kind in kinds],
    }


def alarms(rate, **changed):
    """Yield the signals over their thresholds, for 150 pairs of reference and batch."""
    draw = np.random.default_rng(7)
    for seed in range(150):
        reference, batch = texts(draw, 150), texts(draw, 100, **changed)
        sums = {name: drift.sum_amounts(rows) for name, rows in batch.items()}
        found = drift.shifts(SIGNALS, reference, sums, 100, rate, seed, draws=400)
        yield {shift.signal for shift in found if shift.over}


@pytest.mark.parametrize("rate", [0.1, 0.3])
def test_the_false_alarm_rate_is_near_the_requested_rate(rate):
    share = np.mean([bool(over) for over in alarms(rate)])
    noise = 2 * np.sqrt(rate * (1 - rate) / 150)
    assert rate / 3 < share < rate + noise


@pytest.mark.parametrize(
    ("signal", "changed"),
    [
        ("unknown", {"unknown": 0.15}),
        ("length", {"length": 12}),
        ("labels", {"labels": (0.2, 0.3, 0.5)}),
    ],
)
def test_a_shifted_batch_exceeds_the_threshold_of_its_signal(signal, changed):
    over = list(alarms(0.05, **changed))
    assert np.mean([signal in each for each in over]) > 0.95
    others = {s.name for s in SIGNALS} - {signal}
    assert np.mean([bool(each & others) for each in over]) < 0.15


def test_thresholds_decrease_with_batch_size():
    reference = texts(np.random.default_rng(1), 300)
    sums = {name: drift.sum_amounts(rows) for name, rows in reference.items()}
    small, large = (drift.shifts(SIGNALS, reference, sums, size, 0.05) for size in (20, 500))
    for few, many in zip(small, large, strict=True):
        assert many.threshold < few.threshold
    assert drift.shifts(SIGNALS, reference, sums, 20, 0.05) == small  # resampling is seeded


def test_the_pseudo_text_has_its_own_key():
    (found,) = drift.shifts(SIGNALS[2:], {"labels": [{"": 1}] * 9}, {"labels": {"": 5}}, 5, 0.1)
    assert (found.distance, found.changes) == (0, [])
