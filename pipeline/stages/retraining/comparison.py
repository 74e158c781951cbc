"""Candidate and baseline on the same rows: who is better, by how much, and is it chance."""

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
    """A score before and after, and the difference with its 95 % interval, in percent.

    Args:
        name: Of the rows, or of a label.
        rows: How many.
        before: The baseline's score.
        after: The candidate's.
        value, low, high: Of the difference, the candidate's less the baseline's.
    """

    name: str
    rows: int
    before: float
    after: float
    value: float
    low: float
    high: float

    def lost(self, tolerated: float) -> bool:
        """Whether it fell by more than is tolerated, and not by chance."""
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
    """How many of a label's rows are answered without a mistake, before and after.

    Args:
        name: Of the label.
        rows: That have it.
        right: Before and after.
        forgotten: Right before and not after.
        learnt: The other way round.
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
        """Whether it fell by more than is tolerated, and not by chance as one of so many labels."""
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
    """How likely it is that at least so many of the rows that changed became worse, by chance.

    The exact one-sided test of McNemar 1947: a row that changed does so either way alike.
    """
    changed = worse + better
    tail = sum(math.comb(changed, k) for k in range(worse, changed + 1))
    return tail / (1 << changed)  # of whole numbers: as a float neither of them need have room


@dataclass(frozen=True)
class Judged:
    """Some rows with what either model makes of them.

    Args:
        name: Of the rows.
        records: The rows.
        before: The baseline's scores.
        after: The candidate's.
        headline: The metric that decides.
    """

    name: str
    records: Sequence[Record]
    before: Scores
    after: Scores
    headline: str

    @property
    def change(self) -> Change:
        """Of the headline metric, on all rows."""
        return self.on(self.name, range(len(self.records)))

    def on(self, name: str, places: Sequence[int]) -> Change:
        """Of the headline metric, on some of the rows."""
        return _change(name, *(_some(s.counts[self.headline], places) for s in self._both))

    def without(self, places: Collection[int]) -> Judged:
        """All other rows; where there is no other, all."""
        kept = [place for place in range(len(self.records)) if place not in places]
        if not kept:
            return self
        before, after = (
            replace(scores, counts={self.headline: _some(scores.counts[self.headline], kept)})
            for scores in self._both
        )
        return Judged(self.name, [self.records[p] for p in kept], before, after, self.headline)

    @property
    def parts(self) -> list[Change]:
        """Of the headline metric, on each part of the rows that is named."""
        found: dict[str, list[int]] = {}
        for place, record in enumerate(self.records):
            for part in record.get("parts", ()):
                found.setdefault(part, []).append(place)
        return [self.on(f"{self.name}/{part}", found[part]) for part in sorted(found)]

    @property
    def right(self) -> tuple[Any, Any]:
        """Whether a row is answered without any mistake, before and after: bool [rows] each."""
        return self._right(self.before), self._right(self.after)

    def _right(self, scores: Scores) -> Any:
        wrong = {error["source"] for error in scores.errors}
        return np.array([record["source"] not in wrong for record in self.records])

    def labels(self, task: Task, least: int) -> list[LabelChange]:
        """What became of the rows of each label that stands in at least so many."""
        places: dict[str, list[int]] = {}
        for place, record in enumerate(self.records):
            for kind, labels in task.labels(record).items():
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


def judge(
    task: Task, settings: Any, name: str, records: Sequence[Record], answers: Mapping[str, Any]
) -> Judged:
    """Scores the answers of both models, `before` and `after`, to the same rows."""
    before, after = (task.score(settings, records, answers[side]) for side in ("before", "after"))
    return Judged(name, records, before, after, task.headline)


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
