"""Find the columns of source and target in a user's table: by name, otherwise by content."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from statistics import StatisticsError, correlation, fmean
from typing import Any, NamedTuple

from pipeline.tasks.translation.file_format import names_of
from pipeline.tasks.translation.languages import length
from pipeline.tasks.translation.settings import UNKNOWN
from pipeline.userfiles.columns import Row, usual_column

SOURCE_NAMES = ("source", "src", "text", "input", "original", "source_text", "sentence", "原文")
TARGET_NAMES = (
    *("target", "tgt", "trg", "translation", "reference", "output", "translated", "target_text"),
    *("ref", "译文"),
)
LANGUAGE_NAMES = {
    "ar": "arabic ara arb",
    "cs": "czech ces",
    "da": "danish dan",
    "de": "german deu ger deutsch 德语 德文",
    "el": "greek ell",
    "en": "english eng 英语 英文",
    "es": "spanish spa 西班牙语",
    "fi": "finnish fin",
    "fr": "french fra fre 法语 法文",
    "he": "hebrew heb",
    "hi": "hindi hin",
    "hu": "hungarian hun",
    "it": "italian ita",
    "ja": "japanese jpn 日语 日文",
    "ko": "korean kor 韩语 韩文",
    "nl": "dutch nld",
    "pl": "polish pol",
    "pt": "portuguese por",
    "ro": "romanian ron",
    "ru": "russian rus 俄语 俄文",
    "sv": "swedish swe",
    "th": "thai tha",
    "tr": "turkish tur",
    "uk": "ukrainian ukr",
    "vi": "vietnamese vie",
    "zh": "chinese zho chi cmn 中文 汉语",
}
CODES = {name: code for code, names in LANGUAGE_NAMES.items() for name in (code, *names.split())}
MIN_ROWS = 10  # fewer are too few to correlate lengths


class PairColumns(NamedTuple):
    """The columns of source and target in a table."""

    source: str
    target: str


def by_known(names: Sequence[str], known: Mapping[str, Any]) -> PairColumns | None:
    """Return the known columns, as in `data.columns`; None if the table lacks one.

    If a side has several names, the first one in the table counts.
    """
    sides = [
        [name for name in names_of(known.get(side, ())) if name in names]
        for side in ("source", "target")
    ]
    return PairColumns(*(side[0] for side in sides)) if all(sides) else None


def by_name(names: Sequence[str]) -> PairColumns | None:
    """Return the columns with usual names or the names of two languages; None if there are none."""
    source, target = usual_column(names, SOURCE_NAMES), usual_column(names, TARGET_NAMES)
    if source and target:
        return PairColumns(source, target)
    languages = [name for name in names if language_named(name) != UNKNOWN]
    return PairColumns(*languages) if len(languages) == 2 else None


def by_content(names: Sequence[str], rows: Sequence[Row]) -> PairColumns | None:
    """Return the two columns of texts whose lengths correlate most, in the file's order.

    Long sentences have long translations (Gale and Church 1993), but not long ids or authors. With
    fewer than `MIN_ROWS` rows, the first two columns of texts are returned.
    """
    values = {name: [row.get(name) for row in rows] for name in names}
    texts = [name for name in names if _are_texts(values[name])]
    if len(texts) < 2:
        return None
    if len(rows) < MIN_ROWS:
        return PairColumns(*texts[:2])
    lengths = {name: [length(str(value)) for value in values[name]] for name in texts}
    couples = list(itertools.combinations(texts, 2))
    return PairColumns(
        *max(couples, key=lambda two: _correlation(lengths[two[0]], lengths[two[1]]))
    )


def has_header(rows: Sequence[Sequence[str]], known: Mapping[str, Any]) -> bool:
    """Tell whether the first row names the columns, by the known or usual names."""
    return (by_known(rows[0], known) or by_name(rows[0])) is not None


def language_named(name: str) -> str:
    """Return the code of the language that a column's name or a file's ending names, or `und`."""
    pieces = [piece for piece in re.split(r"[\W\d_]+", name.lower()) if piece]
    codes = {CODES[piece] for piece in (pieces[:1] + pieces[-1:]) if piece in CODES}
    return codes.pop() if len(codes) == 1 else UNKNOWN


def flat(row: Row) -> Row:
    """Return a row without nested objects: `{"translation": {"en": ...}}` has `translation.en`."""
    return dict(_leaves(row))


def _leaves(row: Row, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in row.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{prefix}{name}.")
        else:
            yield prefix + str(name), value


def _are_texts(values: Sequence[Any]) -> bool:
    """Tell whether these are texts: strings, most with letters, and more than a few different."""
    if not values or not all(isinstance(value, str) for value in values):
        return False
    letters = fmean(any(c.isalpha() for c in value) for value in values)
    return letters > 0.5 and 2 * len(set(values)) > len(values)


def _correlation(one: Sequence[int], other: Sequence[int]) -> float:
    try:
        return correlation(one, other)
    except StatisticsError:
        return -1.0  # all of one length
