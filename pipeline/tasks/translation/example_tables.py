"""Sentences as the report shows them: source, reference and translation below each other."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.metrics.values.matching import KINDS
from pipeline.report.highlight import Mark, Versions, hues, marked, versions
from pipeline.report.markup import Html, element, folded, join
from pipeline.report.page import paragraph
from pipeline.tasks.translation.scored_example import ScoredExample

SHOWN = 20  # of the worst, and of the best
COLOURS = hues([*KINDS, "lost", "invented"])


def lines_of(one: ScoredExample, facts: Sequence[str | Html] = ()) -> Versions:
    """The three lines of an example, with where it is from, its score, and more facts."""
    return Versions(
        [("source", one.text), ("reference", one.reference), ("translation", one.translation)],
        [*_facts(one), *facts],
    )


def with_values(one: ScoredExample) -> Versions:
    """The same with the source's values marked, and what was lost or invented named."""
    source = [
        *(Mark(v.start, v.end, v.kind) for v in one.values.kept),
        *(Mark(v.start, v.end, "lost", wrong=True, note=v.kind) for v in one.values.lost),
    ]
    invented = [
        Mark(v.start, v.end, "invented", wrong=True, note=v.kind) for v in one.values.invented
    ]
    return Versions(
        [
            ("source", marked(one.text, source, COLOURS)),
            ("reference", one.reference),
            ("translation", marked(one.translation, invented, COLOURS)),
        ],
        _facts(one),
    )


def worst_and_best(judged: Sequence[ScoredExample]) -> Html:
    """Those that differ from their reference, the worst and the best by their own chrF++."""
    wrong = sorted((one for one in judged if not one.same), key=lambda one: one.chrf)
    remark = (
        f"{len(judged) - len(wrong):,} of {len(judged):,} translations are the reference itself."
    )
    worst, best = wrong[:SHOWN], wrong[SHOWN:][-SHOWN:][::-1]
    groups = [
        (f"The worst {len(worst)} by chrF++ of the sentence", worst),
        (f"The best {len(best)} that differ from the reference", best),
    ]
    shown = [
        folded(title, versions([lines_of(one) for one in group]), opened=group is worst)
        for title, group in groups
        if group
    ]
    return join([paragraph(remark), *shown])


def _facts(one: ScoredExample) -> list[str | Html]:
    warned = ["cut short"] if one.truncated else []
    warned += [f"{one.lost_codes} protected lost"] if one.lost_codes else []
    facts = [one.record["source"], f"chrF++ {one.chrf:.1f}"]
    return [*facts, *(element("b", warning) for warning in warned)]
