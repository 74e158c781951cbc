"""The section of the report on a retraining, and the rows of its tables, from `verdict.json`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.report.markup import Html, element, join
from pipeline.report.page import Section, paragraph, subsection
from pipeline.report.tables import table
from pipeline.stages.live import drift

Cell = str | int | float
SCORE_COLUMNS = ("rows", "n", "before", "after", "difference", "low", "high")
LABEL_COLUMNS = ("label", "n", "right before, %", "after, %", "forgotten", "learnt")
INTERPOLATION_COLUMNS = ("share of the way", "valid", "points lost on old rows")
FORGOTTEN_COLUMNS = ("source", "text")
CHECK_COLUMNS = ("check", "passed", "finding")


def section(verdict: Mapping[str, Any]) -> Section:
    """Return the section that shows the content of `verdict.json`."""
    checks = [
        (check["name"], "yes" if check["passed"] else "no", check["said"])
        for check in verdict["checks"]
    ]
    forced = verdict["forced"]
    forgotten = [(row["source"], row["text"]) for row in verdict["forgotten"]]
    labels = verdict["labels"]
    blocks = [
        element("p", verdict["reason"]),
        *([paragraph(f"Incumbent despite the verdict: {forced}")] if forced else []),
        table(CHECK_COLUMNS, checks),
        paragraph(
            f"{verdict['metric']} in percent, before and after the retraining, with the 95 %"
            " interval of the difference."
        ),
        table(SCORE_COLUMNS, score_rows(verdict["rows"])),
        *([table(LABEL_COLUMNS, label_rows(labels))] if labels else []),
        *([_interpolation(verdict["way"])] if verdict["way"] else []),
        *([_drift(verdict["drift"])] if verdict["drift"] else []),
    ]
    if forgotten:
        title = "Old rows that were right before and are wrong now"
        blocks.append(subsection(title, table(FORGOTTEN_COLUMNS, forgotten)))
    return Section(f"Retraining: {verdict['verdict']}", join(blocks))


def score_rows(changes: Sequence[Mapping[str, Any]]) -> list[tuple[Cell, ...]]:
    """Return one row for each group of rows: its score before and after, and the difference."""
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


def label_rows(changes: Sequence[Mapping[str, Any]]) -> list[tuple[Cell, ...]]:
    """Return one row for each label: the share that is right before and after, and the changes."""
    return [
        (
            change["name"],
            change["rows"],
            round(change["before"], 2),
            round(change["after"], 2),
            change["forgotten"],
            change["learnt"],
        )
        for change in changes
    ]


def interpolation_rows(way: Mapping[str, Any]) -> list[tuple[Cell, ...]]:
    """Return one row for each point tried between the old and the trained weights."""
    return [
        # + 0.0 turns -0.0 into 0.0
        (f"{100 * at['share']:.0f} %", round(at["score"], 2), round(at["lost"], 2) + 0.0)
        for at in way["seen"]
    ]


def _interpolation(way: Mapping[str, Any]) -> Html:
    text = paragraph(
        f"The weights lie {100 * way['share']:.0f} % of the way from the old to the trained ones."
        " Of the points where the old rows of valid lose at most"
        f" {way['tolerated']:.2f} percentage points, this one scores best on valid; if no point"
        " loses that little, it is the one that loses least."
    )
    rows = table(INTERPOLATION_COLUMNS, interpolation_rows(way))
    return subsection("Interpolation of the weights", join([text, rows]))


def _drift(facts: Mapping[str, Any]) -> Html:
    text = paragraph(
        f"{drift.title(facts)}. For information only: new data may well differ from the old, so"
        " drift does not affect the verdict."
    )
    rows = table(drift.COLUMNS, drift.rows(facts, "; "))
    return subsection("Drift of the new texts", join([text, rows]))
