"""Compare the values of a source and its translation: kept, lost, invented."""

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
from pipeline.metrics.values.matching import KINDS, Kind, Rule, ValueMatch, match_rules, rule
from pipeline.metrics.values.numerals import ENGLISH_DIGITS, english_digits

CACHED_TEXTS = 20_000
MIN_SPLIT_CODE = 4  # characters; codes of this length are also found with spaces in between


@dataclass(frozen=True)
class ComparedValues:
    """The values of one source and its translation.

    Args:
        kept: Required values of the source that the translation has.
        lost: Required values of the source that the translation lacks.
        invented: Required values of the translation that the source lacks, with offsets in the
            translation.
    """

    kept: list[ValueMatch]
    lost: list[ValueMatch]
    invented: list[ValueMatch]


@functools.lru_cache(CACHED_TEXTS)
def extract_values(text: str, language: str) -> tuple[ValueMatch, ...]:
    """Return the values of a text, in order; cached, since texts repeat in every epoch.

    Args:
        text: The text, not normalised.
        language: Language code; zh, en and de have rules, with any region or script suffix. In
            other languages only language-neutral forms are found: digits, codes, ISO dates, prices
            with a currency sign.
    """
    code = language.lower().replace("_", "-").partition("-")[0]
    code = {"zho": "zh", "cmn": "zh"}.get(code, code)
    simplified = text.translate(zh.SIMPLIFIED) if code == "zh" else text
    return tuple(match_rules(simplified, _rules(code)))


def compare(source: str, translation: str, languages: tuple[str, str]) -> ComparedValues:
    """Match the source's required values with the translation's values, one to one.

    A value that the translation repeats more often than the source does not count as invented.
    """
    source_values = extract_values(source, languages[0])
    translation_values = extract_values(translation, languages[1])
    squeezed = _squeeze(translation)
    kept: list[ValueMatch] = []
    lost: list[ValueMatch] = []
    used: set[int] = set()  # starts of matched values; covers all readings at that place
    required = (value for value in source_values if value.required)
    for value in sorted(required, key=lambda value: len(value.values)):
        candidates = [
            other
            for other in translation_values
            if other.start not in used and other.values & value.values
        ]
        if candidates:
            best = min(candidates, key=lambda other: not other.required)
            if best.required or best.kind != "code":  # "8l 473" may need all parts of 8L473
                used.add(best.start)
        matched = candidates or (value.kind == "code" and _contains_code(squeezed, value))
        (kept if matched else lost).append(value)
    known = {each for value in source_values for each in value.values}
    new = [
        value
        for value in translation_values
        if value.required and value.start not in used and not value.values & known
    ]
    squeezed = _squeeze(source)
    invented = [v for v in new if v.kind != "code" or not _contains_code(squeezed, v)]
    return ComparedValues(_in_order(kept), _in_order(lost), invented)


def value_fidelity(compared: Sequence[ComparedValues]) -> Counts:
    """Compute the F1 of the values in percent; a changed value counts as lost and as invented.

    Returns:
        Rows (kept, lost, invented) [sentences, 3], and their score: 2 kept / (2 kept + lost +
        invented), and 100 if all three are 0.
    """
    rows = [(len(each.kept), len(each.lost), len(each.invented)) for each in compared]
    return Counts(np.array(rows, np.int64).reshape(-1, 3), _f1)


def by_kind(compared: Sequence[ComparedValues]) -> dict[Kind, tuple[int, int, int]]:
    """Count kept, lost and invented values for each kind that occurs."""
    counts = {kind: [0, 0, 0] for kind in KINDS}
    for each in compared:
        for column, group in enumerate((each.kept, each.lost, each.invented)):
            for value in group:
                counts[value.kind][column] += 1
    return {kind: (row[0], row[1], row[2]) for kind, row in counts.items() if any(row)}


@functools.cache
def _rules(language: str) -> list[Rule]:
    with_rules = {"zh": zh.rules, "en": en.rules, "de": de.rules}
    return with_rules[language]() if language in with_rules else _language_neutral_rules()


def _language_neutral_rules() -> list[Rule]:
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


def _in_order(values: Sequence[ValueMatch]) -> list[ValueMatch]:
    return sorted(values, key=lambda value: value.start)


def _squeeze(text: str) -> str:
    """Remove spaces and hyphens, and convert to upper case."""
    return re.sub(r"[\s-]", "", text).upper()


def _contains_code(squeezed: str, code: ValueMatch) -> bool:
    """Return whether a squeezed text contains a code, as in "mu 5101" for MU5101."""
    return any(len(v) >= MIN_SPLIT_CODE and v.isalnum() and v in squeezed for v in code.values)


def _f1(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    kept, lost, invented = np.moveaxis(sums, -1, 0)
    f1 = precision_recall_f1(kept, kept + invented, kept + lost)[2]
    score: NDArray[np.float64] = np.where(kept + lost + invented > 0, f1, 100.0)
    return score
