"""Filters: each rule by hand, the first reason counts, repeats after what was left out."""

import pytest

from pipeline.errors import InputError
from pipeline.tasks.translation.filters import check_pairs, length_ratio
from pipeline.tasks.translation.records import Example
from pipeline.tasks.translation.settings import FilterSettings, LanguageSettings

EN_ZH = LanguageSettings(source="en", target="zh")


def sifted(pairs, languages=EN_ZH, **filters):
    examples = [Example(*pair) for pair in pairs]
    found = list(check_pairs(examples, FilterSettings.model_validate(filters), languages))
    assert [example for example, _ in found] == examples
    return [why for _, why in found]


@pytest.mark.parametrize(
    ("filters", "good", "bad", "why"),
    [
        ({"empty": True}, ("a", "b"), ("a", " \t"), "a side is empty"),
        (
            {"min_characters": 2},
            ("ab", "北京"),
            ("ab", " 北 "),
            "a side has fewer than 2 characters",
        ),
        ({"max_characters": 3}, ("abc", " d "), ("abcd", "b"), "a side has more than 3 characters"),
        (
            {"max_length_ratio": 1.5},
            ("abc", "京"),
            ("abcde", "京"),
            "a side is more than 1.5 times as long as the other",
        ),
        ({"identical": True}, ("Oslo", "奥斯陆"), ("Oslo", " oslo"), "both sides are the same"),
        (
            {"script": True},
            ("Tom", "汤姆"),
            ("Tom", "Tom"),
            "the target is not in the script of `zh`",
        ),
        (
            {"script": True},
            ("7", "Tom 七七七"),
            ("汤姆", "汤姆"),
            "the source is not in the script of `en`",
        ),
    ],
)
def test_each_rule(filters, good, bad, why):
    assert sifted([good, bad], **filters) == ["", why]
    assert sifted([good, bad]) == ["", ""]


def test_repeated_pairs_and_sources():
    pairs = [("Hi", "嗨"), (" hi ", "嗨"), ("Hi", "你好"), ("H", "i嗨"), ("Hi嗨", "")]
    why = "the pair occurs in an earlier line"
    assert sifted(pairs, duplicates="pair") == ["", why, "", "", ""]
    why = "the source occurs in an earlier line"
    assert sifted(pairs, duplicates="source") == ["", why, why, "", ""]


def test_the_first_reason_counts_and_what_is_left_out_did_not_stand_before():
    pairs = [("a", "a"), ("a", "京"), ("a", "京")]
    found = sifted(pairs, identical=True, script=True, duplicates="source")
    assert found == ["both sides are the same", "", "the source occurs in an earlier line"]


def test_ratios_by_hand():
    assert length_ratio(Example(" ab ", "abcd")) == 2
    assert length_ratio(Example("京", "abcdef")) == 2
    assert length_ratio(Example("", "abc")) == 3


def test_a_script_that_is_not_known_is_an_error():
    with pytest.raises(InputError, match="the script of `und`: unknown"):
        sifted([("a", "b")], LanguageSettings(), script=True)
