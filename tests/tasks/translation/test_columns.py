"""Columns by name and by content, by hand."""

import pytest

from pipeline.tasks.translation.columns import by_content, by_name, flat, language_named


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["id", "Source", "Target"], ("Source", "Target")),
        (["text", "translation", "parts"], ("text", "translation")),
        (["target", "source"], ("source", "target")),
        (["en", "de", "id"], ("en", "de")),
        (["German", "English"], ("German", "English")),
        (["translation.de", "translation.en"], ("translation.de", "translation.en")),
        (["text_en", "text_fr"], ("text_en", "text_fr")),
        (["en", "de", "fr"], None),
        (["en", "x"], None),
        (["text", "label"], None),
        ([], None),
    ],
)
def test_by_name(names, found):
    assert by_name(names) == found


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("en", "en"),
        ("en-GB", "en"),
        ("sentence_de", "de"),
        ("Deutsch", "de"),
        ("cmn", "zh"),
        ("translation.zh", "zh"),
        ("en_de", "und"),
        ("is_good", "und"),
        ("text", "und"),
        ("", "und"),
    ],
)
def test_languages_named(name, code):
    assert language_named(name) == code


def test_texts_and_their_translations_are_of_like_lengths():
    names = ("id", "who", "a", "b")
    sizes = (3, 9, 4, 12, 5, 20, 7, 2, 30, 11, 6, 15)
    rows = [
        {
            "id": f"{n:08d}",
            "who": f"CC-BY an author with a long name {97 * n % 41} {'x' * (n * 31 % 17)}",
            "a": "wort " * size,
            "b": "词" * size,
        }
        for n, size in enumerate(sizes)
    ]
    assert by_content(names, rows) == ("a", "b")
    assert by_content(("a", "id"), rows) is None
    assert by_content(("a", "b"), [{**row, "a": "one"} for row in rows]) is None
    assert by_content(names, rows[:3]) == ("who", "a")  # too few to tell


def test_columns_of_one_length_are_taken_as_they_stand():
    rows = [{"a": f"word {n:02d}", "b": f"wort {n:02d}"} for n in range(20)]
    assert by_content(("a", "b"), rows) == ("a", "b")
    assert by_content(("a", "b"), []) is None


def test_objects_are_taken_apart():
    assert flat({"a": 1, "t": {"en": "x", "y": {"z": 2}}}) == {"a": 1, "t.en": "x", "t.y.z": 2}
