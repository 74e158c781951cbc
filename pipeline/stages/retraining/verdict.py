"""The verdict of the gate: its checks, as JSON and on the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.report.terminal import print_table
from pipeline.stages.evaluation.report_verdict import (
    CHECK_COLUMNS,
    LABEL_COLUMNS,
    SCORE_COLUMNS,
    label_rows,
    score_rows,
)

FILE = "verdict.json"
BLESSED, REJECTED = "blessed", "rejected"


@dataclass(frozen=True)
class Check:
    """One condition of the gate.

    Args:
        name: The name of the check.
        passed: Whether the candidate passed it.
        said: The finding, in one sentence.
    """

    name: str
    passed: bool
    said: str


@dataclass(frozen=True)
class Verdict:
    """Whether the candidate may be published.

    Args:
        checks: All checks; the first one that failed gives the reason.
        headline: The metric that decides.
        rows: `Change.as_dict()` of the exam, its parts, harder rows and new rows.
        labels: `LabelChange.as_dict()` of the exam's labels.
        forgotten: Old rows that only the incumbent answers correctly: `{"source", "text"}`.
        facts: Facts about the new data, the copied weights and so on, JSON-ready.
        forced: The reason to publish a rejected candidate; None if nobody asked for it.
    """

    checks: Sequence[Check]
    headline: str
    rows: Sequence[Mapping[str, Any]]
    labels: Sequence[Mapping[str, Any]]
    forgotten: Sequence[Mapping[str, str]]
    facts: Mapping[str, Any] = field(default_factory=dict)
    forced: str | None = None

    @property
    def blessed(self) -> bool:
        return all(check.passed for check in self.checks)

    @property
    def reason(self) -> str:
        """Return one sentence: the first failure, or the gain of the candidate."""
        failed = [check.said for check in self.checks if not check.passed]
        gain = next(check.said for check in self.checks if check.name == "new data")
        return failed[0] if failed else gain

    def as_dict(self) -> dict[str, Any]:
        return {
            "verdict": BLESSED if self.blessed else REJECTED,
            "reason": self.reason,
            "forced": self.forced,
            "metric": self.headline,
            "checks": [vars(check) for check in self.checks],
            "rows": list(self.rows),
            "labels": list(self.labels),
            "forgotten": list(self.forgotten),
            **self.facts,
        }


def show(name: str, verdict: Verdict) -> None:
    """Print the tables and, last, the verdict with its reason."""
    print_table(f"{name}: {verdict.headline}", SCORE_COLUMNS, score_rows(verdict.rows))
    if verdict.labels:
        print_table(f"{name}: old rows, label by label", LABEL_COLUMNS, label_rows(verdict.labels))
    checks = [(c.name, "yes" if c.passed else "NO", c.said) for c in verdict.checks]
    print_table(f"{name}: the gate", CHECK_COLUMNS, checks)
    print(f"{name}: {BLESSED if verdict.blessed else REJECTED}: {verdict.reason}")
    if verdict.forced is not None:
        print(f"{name}: published nevertheless: {verdict.forced}")
