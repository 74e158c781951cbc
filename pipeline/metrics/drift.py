"""Drift detection: distances between a batch and a reference, with bootstrap thresholds.

Each signal describes a text by amounts per key: `{"Han": 9, "Latin": 2}` letters per script,
`{"unknown": 1, "known": 7}` tokens. A batch is the sum of its texts' amounts; distances compare
shares of these sums.

Thresholds are estimated from the reference (Efron and Tibshirani 1993, chapter 16): a reference and
a batch of the actual sizes are resampled many times from the same texts, with replacement. Their
distances show how far apart batches without drift are. All signals of a resample come from the same
texts. The false-alarm rate is that of any signal exceeding its threshold, so each signal gets an
equal part of it (Bonferroni).

One pseudo-text is added to the texts that are resampled. It has the mean amount, all of it under an
unseen key: a finite reference cannot prove that a key never occurs, so the first unknown token is
not an alarm.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DRAWS = 2000
TOP_CHANGES = 3  # number of keys that `Shift.changes` lists
OTHER = "(none of these)"  # the key of the pseudo-text

FloatArray = NDArray[np.float64]
Amounts = Mapping[str, float]


@dataclass(frozen=True)
class Signal:
    """A quantity that is monitored for drift.

    Args:
        name: Name of the signal.
        distance: Maps the shares of a batch and of a reference, [..., keys], to their distance,
            [...].
        key: The key whose share a one-sided distance compares; the pseudo-text has this key.
    """

    name: str
    distance: Callable[[FloatArray, FloatArray], FloatArray]
    key: str = OTHER


@dataclass(frozen=True)
class Shift:
    """The distance of a batch from the reference by one signal, and its threshold.

    `changes` lists the keys whose shares changed most, with their shares in reference and batch. A
    one-sided signal lists its own key only; an ordered one (text length) lists the median.
    """

    signal: str
    distance: float
    threshold: float
    changes: Sequence[tuple[str, float, float]]

    @property
    def over(self) -> bool:
        """Whether the distance exceeds the threshold."""
        return self.distance > self.threshold


def rise(batch: FloatArray, reference: FloatArray) -> FloatArray:
    """Return the increase of the first key's share in the batch."""
    difference: FloatArray = batch[..., 0] - reference[..., 0]
    return difference


def total_variation(batch: FloatArray, reference: FloatArray) -> FloatArray:
    """Return the total variation distance: half the sum of the absolute differences."""
    moved: FloatArray = np.abs(batch - reference).sum(axis=-1) / 2
    return moved


def kolmogorov(batch: FloatArray, reference: FloatArray) -> FloatArray:
    """Return the largest difference of the cumulative distributions; keys are sorted numbers."""
    largest: FloatArray = np.abs(np.cumsum(batch - reference, axis=-1)).max(axis=-1)
    return largest


def shifts(
    signals: Sequence[Signal],
    reference: Mapping[str, Sequence[Amounts]],
    batch: Mapping[str, Amounts],
    size: int,
    rate: float,
    seed: int = 1,
    draws: int = DRAWS,
) -> list[Shift]:
    """Compute the distance and the threshold of each signal.

    Args:
        signals: The signals to compare.
        reference: Signal name to the amounts of each reference text.
        batch: Signal name to the summed amounts of the batch.
        size: Number of texts in the batch.
        rate: Probability, 0 to 1, that a batch without drift exceeds any threshold.
        seed: Seed of the resampling.
        draws: Number of resamples.
    """
    rows = len(next(iter(reference.values())))
    draw = np.random.default_rng(seed)
    even = np.full(rows + 1, 1 / (rows + 1))
    weights = draw.multinomial(size, even, draws), draw.multinomial(rows, even, draws)
    quantile = 1 - rate / len(signals)
    return [
        _shift(signal, reference[signal.name], batch[signal.name], weights, quantile)
        for signal in signals
    ]


def sum_amounts(rows: Sequence[Amounts]) -> dict[str, float]:
    """Sum amounts key by key."""
    total: dict[str, float] = {}
    for row in rows:
        for key, amount in row.items():
            total[key] = total.get(key, 0.0) + amount
    return total


def _shift(
    signal: Signal,
    reference: Sequence[Amounts],
    batch: Amounts,
    weights: tuple[NDArray[np.int64], NDArray[np.int64]],
    quantile: float,
) -> Shift:
    keys = _keys(signal, [*reference, batch])
    table = np.array([[row.get(key, 0.0) for key in keys] for row in reference])
    now, before = _shares(_vector(batch, keys)), _shares(table.sum(axis=0))
    texts = np.vstack([table, _vector({signal.key: table.sum() / len(table)}, keys)])
    distances = signal.distance(*(_shares(w @ texts) for w in weights))
    threshold = float(np.quantile(distances, quantile, method="higher"))
    changes = _changes(signal, keys, before, now)
    return Shift(signal.name, float(signal.distance(now, before)), threshold, changes)


def _keys(signal: Signal, rows: Sequence[Amounts]) -> list[str]:
    """List all keys: the signal's own key first, the others sorted, `OTHER` last."""
    keys = {key for row in rows for key in row} - {signal.key, OTHER}
    ordered = sorted(keys, key=float) if signal.distance is kolmogorov else sorted(keys)
    return [signal.key, *ordered, OTHER] if signal.key != OTHER else [*ordered, OTHER]


def _vector(amounts: Amounts, keys: Sequence[str]) -> FloatArray:
    return np.array([amounts.get(key, 0.0) for key in keys])


def _shares(amounts: FloatArray) -> FloatArray:
    """Divide amounts by their sum over the last axis; shares of a zero sum are 0."""
    total = amounts.sum(axis=-1, keepdims=True)
    shares: FloatArray = np.divide(
        amounts, total, out=np.zeros_like(amounts * 1.0), where=total > 0
    )
    return shares


def _changes(
    signal: Signal, keys: Sequence[str], before: FloatArray, now: FloatArray
) -> list[tuple[str, float, float]]:
    """Compute `Shift.changes`."""
    if signal.distance is kolmogorov:
        return _medians(keys, before, now)
    if signal.distance is rise:
        return [(keys[0], float(before[0]), float(now[0]))]
    return _largest(keys, before, now)


def _medians(
    keys: Sequence[str], before: FloatArray, now: FloatArray
) -> list[tuple[str, float, float]]:
    medians = [keys[int(np.searchsorted(np.cumsum(s), 0.5 - 1e-9))] for s in (before, now)]
    return [("median", float(medians[0]), float(medians[1]))]


def _largest(
    keys: Sequence[str], before: FloatArray, now: FloatArray
) -> list[tuple[str, float, float]]:
    order = np.argsort(-np.abs(now - before), kind="stable")[:TOP_CHANGES]
    return [(keys[i], float(before[i]), float(now[i])) for i in order if before[i] != now[i]]
