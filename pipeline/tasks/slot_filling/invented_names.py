"""Invent names that no training set has, in the script of a given name."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Set

ONSETS = (*"bdfghjklmnprstvwz", "br", "ch", "dr", "gl", "kr", "pl", "sh", "st", "th", "tr")
VOWELS = (*"aeiouaeiou", "ai", "ea", "oo")
CODAS = ("", "", *"lmnrstx", "nd", "rk")  # consonants that end the last syllable
SYLLABLES = (2, 3)

# Characters with which Chinese transcribes foreign names.
HAN = (
    "阿埃艾安奥巴贝比博布查达德迪丁杜多厄尔法菲费弗福戈格哈海赫霍基加吉金卡凯克科库拉莱兰勒雷里"
    "利林琳卢鲁罗洛马迈曼梅蒙米莫姆纳娜内尼努诺帕佩皮普奇乔切热日若萨塞沙舍斯索塔泰特廷托瓦维沃"
    "乌西希夏谢辛休雅亚伊因尤扎泽"
)
HAN_LENGTH = (2, 4)
ATTEMPTS = 100


def script(text: str) -> str:
    """Return the script of the first letter: `LATIN`, `CJK` (Han), ...; empty without a letter."""
    letter = next((c for c in text if c.isalpha()), "")
    return unicodedata.name(letter, "").partition(" ")[0] if letter else ""


def invent_name(example: str, known: Set[str], rng: random.Random) -> str:
    """Return a name that is not in `known`, in the script of `example` and with as many words.

    Latin names are syllables with the capitalization of `example`. Han names are two to four
    characters of those that transcribe foreign names. Other names are letters of `example`, drawn
    at random.

    Args:
        example: A name of the kind.
        known: Names to avoid, casefolded.
        rng: The source of randomness.
    """
    for _ in range(ATTEMPTS):
        name = " ".join(_word(word, rng) for word in example.split())
        if name.casefold() not in known:
            return name
    while name.casefold() in known:  # all short names of these few letters are taken
        name += _word(example.split()[-1], rng)
    return name


def _word(example: str, rng: random.Random) -> str:
    script_of_word = script(example)
    if script_of_word == "CJK":
        return "".join(rng.sample(HAN, rng.randint(*HAN_LENGTH)))
    letters = [c for c in example if c.isalpha()] or list(example)
    if script_of_word == "LATIN":
        pieces = [ONSETS, VOWELS] * rng.randint(*SYLLABLES) + [CODAS]
        word = "".join(map(rng.choice, pieces))
    else:
        word = "".join(rng.choices(letters, k=len(example))).lower()
    if len(letters) > 1 and all(c.isupper() for c in letters):
        return word.upper()
    return word.capitalize() if letters[0].isupper() else word
