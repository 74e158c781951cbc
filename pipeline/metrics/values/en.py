"""Rules for values in English: May 1st, half past three, 800 yuan, twelve hundred."""

from __future__ import annotations

import re
from decimal import Decimal

from pipeline.metrics.values import calendar, language_neutral
from pipeline.metrics.values.calendar import Readings
from pipeline.metrics.values.matching import Rule, optional, rule
from pipeline.metrics.values.numerals import (
    ENGLISH_DIGITS,
    ENGLISH_ORDINALS,
    ENGLISH_TENS,
    ENGLISH_UNITS,
    english_digits,
    english_form,
    english_words,
)

MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_MONTH_PLACES = {name[:3].lower(): place for place, name in enumerate(MONTHS, 1)}
_MONTH = rf"\b({'|'.join(f'{m[:3]}(?:{m[3:]})?' if m[3:] else m for m in MONTHS)}|sept)\b\.?"
_AMBIGUOUS_MONTHS = {"may", "march"}  # also ordinary words, so never required

_TENTHS = {"thirtieth": 30} | {
    f"{tens}-{word}": 20 + 10 * i + place
    for i, tens in enumerate(ENGLISH_TENS[:2])
    for place, word in enumerate(ENGLISH_ORDINALS[:9], 1)
}
_ORDINALS = {word: place for place, word in enumerate(ENGLISH_ORDINALS, 1)} | _TENTHS
_ORDINAL = "|".join(sorted(_ORDINALS, key=len, reverse=True))
_DAY = rf"(\d{{1,2}}(?:st|nd|rd|th)?|{_ORDINAL})\b"

_PARTS = {
    "in the morning": "am",
    "in the afternoon": "pm",
    "in the evening": "pm",
    "at night": "night",
    "at noon": "noon",
    "noon": "noon",
    "at midnight": "night",
    "midnight": "night",
    "this morning": "am",
    "tomorrow morning": "am",
    "this afternoon": "pm",
    "tomorrow afternoon": "pm",
    "this evening": "pm",
    "tomorrow evening": "pm",
    "tonight": "pm",
}
_PART = rf"(?: ({'|'.join(_PARTS)})\b)?"
_HOUR_WORD = rf"({'|'.join(sorted(ENGLISH_UNITS[1:13], key=len, reverse=True))})"
_HOUR = rf"(\d{{1,2}}|{_HOUR_WORD[1:]}"

_CURRENCIES = {
    r"yuan|kuai|renminbi": "CNY",
    r"dollars?|bucks?": "USD",
    r"euros?": "EUR",
    r"yen": "JPY",
}
_WEEKDAY = "|".join(calendar.WEEKDAYS)
_SHORT_WEEKDAYS = {day[:3]: day for day in calendar.WEEKDAYS}

# Words that often mean something else than a number.
_LOOSE = {
    "1": "a|an|one|ones|once|single|another|each|every|lone|alone|per|1",
    "2": "both|pair|couple|twins?|double|twice|duo|two's",
    "3": "triple|trio|thrice",
    "4": "quartet",
    "12": "dozens?",
    "0.5": "half|halves",
    "0": "zero|no|none",
}


def rules() -> list[Rule]:
    """Return all rules in order."""
    return [
        *language_neutral.addresses(),
        *language_neutral.spaced_codes(),
        *language_neutral.iso_dates(),
        *_dates(),
        *language_neutral.slashed_dates(),
        *_times(),
        *language_neutral.clocks(),
        *_prices(),
        *language_neutral.prices(ENGLISH_DIGITS, english_digits),
        *language_neutral.measures(ENGLISH_DIGITS, english_digits),
        rule(
            "number",
            r"\b(\d+)(?:st|nd|rd|th)\b",
            lambda match: [[calendar.number(Decimal(match[1]))]],
        ),
        *language_neutral.codes(),
        *_days_and_months(),
        *_numbers(),
    ]


def _amount(written: str) -> Decimal:
    return english_digits(written) if written[0].isdigit() else english_words(written)


def _dates() -> list[Rule]:
    def day(month: str, of_month: str, year: str | None) -> Readings:
        digits = re.match(r"\d+", of_month)
        place = int(digits[0]) if digits else _ORDINALS[of_month.lower().replace(" ", "-")]
        return calendar.day(_month(month), place, int(year) if year else None)

    year = r"(?:,? (\d{4})\b)?"
    month_first = rf"{_MONTH},? (?:the )?{_DAY}(?![:/]|,\d{{3}}| ?(?:am|pm)\b){year}"
    return [
        rule("date", month_first, lambda match: day(match[1], match[2], match[3])),
        rule("date", rf"\b{_DAY}(?: of)? {_MONTH}{year}", lambda m: day(m[2], m[1], m[3])),
    ]


def _month(name: str) -> int:
    return _MONTH_PLACES[name[:3].lower()]


def _times() -> list[Rule]:
    def half_day(match: re.Match[str]) -> Readings:
        return calendar.clock(int(match[1]), int(match[2] or 0), f"{match[3].lower()}m")

    def with_part(match: re.Match[str]) -> Readings:
        return calendar.clock(int(match[1]), int(match[2] or 0), _PARTS[match[3].lower()])

    def in_words(match: re.Match[str]) -> Readings:
        minute = int(english_words(match[2])) if match[2] else 0
        return calendar.clock(int(english_words(match[1])), minute, _part(match[3]))

    def o_clock(match: re.Match[str]) -> Readings:
        return calendar.clock(int(_amount(match[1])), 0, _part(match[2]))

    def past(match: re.Match[str]) -> Readings:
        minutes = 30 if match[1].lower() == "half" else 15
        hour, part = int(_amount(match[3])), _part(match[4])
        if match[2].lower() == "to":
            hour, minutes = (hour - 1) or 12, 60 - minutes
        return calendar.clock(hour, minutes, part)

    parts = "|".join(_PARTS)
    return [
        rule("time", r"\b(\d{1,2})(?:[:.](\d{2}))? ?([ap])\.?m\b\.?", half_day),
        rule("time", rf"\b(half|quarter) (past|to) {_HOUR}\b{_PART}", past),
        rule("time", rf"\b{_HOUR} ?o['’]?clock\b{_PART}", o_clock),
        rule("time", rf"(?<![\d:./])\b(\d{{1,2}})(?::(\d{{2}}))? ({parts})\b", with_part),
        rule("time", rf"(?<=at ){_HOUR_WORD}() ({parts})\b", in_words),
        rule("time", rf"\b{_HOUR_WORD}-(thirty|fifteen|forty-five)\b{_PART}", in_words),
        rule("time", r"\b(?:noon|midday)\b", optional("12:00")),
        rule("time", r"\bmidnight\b", optional("00:00")),
    ]


def _part(written: str | None) -> str:
    return _PARTS[written.lower()] if written else ""


def _prices() -> list[Rule]:
    rules = []
    for form, currency in (*_CURRENCIES.items(), ("pounds?|quid", "GBP")):

        def price(match: re.Match[str], currency: str = currency) -> Readings:
            return calendar.money(_amount(match[1]), currency, or_number=currency == "GBP")

        amount = rf"(?<!\d)(?<!\d[.,])({ENGLISH_DIGITS}|{english_form()})"
        rules.append(rule("price", rf"{amount} ?(?:US )?(?:{form})\b", price))
    return rules


def _days_and_months() -> list[Rule]:
    def month(match: re.Match[str]) -> Readings:
        values = [calendar.month_name(_month(match[0]))]
        return [[], values] if match[0].lower() in _AMBIGUOUS_MONTHS else [values]

    def short(match: re.Match[str]) -> Readings:
        return [[], [_SHORT_WEEKDAYS[match[0].capitalize()]]]  # "sun" and "sat" are also words

    return [
        rule("weekday", rf"\b({_WEEKDAY})", lambda match: [[match[1].capitalize()]]),
        rule("weekday", rf"\b(?:{'|'.join(_SHORT_WEEKDAYS)})\b", short),
        rule("month", rf"\b(?:{'|'.join(MONTHS)})\b", month),
    ]


def _numbers() -> list[Rule]:
    def digits(match: re.Match[str]) -> Readings:
        times = {"thousand": 1000, "million": 1_000_000, "hundred": 100, "billion": 10**9}
        value = english_digits(match[1]) * times.get((match[2] or "").lower(), 1)
        return [[calendar.number(value)]]

    def words(match: re.Match[str]) -> Readings:
        value = english_words(match[0])
        return [[calendar.number(value)]] if value > 1 else [[], [calendar.number(value)]]

    def ordinal(match: re.Match[str]) -> Readings:
        return [[], [calendar.number(_ORDINALS[match[0].lower().replace(" ", "-")])]]

    loose = [
        rule("number", rf"\b(?:{form})\b", optional(value))
        for value, form in _LOOSE.items()
        if value != "1"
    ]
    return [
        rule("number", rf"({ENGLISH_DIGITS})(?: (hundred|thousand|million|billion)\b)?", digits),
        rule("number", rf"\b(?:{_ORDINAL})\b", ordinal),
        rule("number", english_form(), words),
        *loose,
        rule("number", rf"\b(?:{_LOOSE['1']})\b", optional("1")),
    ]
