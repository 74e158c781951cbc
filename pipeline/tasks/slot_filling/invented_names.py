"""Names that no training set has: made up from syllables, in the script of a given one."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Set

ONSETS = (*"bdfghjklmnprstvwz", "br", "ch", "dr", "gl", "kr", "pl", "sh", "st", "th", "tr")
VOWELS = (*"aeiouaeiou", "ai", "ea", "oo")
CODAS = ("", "", *"lmnrstx", "nd", "rk")  # of the last syllable
SYLLABLES = (2, 3)

# Characters that Chinese writes foreign names with.
HAN = (
    "阿埃艾安奥巴贝比博布查达德迪丁杜多厄尔法菲费弗福戈格哈海赫霍基加吉金卡凯克科库拉莱兰勒雷里"
    "利林琳卢鲁罗洛马迈曼梅蒙米莫姆纳娜内尼努诺帕佩皮普奇乔切热日若萨塞沙舍斯索塔泰特廷托瓦维沃"
    "乌西希夏谢辛休雅亚伊因尤扎泽"
)
HAN_LENGTH = (2, 4)
ATTEMPTS = 100


def script(text: str) -> str:
    """The script of the first letter: `LATIN`, `CJK` (Han), `CYRILLIC`; empty without a letter."""
    letter = next((c for c in text if c.isalpha()), "")
    return unicodedata.name(letter, "").partition(" ")[0] if letter else ""


def make_up(model: str, known: Set[str], draw: random.Random) -> str:
    """A name that is not in `known`, in the script of `model` and with as many words.

    Latin names are syllables, written large or small as `model` is; Han ones are two to four
    characters that foreign names are written with; others are letters of `model` in another order,
    repeated or left out.

    Args:
        model: A name of the kind.
        known: Names to stay clear of, casefolded.
        draw: Where chance comes from.
    """
    for _ in range(ATTEMPTS):
        name = " ".join(_word(word, draw) for word in model.split())
        if name.casefold() not in known:
            return name
    while name.casefold() in known:  # all short ones of few letters are taken
        name += _word(model.split()[-1], draw)
    return name


def _word(model: str, draw: random.Random) -> str:
    kind = script(model)
    if kind == "CJK":
        return "".join(draw.sample(HAN, draw.randint(*HAN_LENGTH)))
    letters = [c for c in model if c.isalpha()] or list(model)
    if kind == "LATIN":
        pieces = [ONSETS, VOWELS] * draw.randint(*SYLLABLES) + [CODAS]
        word = "".join(map(draw.choice, pieces))
    else:
        word = "".join(draw.choices(letters, k=len(model))).lower()
    if len(letters) > 1 and all(c.isupper() for c in letters):
        return word.upper()
    return word.capitalize() if letters[0].isupper() else word
