"""Terms whose translation is given: names of places, of products, of people.

A term is set aside as a code is (`text/protect.py`) and comes back in the target language. A model
then has to learn the sentence and not the name, and a term that is added later is translated as it
is written there, without another step of training. Sources are searched from left to right, of
terms that begin alike the longest is taken; capitals count. A term that begins or ends in a letter
or digit of ASCII does so at the edge of a word there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import tensorflow as tf

from pipeline.errors import DataError, InputError
from pipeline.text.protect import PATTERN, Terms

MOST = 5_000  # terms: they are one regular expression, which has a size that it may have
BETWEEN = "\t"


class Glossary(tf.Module):
    """Terms of the source language to terms of the target language.

    Args:
        terms: In any order; none of them empty.

    Attributes:
        source, target: Regular expressions (RE2) of what is set aside, codes too, in either
            language.
    """

    def __init__(self, terms: Mapping[str, str]) -> None:
        super().__init__(name="glossary")
        self.source, self.target = _pattern(terms), _pattern(terms.values())
        self._table = _table(terms) if terms else None

    @property
    def terms(self) -> Terms:
        """For `protect_pair`."""
        return Terms(self.source, self.target, self.translated)

    def translated(self, values: tf.Tensor) -> tf.Tensor:
        """Strings of any shape: of a term its translation, of anything else itself."""
        if self._table is None:
            return values
        found = self._table.lookup(values)
        return tf.where(found == "", values, found)


def read_glossary(file: Path) -> list[str]:
    """The lines of a glossary, checked: term, tab, translation.

    Raises:
        InputError: There is no such file, it is not UTF-8, or too many terms stand in it.
        DataError: A line is not of that form, or has a term once more, with another translation.
    """
    if not file.is_file():
        raise InputError(f"{file}: no such glossary; expected lines of term, tab, translation")
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise InputError(f"{file}: {error}; expected UTF-8") from error
    known: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        term, *rest = (part.strip() for part in line.split(BETWEEN))
        if not (term and len(rest) == 1 and rest[0]):
            raise DataError(file, number, f"{line!r}", "a term, a tab and its translation")
        if known.setdefault(term, rest[0]) != rest[0]:
            said = f"{known[term]!r} as above, or the line left out"
            raise DataError(file, number, f"{term!r} is {rest[0]!r} here", said)
    if len(known) > MOST:
        raise InputError(f"{file}: {len(known):,} terms; expected at most {MOST:,}")
    return [f"{term}{BETWEEN}{translation}" for term, translation in known.items()]


def terms_of(lines: Iterable[str]) -> dict[str, str]:
    """What the lines of `read_glossary` say."""
    return dict(line.split(BETWEEN) for line in lines)


def with_more(lines: Sequence[str], more: Iterable[str]) -> list[str]:
    """The lines, and behind them those of more terms.

    Raises:
        InputError: A term is translated otherwise there.
    """
    known = terms_of(lines)
    for term, translation in terms_of(more).items():
        if known.setdefault(term, translation) != translation:
            raise InputError(
                f"glossary: {term!r} is {translation!r} now and was {known[term]!r} when the model"
                " was trained; expected the same, or a model trained anew"
            )
    return [f"{term}{BETWEEN}{translation}" for term, translation in known.items()]


def _pattern(terms: Iterable[str]) -> str:
    longest = sorted(dict.fromkeys(terms), key=lambda term: (-len(term), term))
    return "|".join([PATTERN, *map(_as_word, longest)])


def _as_word(term: str) -> str:
    edges = (r"\b" if _in_words(letter) else "" for letter in (term[0], term[-1]))
    return next(edges) + re.escape(term) + next(edges)


def _in_words(letter: str) -> bool:
    return letter.isascii() and (letter.isalnum() or letter == "_")


def _table(terms: Mapping[str, str]) -> tf.lookup.StaticHashTable:
    pairs = tf.lookup.KeyValueTensorInitializer(
        list(terms), list(terms.values()), key_dtype=tf.string, value_dtype=tf.string
    )
    return tf.lookup.StaticHashTable(pairs, default_value="")
