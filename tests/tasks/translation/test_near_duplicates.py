"""Texts that are nearly the same: by hand, and against comparing each with each."""

import random

import pytest

from pipeline.tasks.translation import near_duplicates
from pipeline.tasks.translation.near_duplicates import comparable
from pipeline.tasks.translation.near_duplicates import find_near_duplicates as find


def test_the_same_but_for_case_marks_and_width():
    asked = ["Hello, World!", "new", "", "?!"]
    assert find(asked, ["x", "hello world", "ＨＥＬＬＯ world", "", "..."]) == {0: (1, 1.0)}
    assert comparable("It's 5 o'clock. 京！") == "its5oclock京"


def test_nearly_the_same_and_the_same_wins():
    text = "the quick brown fox jumps over the lazy dog near the river"
    known = ["something else entirely", f"{text} x", f"so {text}", text.upper()]
    assert find([text], known[:3]) == {0: (1, pytest.approx(43 / 44, abs=1e-9))}
    assert find([text], known) == {0: (3, 1.0)}
    assert find(["我想订明天去北京的机票谢谢"], ["我想订明天去南京的机票谢谢吗"]) == {}
    assert (
        find(["我想订明天去北京的机票谢谢"], ["我想订明天去北京的机票谢谢吗"])[0].similarity > 0.9
    )


def test_one_set_of_n_grams_is_not_yet_one_text():
    [twin] = find(["aaaaaaa"], ["aaaaaaaa"]).values()
    assert twin.similarity == near_duplicates.BELOW


def test_nothing_is_missed():
    draw = random.Random(1)
    words = [f"{a}{b}{c}" for a in "bdk" for b in "aei" for c in "lmn"]
    known = [" ".join(draw.choices(words, k=draw.randint(3, 12))) for _ in range(150)]
    asked = []
    for text in draw.sample(known, 80):
        pieces = text.split()
        pieces[draw.randrange(len(pieces))] = draw.choice(words)
        asked.append(" ".join(pieces))
    asked += [" ".join(draw.choices(words, k=6)) for _ in range(40)]
    found = find(asked, known)
    for number, text in enumerate(asked):
        best = max(jaccard(text, other) for other in known)
        assert (number in found) == (
            best >= near_duplicates.THRESHOLD or comparable(text) in map(comparable, known)
        )
        if number in found and found[number].similarity < 1:
            assert found[number].similarity == pytest.approx(min(best, near_duplicates.BELOW))
            assert jaccard(text, known[found[number].place]) == pytest.approx(best)


def jaccard(one, other):
    sets = [near_duplicates._grams(comparable(text)) for text in (one, other)]
    return len(sets[0] & sets[1]) / len(sets[0] | sets[1])
