"""Roles found in translations, by a tagger that goes by the word before a name."""

import pytest

from pipeline.metrics.roles import role_fidelity

ROLES = ("departure_city", "arrival_city")
BY_WORD = {"from": "departure_city", "to": "arrival_city", "on": "date"}
NAMES = {"北京": ["Beijing", "Peking"], "上海": ["Shanghai"]}


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
        ("from Shanghai to Beijing", True, False),  # seen only where the names are known
        ("to Shanghai", False, False),
        ("from Beijing to Shanghai to Shanghai", False, False),
        ("", False, False),
    ],
)
def test_roles_and_their_values(translation, roles, values):
    for names, right in ((None, roles), (NAMES, values)):
        counted = role_fidelity([SOURCE], [translation], tag, ROLES, names)
        assert counted.rows.tolist() == [[right, 1]]


def test_a_name_that_nobody_listed_is_not_held_against_the_translation():
    sources = [("到拉萨", [("arrival_city", 1, 3)]), ("你好", [])]
    counted = role_fidelity(sources, ["to Lhasa", "hello"], tag, ROLES, NAMES)
    assert counted.rows.tolist() == [[1, 1], [1, 1]]
    assert counted.interval().value == 100.0


def test_each_source_needs_a_translation():
    with pytest.raises(ValueError, match="shorter"):
        role_fidelity([SOURCE], [], tag, ROLES)
