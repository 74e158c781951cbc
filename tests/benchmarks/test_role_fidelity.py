"""Role fidelity with a tagger that uses the word before a name."""

import importlib
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"

ROLES = ("departure_city", "arrival_city")
BY_WORD = {"from": "departure_city", "to": "arrival_city", "on": "date"}
NAMES = {"北京": ["Beijing", "Peking"], "上海": ["Shanghai"]}


@pytest.fixture
def role_fidelity(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    yield importlib.import_module("role_fidelity").role_fidelity
    sys.modules.pop("role_fidelity")


def tag(texts):
    found = []
    for text in texts:
        words, place, spans = text.split(" "), 0, []
        for before, word in zip(["", *words], words, strict=False):
            if before in BY_WORD:
                spans.append((BY_WORD[before], place, place + len(word)))
            place += len(word) + 1
        found.append(spans)
    return found


SOURCE = ("从北京到上海", [("departure_city", 1, 3), ("arrival_city", 4, 6)])


@pytest.mark.parametrize(
    ("translation", "roles", "values"),
    [
        ("from Beijing to Shanghai on Friday", True, True),
        ("to Shanghai from peking", True, True),
        ("from Shanghai to Beijing", True, False),  # detected only with names
        ("to Shanghai", False, False),
        ("from Beijing to Shanghai to Shanghai", False, False),
        ("", False, False),
    ],
)
def test_roles_and_their_values(role_fidelity, translation, roles, values):
    for names, right in ((None, roles), (NAMES, values)):
        counted = role_fidelity([SOURCE], [translation], tag, ROLES, names)
        assert counted.rows.tolist() == [[right, 1]]


def test_a_value_without_listed_names_may_have_any(role_fidelity):
    sources = [("到拉萨", [("arrival_city", 1, 3)]), ("你好", [])]
    counted = role_fidelity(sources, ["to Lhasa", "hello"], tag, ROLES, NAMES)
    assert counted.rows.tolist() == [[1, 1], [1, 1]]
    assert counted.interval().value == 100.0


def test_different_numbers_of_texts_are_rejected(role_fidelity):
    with pytest.raises(ValueError, match="shorter"):
        role_fidelity([SOURCE], [], tag, ROLES)
