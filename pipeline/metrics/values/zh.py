"""Rules for values in Chinese: 5月1日, 下午3点半, 800元, 两张, 周五."""

from __future__ import annotations

import re
from decimal import Decimal

from pipeline.metrics.values import calendar, language_neutral
from pipeline.metrics.values.calendar import Readings
from pipeline.metrics.values.matching import Rule, optional, rule
from pipeline.metrics.values.numerals import (
    CHINESE_NUMERAL,
    CHINESE_SIGNS,
    ENGLISH_DIGITS,
    chinese,
    english_digits,
)

_N = rf"(?:\d{{1,2}}|{CHINESE_NUMERAL}{{1,4}})"  # number of a day, a month or an hour
_AMOUNT = rf"(?:(?:{ENGLISH_DIGITS}) ?(?:[百万亿]|千(?![克米瓦卡]))?|{CHINESE_NUMERAL}+)"
_ALONE = rf"(?<!\d)(?<!\d[.,])(?<![{CHINESE_SIGNS}])"  # not preceded by another number
_AFTER_WEEKDAY = rf"(?:{_ALONE}|(?<=[周期拜][一二三四五六]))"  # 周三4月15号

# Traditional characters that these rules use, mapped one to one, so offsets do not change.
SIMPLIFIED = str.maketrans(
    "週塊圓億萬兩點號鐘時個張歲禮間隻條頭輛雙對場層樓書頁種匹畝遍顆總數幾後",
    "周块圆亿万两点号钟时个张岁礼间只条头辆双对场层楼书页种匹亩遍颗总数几后",
)

# 一点一点 is not a time: a minute of one character needs 分.
_MINUTE = rf"零?{_N} ?分|\d{{2}}|零{CHINESE_NUMERAL}|{CHINESE_NUMERAL}{{2,3}}"

_PARTS = {
    **dict.fromkeys(["凌晨", "早上", "早晨", "清晨", "上午", "清早", "早间", "今早", "明早"], "am"),
    **dict.fromkeys(["中午", "正午"], "noon"),
    **dict.fromkeys(["下午", "午后", "傍晚"], "pm"),
    **dict.fromkeys(
        ["晚上", "晚间", "夜里", "夜间", "半夜", "深夜", "夜晚", "今晚", "明晚"], "night"
    ),
}
_CURRENCIES = {
    **dict.fromkeys(["块美元", "美元", "美金"], "USD"),
    **dict.fromkeys(["欧元"], "EUR"),
    **dict.fromkeys(["英镑"], "GBP"),
    **dict.fromkeys(["日元", "日圆"], "JPY"),
    **dict.fromkeys(["人民币", "块钱", "元人民币", "元"], "CNY"),
}
_LOOSE_CURRENCIES = {"块": "CNY", "刀": "USD", "欧": "EUR", "镑": "GBP", "圆": "CNY"}

# Measure words after a number. 点 and 月 have rules of their own.
_MEASURES = (
    "个|位|名|张|件|口|岁|天|周|年|星期|礼拜|小时|分钟|分|秒|次|本|家|"
    "杯|瓶|公里|公斤|千克|斤|克|米|厘米|层|楼|班|趟|辆|只|条|支|台|座|"
    "排|间|套|双|对|份|部|首|把|块|片|大|人|男|女|倍|度|袋|箱|包|"
    "英里|里|英尺|磅|吨|升|号|日|页|种|句|匹|头|棵|架|艘|幅|门|所|群|"
    "站|点儿"
)
_UNITS = "百千万亿"  # 千里: far, not a thousand
_WEEKDAYS = dict(zip("一二三四五六日天", (*calendar.WEEKDAYS, "Sunday"), strict=True))


def rules() -> list[Rule]:
    """Return all rules in order."""
    return [
        *language_neutral.addresses(),
        *language_neutral.spaced_codes(),
        *_dates(),
        *language_neutral.iso_dates(),
        *_times(),
        *_prices(),
        *language_neutral.prices(ENGLISH_DIGITS, english_digits),
        *language_neutral.measures(ENGLISH_DIGITS, english_digits),
        *language_neutral.codes(),
        *language_neutral.slashed_dates(),
        *_days_and_months(),
        *_numbers(),
    ]


def _amount(written: str) -> Decimal | None:
    """Read 1.5万, 1,200 or 一百零五; None if it is not a number."""
    if not written[0].isdigit():
        return chinese(written)
    times = {"百": 100, "千": 1000, "万": 10_000, "亿": 100_000_000}.get(written[-1])
    return english_digits(written[:-1].strip()) * times if times else english_digits(written)


def _whole(written: str) -> int:
    """Read a whole number; -1, which is never a valid day, month or hour, if it is not a number."""
    value = _amount(written)
    return -1 if value is None else int(value)


def _dates() -> list[Rule]:
    def day(match: re.Match[str]) -> Readings:
        year = _whole(match[1]) if match[1] else None
        return calendar.day(_whole(match[2]), _whole(match[3]), year)

    def short(match: re.Match[str]) -> Readings:
        others = [match[0]] if "." in match[0] else [match[1], match[2]]
        return calendar.day_or(int(match[1]), int(match[2]), list(map(_plain, others)))

    year = r"(?:(\d{4}|[零〇一二三四五六七八九]{4}) ?年)?"
    return [
        rule("date", rf"{year} ?{_AFTER_WEEKDAY}({_N}) ?月份? ?({_N}) ?[日号]", day),
        rule(
            "date",
            r"(?<![\d.\-])(\d{1,2})[.\-](\d{1,2})"
            "(?![\\d.\\-]| ?[百千万亿元块美欧英公克米斤折倍度小个%])",
            short,
        ),
    ]


def _plain(written: str) -> str:
    return calendar.number(Decimal(written))


def _times() -> list[Rule]:
    def digital(match: re.Match[str]) -> Readings:
        return calendar.clock(int(match[2]), int(match[3]), _PARTS.get(match[1] or "", ""))

    def spoken(match: re.Match[str]) -> Readings:
        part = _PARTS.get(match["part"] or "", "")
        minute = _minute(match)
        readings = calendar.clock(_whole(match["hour"]), minute, part)
        sure = part or minute or match["hour"].isdigit() or match["clock"]
        return readings if sure or not readings else [[], readings[0]]  # 一点: a little

    part = f"(?P<part>{'|'.join(_PARTS)})?"
    minutes = (
        rf"(?:(?P<half>半)|(?P<quarter>[一三])刻|(?P<minute>{_MINUTE})(?![个位张号月岁年元块]))"
    )
    return [
        rule("time", rf"({'|'.join(_PARTS)})? ?(?<![\d:])(\d{{1,2}})[:：](\d{{2}})(?!\d)", digital),
        rule(
            "time",
            rf"{part} ?(?<!第){_ALONE}(?P<hour>{_N}) ?[点时](?P<clock>钟|整)?(?: ?{minutes})?",
            spoken,
        ),
        rule("time", "一刻钟?", optional("15")),
        rule("time", "中午|正午", optional("12:00")),
        rule("time", "午夜|半夜", optional("00:00")),
    ]


def _minute(match: re.Match[str]) -> int:
    if match["half"]:
        return 30
    if match["quarter"]:
        return 15 * _whole(match["quarter"])
    written = (match["minute"] or "").rstrip("分 ").removeprefix("零")
    return _whole(written) if written else 0


def _prices() -> list[Rule]:
    def price(match: re.Match[str]) -> Readings:
        amount = _amount(match[1])
        return [] if amount is None else calendar.money(amount, _CURRENCIES[match[2]])

    def loose(match: re.Match[str]) -> Readings:
        amount = _amount(match[1])
        if amount is None:
            return []
        readings = calendar.money(amount, _LOOSE_CURRENCIES[match[2]], or_number=True)
        return [[], readings[0]] if match[1] == "一" else readings  # 一块: together

    sure = "|".join(sorted(_CURRENCIES, key=len, reverse=True))
    return [
        rule("price", rf"{_ALONE}({_AMOUNT}) ?({sure})", price),
        rule("price", rf"{_ALONE}({_AMOUNT}) ?([{''.join(_LOOSE_CURRENCIES)}])", loose),
    ]


def _days_and_months() -> list[Rule]:
    def month(match: re.Match[str]) -> Readings:
        value = _whole(match[1])
        return [[calendar.month_name(value)], [str(value)]] if 1 <= value <= 12 else []

    return [
        rule(
            "weekday",
            "(?<![一二两三四五六七八九十几0-9])(?:周|星期|礼拜)([一二三四五六日天])(?!次|年|边|围)",
            lambda match: [[_WEEKDAYS[match[1]]]],
        ),
        rule("month", rf"{_ALONE}({_N}) ?月", month),
    ]


def _numbers() -> list[Rule]:
    def counted(match: re.Match[str]) -> Readings:
        value = _amount(match[1])
        if value is None:
            return []
        certain = match[1][0].isdigit() or (value > 1 and match[1] not in _UNITS)
        return _number(value, required=certain)

    def bare(match: re.Match[str]) -> Readings:
        value = chinese(match[0])
        if value is not None:
            return [[], [calendar.number(value)]]
        digits = [chinese(sign) for sign in match[0]]  # 三四个: three or four
        return [[], *([calendar.number(digit)] for digit in digits if digit is not None)]

    days = {"大后天": "3", "大前天": "3", "后天": "2", "前天": "2"}  # "three days from now"
    fused = {"俩": "2", "仨": "3", "双": "2", "半": "0.5", "打": "12", "对": "2"}
    return [
        rule("number", rf"百分之({_AMOUNT})", counted),
        rule(
            "number",
            rf"(?<![第每数几]){_ALONE}(?!十分(?!钟)|四周)({CHINESE_NUMERAL}+) ?(?={_MEASURES})",
            counted,
        ),
        rule("number", rf"((?:{ENGLISH_DIGITS})(?:[百万亿]|千(?![克米瓦卡]))?)", counted),
        rule("number", f"{CHINESE_NUMERAL}+", bare),
        rule("number", "|".join(days), lambda match: [[], [days[match[0]]]]),
        rule("number", f"[{''.join(fused)}]", lambda match: [[], [fused[match[0]]]]),
    ]


def _number(value: Decimal, *, required: bool) -> Readings:
    reading = [calendar.number(value)]
    return [reading] if required else [[], reading]
