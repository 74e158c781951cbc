"""Rules are applied in order; a later rule skips the matches of earlier ones."""

from pipeline.metrics.values.matching import ValueMatch, match_rules, rule

RULES = [
    rule("price", r"(\d+) yuan", lambda match: [[f"{match[1]} CNY"], [match[1]]]),
    rule("code", r"x\d+", lambda match: [] if match[0] == "x0" else [[match[0].upper()]]),
    rule("number", r"\d+", lambda match: [[match[0]]]),
]


def test_earlier_rules_take_precedence():
    assert match_rules("x7 costs 80 yuan, not 9", RULES) == [
        ValueMatch("code", frozenset({"X7"}), 0, 2),
        ValueMatch("price", frozenset({"80 CNY"}), 9, 16),
        ValueMatch("price", frozenset({"80"}), 9, 16, required=False),
        ValueMatch("number", frozenset({"9"}), 22, 23),
    ]


def test_a_rejected_match_is_left_to_later_rules():
    assert match_rules("x0", RULES) == [ValueMatch("number", frozenset({"0"}), 1, 2)]


def test_an_empty_first_reading_makes_the_value_optional():
    rules = [rule("number", "one", lambda match: [[], ["1"]])]
    assert match_rules("One", rules) == [
        ValueMatch("number", frozenset({"1"}), 0, 3, required=False)
    ]


def test_full_width_digits_keep_their_offsets():
    assert match_rules("，８０　yuan", RULES)[0] == ValueMatch("price", frozenset({"80 CNY"}), 1, 8)
