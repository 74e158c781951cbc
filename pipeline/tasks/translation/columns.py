"""Which columns of a user's table hold which side: by name, else by content."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from statistics import StatisticsError, correlation, fmean
from typing import Any, NamedTuple

from pipeline.tasks.translation.file_format import names_of
from pipeline.tasks.translation.languages import length
from pipeline.tasks.translation.settings import UNKNOWN

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
ENOUGH = 10  # rows, from which lengths can be compared

Row = Mapping[str, Any]


class Found(NamedTuple):
    """The columns of a table."""

    source: str
    target: str


def by_known(names: Sequence[str], known: Mapping[str, Any]) -> Found | None:
    """The columns that are known from elsewhere, as in `data.columns`; None if one is not there.

    Of several names for a side it is the first that is there.
    """
    sides = [
        [name for name in names_of(known.get(side, ())) if name in names]
        for side in ("source", "target")
    ]
    return Found(*(side[0] for side in sides)) if all(sides) else None


def by_name(names: Sequence[str]) -> Found | None:
    """The columns that have usual names, or those of two languages; None if neither are there."""
    source, target = _named(names, SOURCE_NAMES), _named(names, TARGET_NAMES)
    if source and target:
        return Found(source, target)
    languages = [name for name in names if language_named(name) != UNKNOWN]
    return Found(*languages) if len(languages) == 2 else None


def by_content(names: Sequence[str], rows: Sequence[Row]) -> Found | None:
    """The two columns of texts whose lengths go together most, in the file's order.

    Long sentences have long translations (Gale and Church 1993), but no long ids and authors. Of
    few rows the first two columns of texts.
    """
    values = {name: [row.get(name) for row in rows] for name in names}
    texts = [name for name in names if _wordy(values[name])]
    if len(texts) < 2:
        return None
    if len(rows) < ENOUGH:
        return Found(*texts[:2])
    lengths = {name: [length(str(value)) for value in values[name]] for name in texts}
    couples = list(itertools.combinations(texts, 2))
    return Found(*max(couples, key=lambda two: _together(lengths[two[0]], lengths[two[1]])))


def language_named(name: str) -> str:
    """The code of the language that a column or a file's ending is named by, else `und`."""
    pieces = [piece for piece in re.split(r"[\W\d_]+", name.lower()) if piece]
    found = {CODES[piece] for piece in (pieces[:1] + pieces[-1:]) if piece in CODES}
    return found.pop() if len(found) == 1 else UNKNOWN


def flat(row: Row) -> Row:
    """A row whose objects are taken apart: `{"translation": {"en": ...}}` has `translation.en`."""
    return dict(_leaves(row))


def _leaves(row: Row, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in row.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{prefix}{name}.")
        else:
            yield prefix + str(name), value


def _named(names: Sequence[str], usual: Sequence[str]) -> str:
    found = [name for word in usual for name in names if name.strip().lower() == word]
    return found[0] if found else ""


def _wordy(values: Sequence[Any]) -> bool:
    """Whether these are texts: strings, most with letters, not the same few again and again."""
    if not values or not all(isinstance(value, str) for value in values):
        return False
    letters = fmean(any(c.isalpha() for c in value) for value in values)
    return letters > 0.5 and 2 * len(set(values)) > len(values)


def _together(one: Sequence[int], other: Sequence[int]) -> float:
    try:
        return correlation(one, other)
    except StatisticsError:
        return -1.0  # all of one length
