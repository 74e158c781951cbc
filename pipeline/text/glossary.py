"""Glossaries: terms with a given translation, such as names of places, products and people.

A term is replaced with a placeholder as a code is (`text/protect.py`), and restored in the target
language. The model does not have to learn names, and terms that are added later need no further
training. Matching goes from left to right, prefers the longest term and is case-sensitive. A term
that begins or ends with an ASCII letter or digit must begin or end at a word boundary there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import tensorflow as tf

from pipeline.errors import DataError, InputError
from pipeline.text.protect import PATTERN, PairPatterns

MAX_TERMS = 5_000  # all terms are one regular expression, and RE2 limits its size
SEPARATOR = "\t"


class Glossary(tf.Module):
    """A mapping from source-language terms to target-language terms.

    Args:
        terms: The terms in any order; no empty strings.

    Attributes:
        source, target: Regular expressions (RE2) of all protected strings in each language:
            terms and codes.
    """

    def __init__(self, terms: Mapping[str, str]) -> None:
        super().__init__(name="glossary")
        self.source, self.target = _pattern(terms), _pattern(terms.values())
        self._table = _table(terms) if terms else None

    @property
    def patterns(self) -> PairPatterns:
        """The patterns for `protect_pair`."""
        return PairPatterns(self.source, self.target, self.translate)

    def translate(self, values: tf.Tensor) -> tf.Tensor:
        """Translate the terms among strings of any shape; other strings are returned unchanged."""
        if self._table is None:
            return values
        translations = self._table.lookup(values)
        return tf.where(translations == "", values, translations)


def read_glossary(file: Path) -> list[str]:
    """Read and check the lines of a glossary: term, tab, translation.

    Raises:
        InputError: The file does not exist, is not UTF-8, or has too many terms.
        DataError: A line has another form, or repeats a term with another translation.
    """
    if not file.is_file():
        raise InputError(f"{file}: no such glossary; expected lines of term, tab, translation")
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise InputError(f"{file}: {error}; expected UTF-8") from error
    known: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        term, *rest = (part.strip() for part in line.split(SEPARATOR))
        if not (term and len(rest) == 1 and rest[0]):
            raise DataError(file, number, f"{line!r}", "a term, a tab and its translation")
        if known.setdefault(term, rest[0]) != rest[0]:
            expected = f"{known[term]!r} as above, or no second line for this term"
            raise DataError(file, number, f"{term!r} is {rest[0]!r} here", expected)
    if len(known) > MAX_TERMS:
        raise InputError(f"{file}: {len(known):,} terms; expected at most {MAX_TERMS:,}")
    return [f"{term}{SEPARATOR}{translation}" for term, translation in known.items()]


def parse_terms(lines: Iterable[str]) -> dict[str, str]:
    """Parse the lines of `read_glossary` to a mapping from terms to translations."""
    return dict(line.split(SEPARATOR) for line in lines)


def extend_glossary(lines: Sequence[str], new_lines: Iterable[str]) -> list[str]:
    """Append the lines of new terms to the lines of a glossary.

    Raises:
        InputError: A known term has another translation in the new lines.
    """
    known = parse_terms(lines)
    for term, translation in parse_terms(new_lines).items():
        if known.setdefault(term, translation) != translation:
            raise InputError(
                f"glossary: {term!r} is now {translation!r} but was {known[term]!r} when the model"
                " was trained; expected the same translation, or train a new model"
            )
    return [f"{term}{SEPARATOR}{translation}" for term, translation in known.items()]


def _pattern(terms: Iterable[str]) -> str:
    longest = sorted(dict.fromkeys(terms), key=lambda term: (-len(term), term))
    return "|".join([PATTERN, *map(_as_word, longest)])


def _as_word(term: str) -> str:
    start, end = (r"\b" if _is_word_character(c) else "" for c in (term[0], term[-1]))
    return start + re.escape(term) + end


def _is_word_character(character: str) -> bool:
    return character.isascii() and (character.isalnum() or character == "_")


def _table(terms: Mapping[str, str]) -> tf.lookup.StaticHashTable:
    pairs = tf.lookup.KeyValueTensorInitializer(
        list(terms), list(terms.values()), key_dtype=tf.string, value_dtype=tf.string
    )
    return tf.lookup.StaticHashTable(pairs, default_value="")
