"""Count the letters of a text per script."""

from __future__ import annotations

import re
from collections import Counter

SCRIPTS = {
    "Latin": r"A-Za-z\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff"
    r"\uff21-\uff3a\uff41-\uff5a",
    "Han": r"\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff",
    "Kana": r"\u3041-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9f",
    "Hangul": r"\u1100-\u11ff\u3130-\u318f\uac00-\ud7af",
    "Cyrillic": r"\u0400-\u052f",
    "Greek": r"\u0370-\u03ff\u1f00-\u1fff",
    "Arabic": r"\u0620-\u064a\u066e-\u06d3\u06fa-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufefc",
    "Hebrew": r"\u05d0-\u05ea",
    "Devanagari": r"\u0900-\u0963",
    "Thai": r"\u0e01-\u0e3a\u0e40-\u0e4e",
}
LETTERS = {name: re.compile(f"[{letters}]") for name, letters in SCRIPTS.items()}
LETTER = re.compile(r"[^\W\d_]")
OTHER = "other"


def count_scripts(text: str) -> Counter[str]:
    """Count the letters of each script in a text."""
    letters = len(LETTER.findall(text))
    if text.isascii():
        return Counter(Latin=letters) if letters else Counter()
    counts = Counter({name: len(pattern.findall(text)) for name, pattern in LETTERS.items()})
    counts[OTHER] = max(letters - counts.total(), 0)
    return +counts
