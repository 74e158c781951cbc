"""The baseline: the nearest training pair's target, in the model's form."""

import sys

import pytest

from pipeline.errors import InputError
from pipeline.tasks.translation import baseline as module
from pipeline.tasks.translation.baseline import baseline


def record(text, target):
    return {"text": text, "target": target, "source": "f:1", "parts": []}


@pytest.fixture(scope="module")
def packages():
    pytest.importorskip("sklearn", reason="scikit-learn, of the extra `baseline`")
    return module._packages()


PAIRS = [
    ("book a flight to Oslo", "订去奥斯陆的机票"),
    ("cancel my flight", "取消我的航班"),
    ("how much is it to Rome?", "到罗马多少钱？"),
]


@pytest.mark.parametrize("turned", [False, True])
def test_it_answers_with_the_nearest_pair(packages, settings, turned):
    pairs = [pair[::-1] for pair in PAIRS] if turned else PAIRS
    asked = ["取消航班", "订机票"] if turned else ["please cancel the flight", "book to Oslo"]
    answers = baseline(settings, [record(*pair) for pair in pairs], [record(t, "") for t in asked])
    assert [answer["translation"] for answer in answers] == [pairs[1][1], pairs[0][1]]
    assert [answer["text"] for answer in answers] == asked
    assert all(0 < answer["score"] < 1 for answer in answers)
    assert answers[0].keys() == {"text", "translation", "score", "segments", "truncated"}


def test_what_it_knows_scores_one_and_what_is_like_nothing_zero(packages, settings, monkeypatch):
    monkeypatch.setattr(module, "ROWS", 2)
    rows = [record(*pair) for pair in PAIRS]
    answers = baseline(settings, rows, [*rows, record("xyz", ""), record("", "")])
    assert [answer["score"] for answer in answers] == [pytest.approx(1)] * 3 + [0, 0]
    assert [answer["translation"] for answer in answers[:3]] == [target for _, target in PAIRS]
    assert answers[3]["translation"] == PAIRS[0][1]


def test_texts_without_anything_to_see_are_an_error(packages, settings):
    with pytest.raises(InputError, match="training texts contain no n-grams"):
        baseline(settings, [record(" ", "a")], [record("a", "b")])


def test_without_its_packages_it_says_what_to_install(monkeypatch, settings):
    monkeypatch.setitem(sys.modules, "sklearn.feature_extraction.text", None)
    with pytest.raises(InputError, match=r"pip install scikit-learn sklearn-crfsuite$") as caught:
        baseline(settings, [], [])
    assert "\n" not in str(caught.value)
