"""What the gate found: checks with a sentence each, as JSON, on the terminal and in the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pipeline.report.markup import Html, element, join
from pipeline.report.page import Section, paragraph, subsection
from pipeline.report.tables import table
from pipeline.report.terminal import print_table
from pipeline.stages.live import drift

FILE = "verdict.json"
BLESSED, REJECTED = "blessed", "rejected"
ROWS = ("rows", "n", "before", "after", "difference", "low", "high")
LABELS = ("label", "n", "right before, %", "after, %", "forgotten", "learnt")
WAY = ("of the way", "valid", "lost of the old rows")
PLACES = ("where", "text")
CHECKS = ("check", "passed", "what was found")


@dataclass(frozen=True)
class Check:
    """One condition of the gate.

    Args:
        name: Of the check.
        passed: Whether the candidate meets it.
        said: What was found, in one sentence.
    """

    name: str
    passed: bool
    said: str


@dataclass(frozen=True)
class Verdict:
    """Whether the candidate may be published.

    Args:
        checks: All that was looked at; the first that failed gives the reason.
        headline: The metric that decides.
        rows: `Change.as_dict()` of the exam, its parts, harder rows and the new ones.
        labels: `LabelChange.as_dict()` of the exam's labels.
        forgotten: Old rows that were right and are not any more: `{"source", "text"}`.
        facts: Of the new data, the remapped weights and so on, JSON-ready.
        forced: Why it is published though it was rejected; None where nobody asked for that.
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
        """One sentence: the first thing that failed, else what the candidate is better at."""
        failed = [check.said for check in self.checks if not check.passed]
        gain = next(check.said for check in self.checks if check.name == "new data")
        return failed[0] if failed else gain

    def forced_by(self, reason: str) -> Verdict:
        """The same, to be published nevertheless."""
        return replace(self, forced=reason)

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
    """Prints the tables and, last, the verdict with its reason."""
    print_table(f"{name}: {verdict.headline}", ROWS, _rows(verdict.rows))
    if verdict.labels:
        print_table(f"{name}: old rows, label by label", LABELS, _labels(verdict.labels))
    checks = [(c.name, "yes" if c.passed else "NO", c.said) for c in verdict.checks]
    print_table(f"{name}: the gate", CHECKS, checks)
    print(f"{name}: {BLESSED if verdict.blessed else REJECTED}: {verdict.reason}")
    if verdict.forced is not None:
        print(f"{name}: published nevertheless: {verdict.forced}")


def section(found: Mapping[str, Any]) -> Section:
    """What `verdict.json` says, for the report."""
    checks = [
        (check["name"], "yes" if check["passed"] else "no", check["said"])
        for check in found["checks"]
    ]
    forced = [paragraph(f"Published nevertheless: {found['forced']}")] if found["forced"] else []
    lost = [(row["source"], row["text"]) for row in found["forgotten"]]
    blocks = [
        element("p", found["reason"]),
        *forced,
        table(CHECKS, checks),
        paragraph(f"{found['metric']}, with the 95 % interval of the difference, in percent."),
        table(ROWS, _rows(found["rows"])),
        *([table(LABELS, _labels(found["labels"]))] if found["labels"] else []),
        *([_way(found["way"])] if found["way"] else []),
        *([_drift(found["drift"])] if found["drift"] else []),
        *([subsection("Forgotten: old rows that were right", table(PLACES, lost))] if lost else []),
    ]
    return Section(f"Retraining: {found['verdict']}", join(blocks))


def way_rows(way: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """What was seen between the old weights and the trained ones, for a table."""
    return [
        (f"{100 * at['share']:.0f} %", round(at["score"], 2), round(at["lost"], 2) + 0.0)  # not -0
        for at in way["seen"]
    ]


def _way(way: Mapping[str, Any]) -> Html:
    said = paragraph(
        f"{100 * way['share']:.0f} % of the way from the old weights to the trained ones: the best"
        f" on valid of where its old rows lose {way['tolerated']:.2f} points at most, or least."
    )
    return subsection("On the way", join([said, table(WAY, way_rows(way))]))


def _drift(found: Mapping[str, Any]) -> Html:
    said = paragraph(f"{drift.title(found)}. Told, not judged: new data are there to be others.")
    return subsection(
        "Drift of the new texts", join([said, table(drift.COLUMNS, drift.rows(found, "; "))])
    )


def _rows(changes: Sequence[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
    return [
        (
            change["name"],
            change["rows"],
            round(change["before"], 2),
            round(change["after"], 2),
            *(round(change["difference"][end], 2) for end in ("value", "low", "high")),
        )
        for change in changes
    ]


def _labels(changes: Sequence[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
    return [
        (
            *(change[key] for key in ("name", "rows")),
            *(round(change[key], 2) for key in ("before", "after")),
            *(change[key] for key in ("forgotten", "learnt")),
        )
        for change in changes
    ]
