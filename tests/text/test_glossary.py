"""Glossary terms: matched as words, protected on both sides, restored in translation."""

import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import InputError
from pipeline.text.glossary import Glossary, extend_glossary, parse_terms, read_glossary
from pipeline.text.protect import PLACEHOLDERS, protect, protect_pair, restore

A, B, C = PLACEHOLDERS[:3]
CITIES = {
    "北京": "Beijing",
    "北京西": "Beijing West",
    "圣彼得堡": "St. Petersburg",
    "巴黎": "Paris",
}
BACK = {"Nice": "尼斯", "São Paulo": "圣保罗", "Ürümqi": "乌鲁木齐", "C++ (11)": "C加加"}


@pytest.fixture(scope="module")
def cities():
    return Glossary(CITIES)


@pytest.fixture(scope="module")
def back():
    return Glossary(BACK)


def protected(glossary, text):
    found = protect(tf.constant([text]), glossary.source)
    values = glossary.translate(found.values.flat_values).numpy()
    return found.text.numpy()[0].decode(), [value.decode() for value in values]


@pytest.mark.parametrize(
    ("text", "masked", "values"),
    [
        ("订5月1日到北京的机票", f"订5月1日到{A}的机票", ["Beijing"]),
        ("北京西到圣彼得堡", f"{A}到{B}", ["Beijing West", "St. Petersburg"]),
        ("坐CA1234从巴黎到北京", f"坐{A}从{B}到{C}", ["CA1234", "Paris", "Beijing"]),
        ("北京北京", f"{A}{B}", ["Beijing", "Beijing"]),
        ("看https://a.example/北 京", f"看{A}北 京", ["https://a.example/"]),
        ("上海", "上海", []),
        ("", "", []),
    ],
)
def test_terms_are_protected_and_translated(cities, text, masked, values):
    assert protected(cities, text) == (masked, values)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("to Nice, nice Nicely", f"to {A}, nice Nicely"),
        ("São Paulo-Ürümqi", f"{A}-{B}"),
        ("in C++ (11).", f"in {A}."),
        ("in xC++ (11)", "in xC++ (11)"),
    ],
)
def test_a_latin_term_matches_whole_words_case_sensitively(back, text, masked):
    assert protected(back, text)[0] == masked


def pair(glossary, source, target, with_terms=None):
    flags = None if with_terms is None else tf.constant([with_terms])
    sides = protect_pair(tf.constant([source]), tf.constant([target]), glossary.patterns, flags)
    return tuple(side.numpy()[0].decode() for side in sides)


def test_a_term_is_protected_on_both_sides_of_a_training_pair(cities):
    assert pair(cities, "从巴黎到北京，CA1234", "CA1234 to Beijing from Paris") == (
        f"从{A}到{B}，{C}",
        f"{C} to {B} from {A}",
    )


def test_a_term_translated_differently_is_not_protected(cities):
    assert pair(cities, "到圣彼得堡", "to Saint Petersburg") == (
        "到圣彼得堡",
        "to Saint Petersburg",
    )
    assert pair(cities, "到那里", "to Paris") == ("到那里", "to Paris")


def test_rows_without_terms_protect_codes_only(cities):
    text = ("坐CA1234到北京", "CA1234 to Beijing")
    assert pair(cities, *text, with_terms=False) == (f"坐{A}到北京", f"{A} to Beijing")
    assert pair(cities, *text, with_terms=True) == (f"坐{A}到{B}", f"{A} to {B}")


def test_an_empty_glossary_protects_codes_only():
    none = Glossary({})
    values = tf.constant(["北京", ""])
    assert none.translate(values) is values
    assert pair(none, "到北京，CA1234", "Beijing, CA1234") == (f"到北京，{A}", f"Beijing, {A}")


@given(st.lists(st.sampled_from([*CITIES, "CA1234", " ", "x", "北", "京", "\n"]), max_size=8))
def test_terms_are_restored_as_their_translation(cities, parts):
    text = "".join(parts)
    found = protect(tf.constant([text]), cities.source)
    same = restore(found.text, found.values)
    assert same.text.numpy()[0].decode() == text
    values = found.values.with_flat_values(cities.translate(found.values.flat_values))
    translated = restore(found.text, values).text.numpy()[0].decode()
    expected = text
    for term in sorted(CITIES, key=len, reverse=True):
        expected = expected.replace(term, CITIES[term])
    assert translated == expected


def write(tmp_path, text):
    file = tmp_path / "terms.tsv"
    file.write_text(text, encoding="utf-8")
    return file


def test_read_glossary(tmp_path):
    file = write(tmp_path, "\ufeff北京\tBeijing\r\n 巴黎 \t Paris \n北京\tBeijing\n")
    assert parse_terms(read_glossary(file)) == {"北京": "Beijing", "巴黎": "Paris"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("北京\tBeijing\n巴黎\n", r"terms\.tsv:2: .*expected a term, a tab and its translation"),
        ("北京\t\n", r"terms\.tsv:1"),
        ("\tBeijing\n", r"terms\.tsv:1"),
        ("北京\tBeijing\tx\n", r"terms\.tsv:1"),
        ("北京\tBeijing\n北京\tPeking\n", r"terms\.tsv:2: .*'Peking'.*'Beijing' as above"),
    ],
)
def test_invalid_lines_are_reported_with_file_and_line(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        read_glossary(write(tmp_path, text))


def test_a_missing_or_too_long_glossary_is_rejected(tmp_path):
    with pytest.raises(InputError, match="no such glossary"):
        read_glossary(tmp_path / "none.tsv")
    with pytest.raises(InputError, match="5,001 terms; expected at most 5,000"):
        read_glossary(write(tmp_path, "".join(f"t{n}\tx\n" for n in range(5_001))))


def test_a_file_in_another_encoding_is_rejected(tmp_path):
    file = tmp_path / "terms.tsv"
    file.write_bytes("北京\tBeijing\n".encode("gb18030"))
    with pytest.raises(InputError, match=r"terms\.tsv: .*expected UTF-8"):
        read_glossary(file)


def test_the_maximum_number_of_terms_works():
    largest = Glossary({f"城市{n}号": f"City {n}" for n in range(5_000)})
    assert protected(largest, "到城市4999号")[1] == ["City 4999"]


def test_terms_are_appended_and_not_changed():
    lines = extend_glossary(["北京\tBeijing"], ["巴黎\tParis", "北京\tBeijing"])
    assert lines == ["北京\tBeijing", "巴黎\tParis"]
    with pytest.raises(InputError, match="'北京' is now 'Peking' but was 'Beijing'"):
        extend_glossary(lines, ["北京\tPeking"])
