"""Required and optional values in Chinese, by hand."""

import pytest

from pipeline.metrics.values.fidelity import extract_values


def required(text):
    """Return kind and values of the required matches."""
    return [
        (match.kind, *sorted(match.values))
        for match in extract_values(text, "zh")
        if match.required
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5月1日走", [("date", "05-01")]),
        ("５月１号", [("date", "05-01")]),
        ("12 月 15 号", [("date", "12-15")]),
        ("九月二十六号", [("date", "09-26")]),
        ("2026年5月1日", [("date", "05-01")]),
        ("二零二六年五月一日", [("date", "05-01")]),
        ("2026-07-31", [("date", "07-31")]),
        ("周三4月15号", [("weekday", "Wednesday"), ("date", "04-15")]),
        ("5.1出发", [("date", "05-01", "5.1")]),
        ("3-11走", [("date", "03-11", "11", "3")]),
        ("10号回来", [("number", "10")]),
        ("五月", [("month", "month 5")]),
        ("三个月", [("number", "3")]),
        ("下午3点", [("time", "15:00")]),
        ("下午三點半", [("time", "15:30")]),
        ("晚上 6 点 15 分", [("time", "18:15")]),
        ("早上八点零五分", [("time", "08:05")]),
        ("11点一刻", [("time", "11:15", "23:15")]),
        ("晚上8:30", [("time", "20:30")]),
        ("17:30起飞", [("time", "17:30")]),
        ("3点", [("time", "03:00", "15:00", "3")]),
        ("快一点，差一点，一点一点", []),
        ("800元", [("price", "800 CNY")]),
        ("1,200块钱", [("price", "1200 CNY")]),
        ("八千块", [("price", "8000", "8000 CNY")]),
        ("￥3000，2000人民币", [("price", "3000 CNY"), ("price", "2000 CNY")]),
        ("$500，700美元", [("price", "500 USD"), ("price", "700 USD")]),
        ("80欧元，60英镑", [("price", "80 EUR"), ("price", "60 GBP")]),
        ("1.5万元", [("price", "15000 CNY")]),
        ("CA1234和MU 5101", [("code", "CA1234"), ("code", "MU5101")]),
        ("8L 473，座位14A", [("code", "8L473"), ("code", "14A")]),
        ("周五，星期天，礼拜二", [("weekday", d) for d in ("Friday", "Sunday", "Tuesday")]),
        ("一周三次，周边", [("number", "3")]),
        ("23千克，20kg，三千克", [("number", "23"), ("number", "20"), ("number", "3")]),
        ("两张票，3个人", [("number", "2"), ("number", "3")]),
        ("一个人，一下，三明治，万一，千万，十分好，四周", []),
        ("数十人，几十本", []),
        ("第三天，三亚，九寨沟", []),
        ("百分之五，8%", [("number", "5"), ("number", "8")]),
        ("见https://a.cn/x?b=1，好", [("code", "https://a.cn/x?b=1")]),
        ("写信a.b@c.cn，{name}", [("code", "a.b@c.cn"), ("code", "{name}")]),
        ("", []),
    ],
)  # fmt: skip
def test_required_values(text, expected):
    assert required(text) == expected


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("一个人", "1"), ("我们俩", "2"), ("五百", "500"), ("三四个", "4"), ("大后天", "3"),
        ("等了一刻钟", "15"), ("中午", "12:00"), ("半夜", "00:00"), ("5月1日", "month 5"),
        ("2026年5月1日", "2026"), ("MU5101", "5101"), ("一点", "01:00"),
    ],
)  # fmt: skip
def test_optional_values(text, value):
    assert any(value in match.values for match in extract_values(text, "zh") if not match.required)


def test_offsets_refer_to_the_original_text():
    text = "订５月１日下午三點的票，800元"
    found = [
        text[match.start : match.end] for match in extract_values(text, "zh-CN") if match.required
    ]
    assert found == ["５月１日", "下午三點", "800元"]
