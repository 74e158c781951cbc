"""Rules for values in German: 1. Mai, halb vier, 15 Uhr 30, 800 Euro, einundzwanzig."""

from __future__ import annotations

import re
from decimal import Decimal

from pipeline.metrics.values import calendar, language_neutral
from pipeline.metrics.values.calendar import Readings
from pipeline.metrics.values.matching import Rule, optional, rule
from pipeline.metrics.values.numerals import GERMAN_DIGITS, german_digits, german_words

MONTHS = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
]
_MONTH = rf"\b({'|'.join(f'{m[:3]}(?:{m[3:]})?' if m[3:] else m for m in MONTHS)}|Jänner)\b\.?"
_MONTH_PLACES = {name[:3].lower(): place for place, name in enumerate(MONTHS, 1)} | {"jän": 1}

_PARTS = {
    **dict.fromkeys(["morgens", "früh", "vormittags", "vormittag"], "am"),
    **dict.fromkeys(["nachmittags", "abends", "nachmittag", "abend"], "pm"),
    "mittags": "noon",
    "nachts": "night",
}
_PART = rf"(?: ({'|'.join(_PARTS)})\b)?"

_CURRENCIES = {"Euro": "EUR", "Dollar": "USD", "Yuan": "CNY", "Pfund": "GBP", "Yen": "JPY"}
_WEEKDAYS = dict(
    zip(
        ["montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag", "sonntag"],
        calendar.WEEKDAYS,
        strict=True,
    )
) | {"sonnabend": "Saturday"}

_WORDS = german_words()
_STEMS = {word: value for word, value in _WORDS.items() if 2 <= value <= 12} | {
    "beid": 2,
    "paar": 2,
    "zwilling": 2,
    "doppel": 2,
    "zweit": 2,
    "dritt": 3,
    "dutzend": 12,
    "hundert": 100,
    "tausend": 1000,
}
_LOOSE = {
    "1": r"ein(?:e[mnrs]?|s|mal|zeln\w*|zig\w*)?|erste[mnrs]?|je|jede[mnrs]?|pro|allein\w*",
    "0.5": r"halb\w*|Hälfte",
    "0": "null|keine?[mnrs]?",
}


def rules() -> list[Rule]:
    """Return all rules in order."""
    return [
        *language_neutral.addresses(),
        *language_neutral.spaced_codes(),
        *language_neutral.iso_dates(),
        *_dates(),
        *_times(),
        *language_neutral.clocks(),
        *_prices(),
        *language_neutral.prices(GERMAN_DIGITS, german_digits),
        *language_neutral.measures(GERMAN_DIGITS, german_digits),
        *language_neutral.codes(),
        *_days_and_months(),
        *_numbers(),
    ]


def _amount(written: str) -> Decimal | None:
    """Read 1.200,50 or zwölf; None if it is not a number."""
    if written[0].isdigit():
        return german_digits(written)
    value = _WORDS.get(written.lower())
    return None if value is None else Decimal(value)


def _dates() -> list[Rule]:
    def named(match: re.Match[str]) -> Readings:
        return calendar.day(_month(match[2]), int(match[1]), int(match[3]) if match[3] else None)

    def numbered(match: re.Match[str]) -> Readings:
        year = match[3] if match[3] and len(match[3]) == 4 else None
        day, month = int(match[1]), int(match[2])
        if match[0].endswith("."):
            return calendar.day(month, day)
        return calendar.day(month, day, int(year)) if year else []

    return [
        rule("date", rf"(?<![\d.])(\d{{1,2}})\. ?{_MONTH}(?: (\d{{4}})\b)?", named),
        rule("date", r"(?<![\d.])(\d{1,2})\.(\d{1,2})\.(\d{4})?(?!\d)", numbered),
    ]


def _month(name: str) -> int:
    return _MONTH_PLACES[name[:3].lower()]


def _times() -> list[Rule]:
    def full(match: re.Match[str]) -> Readings:
        hour = _amount(match[1])
        minute = int(match[2] or match[3] or 0)
        return [] if hour is None else calendar.clock(int(hour), minute, _part(match[4]))

    def around(match: re.Match[str]) -> Readings:
        hour = _amount(match[2])
        if hour is None or not 1 <= hour <= 12:
            return []
        minute = {"halb": -30, "viertel nach": 15, "viertel vor": -15}[match[1].lower()]
        whole = int(hour) if minute > 0 else (int(hour) - 1) or 12
        return calendar.clock(whole, minute % 60, _part(match[3]))

    hour = r"(\d{1,2}|[a-zäöüß]+)"
    return [
        rule("time", rf"\b{hour}(?:[:.](\d{{2}}))? ?Uhr\b(?: (\d{{2}})\b)?{_PART}", full),
        rule("time", rf"\b(halb|viertel nach|viertel vor) {hour}\b{_PART}", around),
        rule("time", r"\bMittags?\b", optional("12:00")),
        rule("time", r"\bMitternachts?\b", optional("00:00")),
    ]


def _part(written: str | None) -> str:
    return _PARTS[written.lower()] if written else ""


def _prices() -> list[Rule]:
    def price(match: re.Match[str]) -> Readings:
        amount = _amount(match[1])
        if amount is None:
            return []
        currency = _CURRENCIES[match[2].capitalize()]
        return calendar.money(amount, currency, or_number=currency == "GBP")

    names = "|".join(_CURRENCIES)
    amount = rf"(?<!\d)(?<!\d[.,])({GERMAN_DIGITS}|\b[a-zäöüß]+)"
    return [rule("price", rf"{amount} ({names})s?\b", price)]


def _days_and_months() -> list[Rule]:
    return [
        rule("weekday", rf"\b({'|'.join(_WEEKDAYS)})", lambda m: [[_WEEKDAYS[m[1].lower()]]]),
        rule(
            "month",
            rf"\b(?:{'|'.join(MONTHS)})\b",
            lambda match: [[calendar.month_name(_month(match[0]))]],
            re.RegexFlag(0),
        ),
    ]


def _numbers() -> list[Rule]:
    def digits(match: re.Match[str]) -> Readings:
        times = {"m": 1_000_000, "t": 1000}.get((match[2] or " ")[0].lower(), 1)
        return [[calendar.number(german_digits(match[1]) * times)]]

    def word(match: re.Match[str]) -> Readings:
        written = match[0].lower()
        value = _WORDS.get(written)
        if value is not None and value > 1:
            return [[str(value)]]
        # Zweier, vierjährig, Dreirad: use the longest stem that the word begins with.
        stems = [stem for stem in _STEMS if written.startswith(stem)]
        return [[], [str(_STEMS[max(stems, key=len)])]] if stems else []

    loose = [rule("number", rf"\b(?:{form})\b", optional(value)) for value, form in _LOOSE.items()]
    return [
        rule("number", rf"({GERMAN_DIGITS})(?: (Millionen|Million|Tausend)\b)?", digits),
        *loose,
        rule("number", r"\b[a-zäöüß]+\b", word),
    ]
