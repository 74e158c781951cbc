"""Compare candidate and incumbent on the same rows: the difference and whether it is chance."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pipeline.metrics.intervals import Counts, paired_bootstrap
from pipeline.task import Record, Scores, Task

LEVEL = 0.05


@dataclass(frozen=True)
class Change:
    """The scores of both models, and the difference with its 95 % interval, in percent.

    Args:
        name: The name of the rows.
        rows: The number of rows.
        before: The incumbent's score.
        after: The candidate's score.
        value, low, high: The difference, candidate minus incumbent, and its interval.
    """

    name: str
    rows: int
    before: float
    after: float
    value: float
    low: float
    high: float

    def lost(self, tolerated: float) -> bool:
        """Return whether the score fell by more than is tolerated, and not by chance."""
        return self.value < -tolerated and self.high < 0

    def as_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "rows": self.rows,
            "before": self.before,
            "after": self.after,
            "difference": {"value": self.value, "low": self.low, "high": self.high},
        }


@dataclass(frozen=True)
class LabelChange:
    """How many rows of a label each model answers without a mistake.

    Args:
        name: The label.
        rows: The number of rows with the label.
        right: The rows that incumbent and candidate answer correctly.
        forgotten: The rows that only the incumbent answers correctly.
        learnt: The rows that only the candidate answers correctly.
    """

    name: str
    rows: int
    right: tuple[int, int]
    forgotten: int
    learnt: int

    @property
    def before(self) -> float:
        return 100 * self.right[0] / self.rows

    @property
    def after(self) -> float:
        return 100 * self.right[1] / self.rows

    @property
    def value(self) -> float:
        return self.after - self.before

    def lost(self, tolerated: float, among: int) -> bool:
        """Return whether the share fell by more than is tolerated, and not by chance.

        `among` is the number of labels tested (Bonferroni correction).
        """
        chance = sign_test(self.forgotten, self.learnt)
        return self.value < -tolerated and chance * among < LEVEL

    def as_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "rows": self.rows,
            "before": self.before,
            "after": self.after,
            "forgotten": self.forgotten,
            "learnt": self.learnt,
        }


def sign_test(worse: int, better: int) -> float:
    """Return the probability that so many changed rows become worse by chance.

    The exact one-sided test of McNemar 1947: a changed row is equally likely to change either way.
    """
    changed = worse + better
    tail = sum(math.comb(changed, k) for k in range(worse, changed + 1))
    return tail / (1 << changed)  # integers: either number may be too large for a float


@dataclass(frozen=True)
class Compared:
    """Some rows with the scores of both models.

    Args:
        name: The name of the rows.
        records: The rows.
        before: The incumbent's scores.
        after: The candidate's scores.
        headline: The metric that decides.
    """

    name: str
    records: Sequence[Record]
    before: Scores
    after: Scores
    headline: str

    @property
    def change(self) -> Change:
        """Return the change of the headline metric on all rows."""
        return self.on(self.name, range(len(self.records)))

    def on(self, name: str, places: Sequence[int]) -> Change:
        """Return the change of the headline metric on some of the rows."""
        return _change(name, *(_some(s.counts[self.headline], places) for s in self._both))

    def without(self, places: Collection[int]) -> Compared:
        """Return the rows without those at some positions; all rows if none would be left."""
        kept = [place for place in range(len(self.records)) if place not in places]
        if not kept:
            return self
        before, after = (
            replace(scores, counts={self.headline: _some(scores.counts[self.headline], kept)})
            for scores in self._both
        )
        return Compared(self.name, [self.records[p] for p in kept], before, after, self.headline)

    @property
    def parts(self) -> list[Change]:
        """Return the change of the headline metric on each named part of the rows."""
        found: dict[str, list[int]] = {}
        for place, record in enumerate(self.records):
            for part in record.get("parts", ()):
                found.setdefault(part, []).append(place)
        return [self.on(f"{self.name}/{part}", found[part]) for part in sorted(found)]

    @property
    def right(self) -> tuple[Any, Any]:
        """Return which rows are answered without a mistake, before and after: bool [rows] each."""
        return self._right(self.before), self._right(self.after)

    def _right(self, scores: Scores) -> Any:
        wrong = {error["source"] for error in scores.errors}
        return np.array([record["source"] not in wrong for record in self.records])

    def labels(self, task: Task, least: int) -> list[LabelChange]:
        """Return the change for each label with at least `least` rows."""
        places: dict[str, list[int]] = {}
        for place, record in enumerate(self.records):
            for kind, labels in task.answers.labels(record).items():
                for label in dict.fromkeys(labels):
                    places.setdefault(f"{kind}: {label}", []).append(place)
        before, after = self.right
        return [
            _label(label, before[rows], after[rows])
            for label, rows in sorted(places.items())
            if len(rows) >= least
        ]

    @property
    def _both(self) -> tuple[Scores, Scores]:
        return self.before, self.after


def compare(
    task: Task, settings: Any, name: str, records: Sequence[Record], answers: Mapping[str, Any]
) -> Compared:
    """Score the answers of both models, `before` and `after`, to the same rows."""
    before, after = (
        task.judge.score(settings, records, answers[side]) for side in ("before", "after")
    )
    return Compared(name, records, before, after, task.headline)


def _some(counts: Counts, places: Sequence[int]) -> Counts:
    return Counts(counts.rows[list(places)], counts.score)


def _label(name: str, before: Any, after: Any) -> LabelChange:
    forgotten, learnt = int((before & ~after).sum()), int((after & ~before).sum())
    return LabelChange(name, len(before), (int(before.sum()), int(after.sum())), forgotten, learnt)


def _change(name: str, before: Counts, after: Counts) -> Change:
    difference = paired_bootstrap(after, before)
    was, now = (float(c.score(c.rows.sum(axis=0).astype(np.float64))) for c in (before, after))
    return Change(
        name, len(before.rows), was, now, difference.value, difference.low, difference.high
    )
