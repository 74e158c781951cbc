"""Wordings of numbers, days, clock times and amounts of money in Chinese and English."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import date, timedelta

ZH_DIGITS = "零一二三四五六七八九"
ZH_WEEKDAYS = "一二三四五六日"
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
WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
SMALL_NUMBERS = [
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
TENS = ["zero", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
ORDINALS = {
    1: "first",
    2: "second",
    3: "third",
    5: "fifth",
    8: "eighth",
    9: "ninth",
    12: "twelfth",
    20: "twentieth",
    30: "thirtieth",
}
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")


def weighted(rng: random.Random, choices: Mapping[str, float]) -> str:
    """Draw one key with a probability in proportion to its value."""
    return rng.choices(list(choices), weights=list(choices.values()))[0]


def zh_number(number: int) -> str:
    """Return the Chinese numeral of 0 to 9999: 12 十二, 105 一百零五, 1200 一千二百."""
    if number < 10:
        return ZH_DIGITS[number]
    if number < 20:
        return "十" + (ZH_DIGITS[number % 10] if number % 10 else "")
    for unit, sign in ((1000, "千"), (100, "百"), (10, "十")):
        if number >= unit:
            head, rest = divmod(number, unit)
            gap = "零" if rest and rest < unit // 10 else ""
            tail = ("一" if 10 <= rest < 20 else "") + zh_number(rest) if rest else ""
            return ZH_DIGITS[head] + sign + gap + tail
    raise ValueError(f"expected a number from 0 to 9999, received {number}")


def zh_count(number: int) -> str:
    """Return the Chinese numeral used before a measure word (two is 两)."""
    return "两" if number == 2 else zh_number(number)


def en_number(number: int) -> str:
    """Return the English words of 0 to 9999: 42 forty-two, 1200 twelve hundred."""
    if number < 20:
        return SMALL_NUMBERS[number]
    if number < 100:
        tail = "-" + SMALL_NUMBERS[number % 10] if number % 10 else ""
        return TENS[number // 10] + tail
    if number % 1000 == 0:
        return en_number(number // 1000) + " thousand"
    tail = " " + en_number(number % 100) if number % 100 else ""
    return en_number(number // 100) + " hundred" + tail


def ordinal(number: int) -> str:
    """Return the English ordinal in digits: 1st, 2nd, 3rd, 11th."""
    if number % 100 in (11, 12, 13):
        return f"{number}th"
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th') }"


def ordinal_word(number: int) -> str:
    """Return the English ordinal in words for a day of the month: 3 third, 21 twenty-first."""
    if number in ORDINALS:
        return ORDINALS[number]
    if number < 20:
        return SMALL_NUMBERS[number] + "th"
    return TENS[number // 10] + "-" + ordinal_word(number % 10)


def calendar_day(rng: random.Random, day: date) -> tuple[str, str]:
    """Draw a wording of a day in both languages; either both have a year or neither."""
    if rng.random() < 0.1:
        return _day_with_year(rng, day)
    if rng.random() < 0.06:
        return _day_with_weekday(rng, day)
    month, number = day.month, day.day
    zh = weighted(
        rng,
        {
            f"{month}月{number}日": 30,
            f"{month}月{number}号": 34,
            f"{zh_number(month)}月{zh_number(number)}号": 12,
            f"{zh_number(month)}月{zh_number(number)}日": 7,
            f"{month}/{number}": 5,
            f"{month}.{number}": 3,
            f"{month}-{number}": 1,
            f"{month:02d}月{number:02d}日": 2,
            f"{zh_number(month)}月{number}号": 2,
        },
    )
    name, short = MONTHS[month - 1], MONTHS[month - 1][:3]
    en = weighted(
        rng,
        {
            f"{name} {ordinal(number)}": 26,
            f"{name} {number}": 14,
            f"{number} {name}": 8,
            f"the {ordinal(number)} of {name}": 8,
            f"{ordinal(number)} of {name}": 4,
            f"{short} {number}": 8,
            f"{short} {ordinal(number)}": 6,
            f"{number} {short}": 3,
            f"{ordinal(number)} {name}": 5,
            f"{name} {ordinal_word(number)}": 4,
            f"{name} the {ordinal(number)}": 3,
            f"{month}/{number}": 6,
            f"the {ordinal_word(number)} of {name}": 2,
            f"{ordinal(number)} {short}": 3,
            f"{short} the {ordinal(number)}": 1,
        },
    )
    return zh, en


def _day_with_year(rng: random.Random, day: date) -> tuple[str, str]:
    """Draw a wording of a calendar day with its year."""
    name = MONTHS[day.month - 1]
    zh = rng.choice(
        [
            f"{day.year}年{day.month}月{day.day}日",
            day.isoformat(),
            f"{day.year}/{day.month}/{day.day}",
            f"{day.year}年{day.month}月{day.day}号",
        ]
    )
    en = rng.choice(
        [
            f"{name} {day.day}, {day.year}",
            day.isoformat(),
            f"{day.day} {name} {day.year}",
            f"{day.month}/{day.day}/{day.year}",
        ]
    )
    return zh, en


def _day_with_weekday(rng: random.Random, day: date) -> tuple[str, str]:
    """Draw a wording of a calendar day with its weekday, as one span."""
    name, weekday_name = MONTHS[day.month - 1], WEEKDAYS[day.weekday()]
    weekday_zh = ZH_WEEKDAYS[day.weekday()]
    zh = rng.choice(
        [
            f"{day.month}月{day.day}号周{weekday_zh}",
            f"{day.month}月{day.day}日星期{weekday_zh}",
            f"周{weekday_zh}{day.month}月{day.day}号",
        ]
    )
    en = rng.choice(
        [
            f"{weekday_name} {day.day} {name}",
            f"{weekday_name}, {name} {ordinal(day.day)}",
            f"{weekday_name[:3]} {day.day} {name[:3]}",
            f"{weekday_name} {name} {day.day}",
        ]
    )
    return zh, en


def day_of_month(rng: random.Random, number: int) -> tuple[str, str]:
    """Draw a wording of a day named by its number alone: 10号, the 10th."""
    zh = rng.choice([f"{number}号", f"{number}号", f"{zh_number(number)}号", f"{number}日"])
    en = rng.choice(
        [f"the {ordinal(number)}", f"the {ordinal(number)}", f"the {ordinal_word(number)}"]
    )
    return zh, en


def day_of_next_month(rng: random.Random, number: int) -> tuple[str, str]:
    """Draw a wording of a day of the next month: 下个月3号, the 3rd of next month."""
    zh = rng.choice([f"下个月{number}号", f"下月{number}号", f"下个月{zh_number(number)}号"])
    return zh, f"the {ordinal(number)} of next month"


def weekday(rng: random.Random, which: str) -> tuple[str, str]:
    """Draw a weekday; `which` is "" (the plain name), "this" or "next"."""
    index = rng.randrange(7)
    last = rng.choice("日天") if index == 6 else ZH_WEEKDAYS[index]
    head = {"": [""], "this": ["这", "这个", "本"], "next": ["下", "下", "下个"]}[which]
    start = rng.choice(head)
    # 个 needs the longer words (下个星期五, never 下个周五); 本 combines with 周 only.
    longer = ["星期", "礼拜"]
    word = rng.choice(
        longer if start.endswith("个") else ["周"] if start == "本" else ["周", "周", *longer]
    )
    name = WEEKDAYS[index] if rng.random() < 0.9 else WEEKDAYS[index][:3]
    return start + word + last, f"{which} {name}".strip()


def random_day(rng: random.Random) -> date:
    """Draw a day of 2026, the year of the corpus."""
    return date(2026, 1, 1) + timedelta(days=rng.randrange(365))


def clock(rng: random.Random) -> tuple[str, str]:
    """Draw a clock time; either both languages name the part of the day or neither."""
    hour = rng.choice([rng.randint(6, 23), rng.randint(8, 20)])
    minute = rng.choice([0, 0, 0, 0, 30, 30, 15, 45, rng.randrange(0, 60, 5)])
    style = weighted(rng, {"part": 60, "plain": 20, "digits": 20})
    if style == "digits":
        return f"{hour}:{minute:02d}", f"{hour}:{minute:02d}"
    part = style == "part"
    zh = _zh_clock(rng, (hour - 1) % 12 + 1, minute)
    return (_zh_part(rng, hour) if part else "") + zh, _en_clock(rng, hour, minute, part)


def _zh_clock(rng: random.Random, hour: int, minute: int) -> str:
    """Draw a Chinese clock time, all in digits (8点05, 8点半) or in numerals (八点零五分)."""
    if not minute:
        return rng.choice([str(hour), str(hour), zh_count(hour)]) + rng.choice(["点", "点", "点钟"])
    short = {15: "一刻", 30: "半"}
    if rng.random() < 0.35:
        zero = "零" if minute < 10 else ""
        return f"{zh_count(hour)}点{short.get(minute) or zero + zh_number(minute) + '分'}"
    digits = f"{minute:02d}"
    return f"{hour}点{rng.choice([digits + '分', digits, short.get(minute, digits)])}"


def _zh_part(rng: random.Random, hour: int) -> str:
    """Draw the word for the part of the day before a Chinese clock time."""
    if hour < 9:
        return rng.choice(["早上", "早晨", "早上"])
    if hour < 12:
        return rng.choice(["上午", "早上", "上午"])
    if hour < 13:
        return "中午"
    return (
        rng.choice(["下午", "午后", "下午"]) if hour < 18 else rng.choice(["晚上", "晚间", "晚上"])
    )


def _en_clock(rng: random.Random, hour: int, minute: int, part: bool) -> str:
    """Draw an English clock time; with `part` it has am, pm or the part of the day."""
    hour_12 = (hour - 1) % 12 + 1
    spoken = {
        15: f"quarter past {en_number(hour_12)}",
        30: f"half past {en_number(hour_12)}",
        45: f"quarter to {en_number(hour_12 % 12 + 1)}",
    }
    digits = f"{hour_12}:{minute:02d}" if minute else str(hour_12)
    if not part:
        plain = (
            [f"{en_number(hour_12)} o'clock", f"{hour_12} o'clock"]
            if not minute
            else [digits, spoken.get(minute, digits)]
        )
        return rng.choice(plain)
    half = "am" if hour < 12 else "pm"
    dotted = "a.m." if hour < 12 else "p.m."
    spell = "in the morning" if hour < 12 else "in the afternoon" if hour < 18 else "in the evening"
    return weighted(
        rng,
        {
            f"{digits} {half}": 36,
            f"{digits}{half}": 26,
            f"{digits} {dotted}": 10,
            f"{digits} {half.upper()}": 8,
            f"{digits} {spell}": 8,
            f"{spoken.get(minute, digits)} {spell}": 6,
        },
    )


AMOUNTS = (*range(200, 1001, 100), 1200, 1500, 1800, 2000, 2500, 3000, 3500, 4000, 5000, 6000, 8000)


def price(rng: random.Random) -> tuple[str, str]:
    """Draw an amount of money, most often in yuan, else in dollars, euros or pounds."""
    amount = rng.choice(AMOUNTS)
    currency = weighted(rng, {"yuan": 60, "dollar": 28, "euro": 8, "pound": 4})
    digits, grouped = str(amount), f"{amount:,}"
    words = zh_number(amount) if amount != 2000 else "两千"
    if currency == "yuan":
        zh = [
            f"{digits}元",
            f"{digits}元",
            f"{digits}块",
            f"{digits}块钱",
            f"{words}块",
            f"{words}元",
            f"¥{digits}",
            f"{words}块钱",
            f"{digits}人民币",
        ]
        en = [
            f"{digits} yuan",
            f"{digits} yuan",
            f"¥{digits}",
            f"{digits} RMB",
            f"{grouped} yuan",
            f"{en_number(amount)} yuan",
        ]
    elif currency == "dollar":
        zh = [f"{digits}美元", f"{digits}美金", f"{words}美元", f"${digits}", f"{digits}刀"]
        en = [
            f"${digits}",
            f"${digits}",
            f"${grouped}",
            f"{digits} dollars",
            f"{digits} bucks",
            f"{en_number(amount)} dollars",
            f"{en_number(amount)} bucks",
            f"{digits} USD",
        ]
    elif currency == "euro":
        zh = [f"{digits}欧元", f"{words}欧元", f"€{digits}", f"{digits}欧"]
        en = [f"{digits} euros", f"€{digits}", f"{digits} EUR", f"{en_number(amount)} euros"]
    else:
        zh = [f"{digits}英镑", f"£{digits}", f"{words}英镑"]
        en = [f"{digits} pounds", f"£{digits}", f"{en_number(amount)} pounds"]
    return rng.choice(zh), rng.choice(en)
