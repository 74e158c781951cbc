"""Is a batch of texts unlike the reference? Distances, and thresholds by bootstrap.

What is known of a text is, for each signal, amounts by key: `{"Han": 9, "Latin": 2}` letters of a
script, `{"unknown": 1, "known": 7}` tokens. A batch is the sum of its rows, compared by shares.

A threshold is learnt from the reference's rows (Efron and Tibshirani 1993, chapter 16): a reference
and a batch of the sizes at hand are drawn from the same rows, with replacement, many times; how far
apart these are shows how far apart batches are that have not drifted. All signals of a draw come
from the same rows. The stated rate of false alarms is that of any signal going off, so each has its
share of it (Bonferroni).

One row is added to those that are drawn from: as much of an unseen key as rows have on average. So
many rows cannot tell that something never happens, and a first unknown token is no alarm.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DRAWS = 2000
SHOWN = 3  # keys that changed most
OTHER = "(none of these)"  # the key of the added row

FloatArray = NDArray[np.float64]
Row = Mapping[str, float]


@dataclass(frozen=True)
class Signal:
    """What is watched.

    Args:
        name: Of the signal.
        distance: From the shares of a batch and of a reference, [..., keys], to how far apart they
            are, [...].
        key: The one whose share a one-sided distance is about; the added row has it.
    """

    name: str
    distance: Callable[[FloatArray, FloatArray], FloatArray]
    key: str = OTHER


@dataclass(frozen=True)
class Shift:
    """How far a batch is from the reference by one signal, and how far it may be.

    `changes` are the keys that changed most, with their shares in reference and batch; of lengths
    the median instead.
    """

    signal: str
    distance: float
    threshold: float
    changes: Sequence[tuple[str, float, float]]

    @property
    def over(self) -> bool:
        return self.distance > self.threshold


def rise(batch: FloatArray, reference: FloatArray) -> FloatArray:
    """By how much the share of the first key is higher in the batch."""
    difference: FloatArray = batch[..., 0] - reference[..., 0]
    return difference


def total_variation(batch: FloatArray, reference: FloatArray) -> FloatArray:
    """The share that would have to change its key: half the sum of the differences."""
    moved: FloatArray = np.abs(batch - reference).sum(axis=-1) / 2
    return moved


def kolmogorov(batch: FloatArray, reference: FloatArray) -> FloatArray:
    """The largest difference of the two cumulative distributions; keys are ordered numbers."""
    largest: FloatArray = np.abs(np.cumsum(batch - reference, axis=-1)).max(axis=-1)
    return largest


def shifts(
    signals: Sequence[Signal],
    reference: Mapping[str, Sequence[Row]],
    batch: Mapping[str, Row],
    size: int,
    rate: float,
    seed: int = 1,
    draws: int = DRAWS,
) -> list[Shift]:
    """Every signal's distance with its threshold.

    Args:
        signals: What to watch.
        reference: Signal name to one row of amounts a text.
        batch: Signal name to the sum of the batch's rows.
        size: Texts in the batch.
        rate: How often a batch that has not drifted may set off any signal at all; 0 to 1.
        seed: Of the draws.
        draws: How many.
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


def add(rows: Sequence[Row]) -> dict[str, float]:
    """The sum of some rows, key by key."""
    total: dict[str, float] = {}
    for row in rows:
        for key, amount in row.items():
            total[key] = total.get(key, 0.0) + amount
    return total


def _shift(
    signal: Signal,
    reference: Sequence[Row],
    batch: Row,
    weights: tuple[NDArray[np.int64], NDArray[np.int64]],
    quantile: float,
) -> Shift:
    keys = _keys(signal, [*reference, batch])
    table = np.array([[row.get(key, 0.0) for key in keys] for row in reference])
    now, before = _shares(_amounts(batch, keys)), _shares(table.sum(axis=0))
    drawn = np.vstack([table, _amounts({signal.key: table.sum() / len(table)}, keys)])
    apart = signal.distance(*(_shares(w @ drawn) for w in weights))
    threshold = float(np.quantile(apart, quantile, method="higher"))
    changes = _medians(keys, before, now) if signal.distance is kolmogorov else None
    changes = changes or _largest(keys, before, now)
    return Shift(signal.name, float(signal.distance(now, before)), threshold, changes)


def _keys(signal: Signal, rows: Sequence[Row]) -> list[str]:
    """All keys: the signal's own first, or numbers in their order; the added row's key last."""
    found = {key for row in rows for key in row} - {signal.key, OTHER}
    ordered = sorted(found, key=float) if signal.distance is kolmogorov else sorted(found)
    return [signal.key, *ordered, OTHER] if signal.key != OTHER else [*ordered, OTHER]


def _amounts(row: Row, keys: Sequence[str]) -> FloatArray:
    return np.array([row.get(key, 0.0) for key in keys])


def _shares(amounts: FloatArray) -> FloatArray:
    """Amounts as shares of their sum over the last axis; nothing at all is 0 of everything."""
    total = amounts.sum(axis=-1, keepdims=True)
    shares: FloatArray = np.divide(
        amounts, total, out=np.zeros_like(amounts * 1.0), where=total > 0
    )
    return shares


def _medians(
    keys: Sequence[str], before: FloatArray, now: FloatArray
) -> list[tuple[str, float, float]]:
    middle = [keys[int(np.searchsorted(np.cumsum(s), 0.5 - 1e-9))] for s in (before, now)]
    return [("median", float(middle[0]), float(middle[1]))]


def _largest(
    keys: Sequence[str], before: FloatArray, now: FloatArray
) -> list[tuple[str, float, float]]:
    order = np.argsort(-np.abs(now - before), kind="stable")[:SHOWN]
    return [(keys[i], float(before[i]), float(now[i])) for i in order if before[i] != now[i]]
