"""Rules one after the other: what one has taken, no later one finds."""

from pipeline.metrics.values.matching import Found, find, rule

RULES = [
    rule("price", r"(\d+) yuan", lambda match: [[f"{match[1]} CNY"], [match[1]]]),
    rule("code", r"x\d+", lambda match: [] if match[0] == "x0" else [[match[0].upper()]]),
    rule("number", r"\d+", lambda match: [[match[0]]]),
]


def test_the_first_rule_takes_the_place():
    assert find("x7 costs 80 yuan, not 9", RULES) == [
        Found("code", frozenset({"X7"}), 0, 2),
        Found("price", frozenset({"80 CNY"}), 9, 16),
        Found("price", frozenset({"80"}), 9, 16, asked=False),
        Found("number", frozenset({"9"}), 22, 23),
    ]


def test_what_a_rule_refuses_is_left_to_the_next():
    assert find("x0", RULES) == [Found("number", frozenset({"0"}), 1, 2)]


def test_an_empty_first_reading_asks_for_nothing():
    rules = [rule("number", "one", lambda match: [[], ["1"]])]
    assert find("One", rules) == [Found("number", frozenset({"1"}), 0, 3, asked=False)]


def test_full_width_digits_keep_their_places():
    assert find("，８０　yuan", RULES)[0] == Found("price", frozenset({"80 CNY"}), 1, 8)
