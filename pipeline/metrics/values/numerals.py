"""Numbers in English, German and Chinese: digits with separators, and number words."""

from __future__ import annotations

import re
from decimal import Decimal

ENGLISH_DIGITS = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
GERMAN_DIGITS = r"\d{1,3}(?:[. ]\d{3})+(?:,\d+)?|\d+,\d+|\d+(?:\.\d{1,2}(?![\d.]))?"

ENGLISH_UNITS = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
ENGLISH_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
ENGLISH_ORDINALS = [
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
    "twentieth",
]

CHINESE_NUMERAL = "(?:[零〇一二两兩三四五六七八九十百万亿]|千(?![克米瓦卡]))"  # 千克 is a unit
CHINESE_SIGNS = "零〇一二两兩三四五六七八九十百千万亿"
_CHINESE_DIGITS = {sign: i for i, sign in enumerate("零一二三四五六七八九")}
_CHINESE_DIGITS |= {"〇": 0, "两": 2, "兩": 2}
_CHINESE_UNITS = {"十": 10, "百": 100, "千": 1000}
_CHINESE_MYRIADS = {"万": 10_000, "亿": 100_000_000}

_GERMAN_UNITS = [
    "null",
    "ein",
    "zwei",
    "drei",
    "vier",
    "fünf",
    "sechs",
    "sieben",
    "acht",
    "neun",
    "zehn",
    "elf",
    "zwölf",
    "dreizehn",
    "vierzehn",
    "fünfzehn",
    "sechzehn",
    "siebzehn",
    "achtzehn",
    "neunzehn",
]
_GERMAN_TENS = [
    "zwanzig",
    "dreißig",
    "vierzig",
    "fünfzig",
    "sechzig",
    "siebzig",
    "achtzig",
    "neunzig",
]


def english_digits(written: str) -> Decimal:
    """Read English digits: 1,200.50 is 1200.5."""
    return Decimal(written.replace(",", ""))


def german_digits(written: str) -> Decimal:
    """Read German digits: 1.200,50 is 1200.5; 3.50 is 3.5."""
    if re.fullmatch(r"\d+\.\d{1,2}", written):
        return Decimal(written)
    return Decimal(re.sub(r"[. ]", "", written).replace(",", "."))


def chinese(written: str) -> Decimal | None:
    """Read a Chinese number: 一百零五 is 105, 两千 2000, 二零二六 2026; None if it is invalid.

    Three or more digits are read digit by digit; two digits such as 三四 mean three or four.
    """
    if not set(written) - _CHINESE_DIGITS.keys():
        digits = "".join(str(_CHINESE_DIGITS[sign]) for sign in written)
        return Decimal(digits) if len(digits) != 2 else None
    total = section = digit = 0
    last = 0  # the previous unit, which scales a final digit: 一万二 is 12,000
    for sign in written:
        if sign in _CHINESE_DIGITS:
            if digit:
                return None
            digit = _CHINESE_DIGITS[sign]
            last = 0 if sign in "零〇" else last
        elif sign in _CHINESE_UNITS:
            last = _CHINESE_UNITS[sign]
            section += (digit or 1) * last
            digit = 0
        else:
            last = _CHINESE_MYRIADS[sign]
            if last > section + digit + total or sign == "亿":  # 三万亿: multiplies the whole
                total = (total + section + digit or 1) * last
            else:
                total += (section + digit or 1) * last
            section = digit = 0
    short = last // 10 if last > 10 and digit else 1  # 一百五 is 150, 一百零五 105
    return Decimal(total + section + digit * short)


def english_words(written: str) -> Decimal:
    """Read English number words: twelve hundred is 1200, forty-two 42, a thousand 1000."""
    total = current = 0
    for word in re.findall(r"[a-z]+", written.lower()):
        if word in ENGLISH_UNITS:
            current += ENGLISH_UNITS.index(word)
        elif word in ENGLISH_TENS:
            current += 20 + 10 * ENGLISH_TENS.index(word)
        elif word == "hundred":
            current = (current or 1) * 100
        elif word in ("thousand", "million"):
            total += (current or 1) * (1000 if word == "thousand" else 1_000_000)
            current = 0
    return Decimal(total + current)


def english_form() -> str:
    """Return a regular expression for the number words that `english_words` reads."""
    unit, tens = "|".join(ENGLISH_UNITS[1:10]), "|".join(ENGLISH_TENS)
    # Longest first, because the first matching alternative wins.
    teens = "|".join(sorted(ENGLISH_UNITS[10:], key=len, reverse=True))
    small = rf"(?:(?:{tens})(?:[ -](?:{unit}))?|{teens}|{unit})"
    hundreds = rf"(?:(?:{small}|a)[ -]hundred(?: (?:and )?{small})?|{small})"
    thousands = rf"(?:(?:{hundreds}|a) (?:thousand|million)(?: (?:and )?{hundreds})?|{hundreds})"
    return rf"\b{thousands}\b"


def german_words() -> dict[str, int]:
    """Return all German number words up to 999, and multiples of 1000 up to 12,000."""
    below = {word: i for i, word in enumerate(_GERMAN_UNITS)}
    for i, tens in enumerate(_GERMAN_TENS):
        below[tens] = 20 + 10 * i
        below |= {f"{_GERMAN_UNITS[u]}und{tens}": 20 + 10 * i + u for u in range(1, 10)}
    words = dict(below)
    for hundreds in range(1, 10):
        for head in {_GERMAN_UNITS[hundreds], ""} if hundreds == 1 else {_GERMAN_UNITS[hundreds]}:
            words[f"{head}hundert"] = 100 * hundreds
            words |= {
                f"{head}hundert{joint}{word}": 100 * hundreds + value
                for word, value in below.items()
                if value
                for joint in ("", "und")
            }
    words |= {f"{_GERMAN_UNITS[i]}tausend": 1000 * i for i in range(1, 13)} | {"tausend": 1000}
    return words
