"""Scripts of languages, and detection of the language of a text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from pipeline.errors import InputError
from pipeline.tasks.translation.settings import UNKNOWN
from pipeline.text.scripts import SCRIPTS, count_scripts

# Characters of dense scripts; one carries about as much information as three letters.
DENSE = re.compile(f"[{SCRIPTS['Han']}{SCRIPTS['Kana']}]")

LANGUAGES = {
    "Latin": "af az bs ca cs cy da de en es et eu fi fr ga gl hr hu id is it lt lv ms mt nb nl nn"
    " no pl pt ro sk sl sq sv sw tl tr vi",
    "Han": "zh yue ja",
    "Kana": "ja",
    "Hangul": "ko",
    "Cyrillic": "be bg kk ky mk mn ru sr tg uk",
    "Greek": "el",
    "Arabic": "ar fa ps ur",
    "Hebrew": "he yi",
    "Devanagari": "hi mr ne",
    "Thai": "th",
}
ONLY = {"Han": "zh", "Kana": "ja", "Hangul": "ko", "Greek": "el", "Hebrew": "he", "Thai": "th"}
KANA = 0.1  # minimum share of Kana among Han and Kana in a Japanese text
# Very frequent words; no word is in two of the lists.
WORDS = {
    "en": "the and of is you that it with are this was have not what",
    "de": "der das und ist nicht ein eine mit auf ich zu auch den im",
    "fr": "les est une des pas vous dans qui sur il avec pour ce je",
    "es": "el los y una por las está como su muy pero lo al hay",
    "it": "il di che è gli della per sono non del ma ho più lo",
    "pt": "o os não uma um em você dos ao ele isso foi mais também",
    "nl": "het een van ik niet op dat zijn aan voor hij ook er maar",
}


def main_script(counts: Counter[str]) -> str:
    """Return the most frequent script, counting Kana as Han; empty if there are no letters."""
    joined = Counter(counts)
    joined["Han"] += joined.pop("Kana", 0)
    (name, count), *_ = joined.most_common(1) or [("", 0)]
    return name if count else ""


def scripts_for(language: str) -> frozenset[str]:
    """Return the scripts that a language is written in.

    Raises:
        InputError: The language is unknown; the message lists the known ones.
    """
    base = re.split("[-_]", language.lower())[0]
    scripts = frozenset(name for name, codes in LANGUAGES.items() if base in codes.split())
    if not scripts:
        known = ", ".join(sorted({code for codes in LANGUAGES.values() for code in codes.split()}))
        raise InputError(f"data.languages: the script of `{language}`: unknown; expected {known}")
    return scripts


def fits(text: str, scripts: frozenset[str]) -> bool:
    """Return whether at least half of a text's letters are in these scripts, or it has none."""
    counts = count_scripts(text)
    return 2 * sum(counts[name] for name in scripts) >= counts.total()


def length(text: str) -> int:
    """Return the number of characters, counting each Chinese or Japanese one as three.

    This makes the lengths of a sentence and its translation comparable.
    """
    return len(text) + 2 * len(DENSE.findall(text))


def language_of(texts: Iterable[str]) -> str:
    """Return the likely language code of the texts, or `und` if it is unclear."""
    whole = "\n".join(texts)
    counts = count_scripts(whole)
    script = main_script(counts)
    if script == "Han" and counts["Kana"] > KANA * (counts["Han"] + counts["Kana"]):
        script = "Kana"
    if script in ONLY:
        return ONLY[script]
    words = Counter(re.findall(r"\w+", whole.lower())) if script == "Latin" else Counter()
    counted = Counter({code: sum(words[w] for w in known.split()) for code, known in WORDS.items()})
    (code, first), (_, second) = counted.most_common(2)
    return code if first > 2 * second else UNKNOWN
