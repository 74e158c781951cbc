"""Values of a source and its translation compared: kept, lost, invented."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.metrics.intervals import Counts
from pipeline.metrics.spans import precision_recall_f1
from pipeline.metrics.values import de, en, language_neutral, zh
from pipeline.metrics.values.calendar import number
from pipeline.metrics.values.matching import KINDS, Found, Kind, Rule, find, rule
from pipeline.metrics.values.numerals import ENGLISH_DIGITS, english_digits

CACHED = 20_000  # texts
SHORTEST_CODE = 4  # characters of a code that is looked for also where it is cut by spaces


@dataclass(frozen=True)
class Values:
    """What became of the values of one source.

    Args:
        kept: Of the source, asked for and there.
        lost: Of the source, asked for and not there.
        invented: Of the translation, in its own places: nothing in the source says them.
    """

    kept: list[Found]
    lost: list[Found]
    invented: list[Found]


@functools.lru_cache(CACHED)
def values(text: str, language: str) -> tuple[Found, ...]:
    """The values in a text, in order; sources and references are read once, not every epoch.

    Args:
        text: As it stands.
        language: Its code; zh, en and de are known, with any region or script behind. Of others
            only what is written alike everywhere is found: digits, codes, ISO dates, money by sign.
    """
    known = language.lower().replace("_", "-").partition("-")[0]
    known = {"zho": "zh", "cmn": "zh"}.get(known, known)
    read = text.translate(zh.SIMPLIFIED) if known == "zh" else text
    return tuple(find(read, _rules(known)))


def compare(source: str, translation: str, languages: tuple[str, str]) -> Values:
    """Looks for the source's values in its translation, each as often as the source says it.

    A value that the translation says more often than the source is none that it invented.
    """
    wanted, found = values(source, languages[0]), values(translation, languages[1])
    squeezed = _squeezed(translation)
    kept: list[Found] = []
    lost: list[Found] = []
    used: set[int] = set()  # the starts of what serves already, in all its readings
    for one in sorted((w for w in wanted if w.asked), key=lambda w: len(w.values)):
        fitting = [f for f in found if f.start not in used and f.values & one.values]
        if fitting:
            best = min(fitting, key=lambda f: not f.asked)
            if best.asked or best.kind != "code":  # "8l 473" may need all parts of 8L473
                used.add(best.start)
        there = fitting or (one.kind == "code" and _is_in(one, squeezed))
        (kept if there else lost).append(one)
    said = {value for one in wanted for value in one.values}
    new = [f for f in found if f.asked and f.start not in used and not f.values & said]
    squeezed = _squeezed(source)
    invented = [f for f in new if f.kind != "code" or not _is_in(f, squeezed)]
    return Values(_in_order(kept), _in_order(lost), invented)


def value_fidelity(compared: Sequence[Values]) -> Counts:
    """F1 of the values, in percent: one that became another is lost and invented.

    Returns:
        Rows (kept, lost, invented) [sentences, 3], and their score: 2 kept / (2 kept + lost +
        invented), and 100 where there is nothing to keep and nothing invented.
    """
    rows = [(len(one.kept), len(one.lost), len(one.invented)) for one in compared]
    return Counts(np.array(rows, np.int64).reshape(-1, 3), _f1)


def by_kind(compared: Sequence[Values]) -> dict[Kind, tuple[int, int, int]]:
    """How many values were kept, lost and invented, of each kind that occurs."""
    counts = {kind: [0, 0, 0] for kind in KINDS}
    for one in compared:
        for place, group in enumerate((one.kept, one.lost, one.invented)):
            for found in group:
                counts[found.kind][place] += 1
    return {kind: (row[0], row[1], row[2]) for kind, row in counts.items() if any(row)}


@functools.cache
def _rules(language: str) -> list[Rule]:
    known = {"zh": zh.rules, "en": en.rules, "de": de.rules}
    return known[language]() if language in known else _rules_of_others()


def _rules_of_others() -> list[Rule]:
    return [
        *language_neutral.addresses(),
        *language_neutral.spaced_codes(),
        *language_neutral.iso_dates(),
        *language_neutral.clocks(),
        *language_neutral.prices(ENGLISH_DIGITS, english_digits),
        *language_neutral.measures(ENGLISH_DIGITS, english_digits),
        *language_neutral.codes(),
        rule("number", ENGLISH_DIGITS, lambda match: [[number(english_digits(match[0]))]]),
    ]


def _in_order(found: Sequence[Found]) -> list[Found]:
    return sorted(found, key=lambda one: one.start)


def _squeezed(text: str) -> str:
    return re.sub(r"[\s-]", "", text).upper()


def _is_in(code: Found, squeezed: str) -> bool:
    """Whether a code stands in a text whose spaces and hyphens are gone: mu 5101."""
    return any(len(v) >= SHORTEST_CODE and v.isalnum() and v in squeezed for v in code.values)


def _f1(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    kept, lost, invented = np.moveaxis(sums, -1, 0)
    f1 = precision_recall_f1(kept, kept + invented, kept + lost)[2]
    score: NDArray[np.float64] = np.where(kept + lost + invented > 0, f1, 100.0)
    return score
