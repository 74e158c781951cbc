"""Scripts and languages, by hand."""

import pytest

from pipeline.errors import InputError
from pipeline.tasks.translation.languages import fits, language_of, length, main_script, scripts_for
from pipeline.text.scripts import count_scripts


@pytest.mark.parametrize(
    ("text", "counts", "main"),
    [
        ("abc 12!", {"Latin": 3}, "Latin"),
        ("Straße é", {"Latin": 7}, "Latin"),
        ("ｆｕｌｌ", {"Latin": 4}, "Latin"),
        ("北京A", {"Han": 2, "Latin": 1}, "Han"),
        ("東京へ行くAB", {"Han": 3, "Kana": 2, "Latin": 2}, "Han"),
        ("привет ok", {"Cyrillic": 6, "Latin": 2}, "Cyrillic"),
        ("한국어", {"Hangul": 3}, "Hangul"),
        ("مرحبا", {"Arabic": 5}, "Arabic"),
        ("שלום", {"Hebrew": 4}, "Hebrew"),
        ("გამარჯობა a", {"other": 9, "Latin": 1}, "other"),
        ("1 + 1 = 2 。", {}, ""),
        ("", {}, ""),
    ],
)
def test_letters_by_script(text, counts, main):
    assert count_scripts(text) == counts
    assert main_script(count_scripts(text)) == main


def test_what_fits_a_language():
    assert fits("Tom 游泳很好", scripts_for("zh"))
    assert not fits("Tom 游泳", scripts_for("zh"))
    assert fits("東京へ行く", scripts_for("ja"))
    assert fits("2 + 2", scripts_for("ru"))
    assert fits("Olá", scripts_for("pt-BR"))
    assert scripts_for("zh_TW") == {"Han"}
    assert scripts_for("sr") == {"Latin", "Cyrillic"} or scripts_for("sr") == {"Cyrillic"}
    with pytest.raises(InputError, match="the script of `xx`: unknown; expected af, ar"):
        scripts_for("xx")


def test_lengths_of_the_same_sentence_are_alike():
    assert length("hello") == 5
    assert length("你好，a") == 3 + 3 + 1 + 1
    sizes = [
        length(t) for t in ("我想订明天去北京的票。", "I want to book tomorrow's Beijing ticket.")
    ]
    assert max(sizes) / min(sizes) < 1.5


@pytest.mark.parametrize(
    ("texts", "language"),
    [
        (["The dog is in the garden.", "What have you seen?"], "en"),
        (["Der Hund ist nicht im Garten.", "Was ist das und wo?"], "de"),
        (["Les chiens sont dans le jardin.", "Qui est une amie?"], "fr"),
        (["El perro y los gatos están en una casa."], "es"),
        (["我是学生。"], "zh"),
        (["私は学生です。"], "ja"),
        (["학생입니다"], "ko"),
        (["Γεια σου"], "el"),
        (["привет"], "und"),
        (["Oslo Rome"], "und"),
        ([], "und"),
    ],
)
def test_the_language_of_texts(texts, language):
    assert language_of(texts) == language
