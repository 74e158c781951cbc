"""Attention of the model while it translates, and source tokens that get little of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pipeline.metrics.coverage import MIN_COVERAGE, coverage_holes
from pipeline.metrics.source_lengths import words
from pipeline.report.alignment import alignment
from pipeline.report.highlight import versions
from pipeline.report.markup import Html, element, join
from pipeline.report.page import paragraph
from pipeline.tasks.translation.example_tables import lines_of
from pipeline.tasks.translation.scored_example import ScoredExample

Align: TypeAlias = Callable[[Sequence[str]], Sequence[tuple[Sequence[str], Sequence[str], Any]]]
"""Texts to (source tokens, target tokens, attention [target, source]) of each, one segment each."""

WORST, BEST, MISTAKEN = 4, 2, 2  # sentences whose attention is drawn
LONGEST = 60  # tokens of either side of such a one
LOOKED_AT = 200  # sentences whose coverage is counted
SHOWN = 20  # sentences with holes

_SPECIAL = re.compile(r"<[^<>\s]+>")  # </s>, <unk> and the like are nobody's words


@dataclass(frozen=True)
class Looked:
    """The attention behind one translation; `drawn`: it was chosen to be a picture."""

    judged: ScoredExample
    source: Sequence[str]
    target: Sequence[str]
    weights: NDArray[np.float64]
    drawn: bool

    @property
    def words(self) -> list[int]:
        """Places of the source tokens that are more than punctuation."""
        return [i for i, t in enumerate(self.source) if words(t) and not _SPECIAL.fullmatch(t)]

    @property
    def holes(self) -> list[int]:
        """Those of them that were hardly looked at."""
        return sorted(set(coverage_holes(self.weights)) & set(self.words))


def look(align: Align | None, judged: Sequence[ScoredExample]) -> list[Looked]:
    """Aligns what is drawn, and others evenly over the split; whole texts of one segment only.

    None where nothing can say where the model looked.
    """
    whole = [one for one in judged if one.text.strip() and not one.split and not one.truncated]
    if align is None or not whole:
        return []
    drawn = _drawn(whole)
    step = -(-len(whole) // LOOKED_AT)
    others = [one for one in whole[::step] if all(one is not other for other in drawn)]
    ones = [*drawn, *others]
    found = align([one.text for one in ones])
    return [
        Looked(one, source, target, np.asarray(weights, np.float64), place < len(drawn))
        for place, (one, (source, target, weights)) in enumerate(zip(ones, found, strict=True))
    ]


def attention(looked: Sequence[Looked]) -> Html:
    """A picture for each of the drawn ones that is not too long to be looked at."""
    if not looked:
        return paragraph("This model reports no attention.")
    if not any(one.weights.any() for one in looked):
        return paragraph(
            "This model has no attention: it passes the source to the decoder as one vector."
        )
    remark = (
        "The worst translations, some with wrong values, and good ones. The stronger the colour,"
        " the more of its attention a target token (row) gives to a source token (column)."
    )
    pictures = [
        join([_picture(one), versions([lines_of(one.judged)])])
        for one in looked
        if one.drawn and max(len(one.source), len(one.target)) <= LONGEST
    ]
    return join([paragraph(remark), *pictures])


def holes(looked: Sequence[Looked]) -> Html:
    """How many source words were hardly looked at, and the sentences with most of them."""
    seen = [one for one in looked if one.weights.any()]
    if not seen:
        return Html("")
    missed, all_words = sum(len(one.holes) for one in seen), sum(len(one.words) for one in seen)
    remark = (
        f"{missed:,} of {all_words:,} source tokens ({100 * missed / max(1, all_words):.1f} %) in"
        f" {len(seen):,} sentences got less than {MIN_COVERAGE} in all, where 1 is the attention of"
        " one target token. This is normal for function words; a name or a verb among them is often"
        " missing in the translation."
    )
    worst = sorted(seen, key=lambda one: -len(one.holes) / max(1, len(one.words)))[:SHOWN]
    shown = [
        lines_of(one.judged, [element("b", " ".join(one.source[place] for place in one.holes))])
        for one in worst
        if one.holes
    ]
    return join([paragraph(remark), versions(shown)])


def _drawn(judged: Sequence[ScoredExample]) -> list[ScoredExample]:
    """The worst ones, then those with wrong values, then the best; each once."""
    ordered = sorted((one for one in judged if not one.same), key=lambda one: one.chrf)
    mistaken = [one for one in ordered[WORST:] if one.values.lost or one.values.invented]
    best = sorted(judged, key=lambda one: -one.chrf)
    chosen = [*ordered[:WORST], *mistaken[:MISTAKEN], *best[:BEST]]
    return list({id(one): one for one in chosen}.values())


def _picture(one: Looked) -> Html:
    title = f"{one.judged.record['source']}, chrF++ {one.judged.chrf:.1f}"
    return alignment(title, one.source, one.target, one.weights.tolist(), one.holes)
