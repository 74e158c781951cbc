"""The glossaries of the pairs: every name of a city or airline, and its translation.

They include names that do not occur in train: a new city needs one more line and no training.
"""

from __future__ import annotations

from lexicon import Lexicon


def glossaries(lexicon: Lexicon) -> dict[str, str]:
    """Return file name -> lines of term, tab, translation (the first name in that language)."""
    sides: dict[str, dict[str, str]] = {"glossary_zh_en": {}, "glossary_en_zh": {}}
    for place in lexicon.cities + lexicon.airlines:
        for name, terms, translations in (
            ("glossary_zh_en", place.zh, place.en),
            ("glossary_en_zh", place.en, place.zh),
        ):
            for term in terms:
                sides[name].setdefault(term, translations[0])
    return {
        name: "".join(f"{term}\t{translation}\n" for term, translation in terms.items())
        for name, terms in sides.items()
    }
