"""Made-up names: their script, their words, and that nobody has seen them."""

import random

import pytest

from pipeline.tasks.slot_filling.invented_names import invent_name, script


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Zürich", "LATIN"),
        ("st. louis", "LATIN"),
        ("5月", "CJK"),
        ("北京", "CJK"),
        ("Москва", "CYRILLIC"),
        ("ソウル", "KATAKANA"),
        ("7 12", ""),
        ("", ""),
    ],
)
def test_script(text, name):
    assert script(text) == name


@pytest.mark.parametrize("model", ["oslo", "New York", "USA", "salt lake city", "北京", "Москва"])
def test_a_name_looks_like_its_model(model):
    draw = random.Random(1)
    names = [invent_name(model, set(), draw) for _ in range(50)]
    assert len(set(names)) > 40
    for name in names:
        assert script(name) == script(model)
        assert len(name.split()) == len(model.split())
        assert (name.islower(), name.isupper()) == (model.islower(), model.isupper())
        assert name == " ".join(name.split())


def test_known_names_are_not_made():
    draw = random.Random(1)
    known = {"7", "77", "777"}
    assert (
        invent_name("7", known, draw) not in known
    )  # no other name of one character: a longer one
    taken = {invent_name("oslo", set(), random.Random(5))}
    assert invent_name("oslo", taken, random.Random(5)) not in taken


def test_the_same_draws_give_the_same_name():
    assert invent_name("Oslo", set(), random.Random(2)) == invent_name(
        "Oslo", set(), random.Random(2)
    )
