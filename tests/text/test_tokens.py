"""Tokens against a reference implementation in Python, and offsets on nasty strings."""

import unicodedata

import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.text.shapes import SHAPES
from pipeline.text.tokens import characters, clean, normalize, shapes, tokenize

NASTY = [
    "",
    " ",
    "\t\n \u3000\u00a0\u0085\u2028\u200b\ufeff",
    "👩‍👩‍👧 flies ✈️ to 🇹🇼",
    "1️⃣ 👍🏽",
    "e\u0301tude \u0301lone re\u0301sume\u0301",
    "tab\there  twice",
    "北京\u3000到 上海\u00a0（后天）",
    "a\u0085b\u2028c\u2029d\x0be",
    "\ufeffbyte order mark\ufeff",
    "ﬁne ﬂight ǅ ß İ ſ",
    "ＡＢＣ１２３！",
    "ไปเชียงใหม่พรุ่งนี้",
    "서울에서 부산까지 \u1112\u1161\u11ab",
    "السَّفَر إلى ٢٠١٩",
    "𠀀𠮷々〇 䕫",
    "コーヒーを2杯、ひらがな ｶﾞ",
    "NUL\x00inside\x00",
    "\x00",
    "o'clock top-20 don't $3.50 a_b",
    "हिन्दी में १२",
    "\ufffd�?",
    "x" * 500,
    "𝒜𝓑 𝟘𝟙 \U000e0041",
]

# Letters of the script Han whose names do not say so; letters named after kana that are shared by
# several scripts.
HAN = "々〻\U00016fe3\U00016ff0\U00016ff1"
SHARED = "ーｰﾞﾟ"
KANA = ("HIRAGANA LETTER", "KATAKANA LETTER", "HALFWIDTH KATAKANA", "HENTAIGANA")
KANA += ("HIRAGANA ITERATION", "HIRAGANA VOICED", "HIRAGANA DIGRAPH", "KATAKANA ITERATION")
KANA += ("KATAKANA VOICED", "KATAKANA DIGRAPH", "CJK ")

any_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
known_text = st.text(st.characters(exclude_categories=["Cs", "Cn"]), max_size=30)
close_text = st.text(
    st.sampled_from("aÉ\u0301\ufe0f 京あ々ーカ7٢-'.👩\u200d\x00\t\u3000\u115f"), max_size=12
)


def kind(character):
    """Classify a character by the rules: blank, mark, letter or single."""
    category = unicodedata.category(character)
    if category[0] == "Z" or category in ("Cc", "Cf"):
        return "blank"
    if character in HAN:
        return "single"
    if category[0] == "M":
        return "mark"
    kana = unicodedata.name(character, "").startswith(KANA) and character not in SHARED
    return "letter" if category[0] == "L" and not kana else "single"


def in_large_block(code):
    """Return whether a code point is in a large uniform block: Han, Hangul, Tangut, private use."""
    return (
        0x3400 <= code < 0xA000
        or 0xAC00 <= code < 0xF900
        or 0x17000 <= code < 0x18D00
        or code >= 0x20000
    )


def oracle(text):
    """Return (start, end) of each token by the rules in the module docstring."""
    spans, last = [], "blank"
    for index, character in enumerate(text):
        now = kind(character)
        if last == "single" and unicodedata.category(character)[0] == "M":
            now = "single"
            spans[-1] = (spans[-1][0], index + 1)
        elif now in ("letter", "mark") and last in ("letter", "mark"):
            spans[-1] = (spans[-1][0], index + 1)
        elif now != "blank":
            spans.append((index, index + 1))
        last = now
    return spans


def tokens_of(texts):
    """Return rows of (surface, start, end)."""
    found = tokenize(tf.constant(texts, tf.string))
    fields = (field.to_list() for field in found)
    return [
        [(surface.decode(), start, end) for surface, start, end in zip(*row, strict=True)]
        for row in zip(*fields, strict=True)
    ]


def words(text):
    return [surface for surface, _, _ in tokens_of([text])[0]]


def test_offsets_match_the_surface_in_nasty_strings():
    for text, row in zip(NASTY, tokens_of(NASTY), strict=True):
        assert all(text[start:end] == surface for surface, start, end in row), text
        assert [(start, end) for _, start, end in row] == oracle(text), text


@settings(max_examples=50)
@given(st.lists(any_text, min_size=1, max_size=6))
def test_offsets_match_the_surface_in_any_string(texts):
    for text, row in zip(texts, tokens_of(texts), strict=True):
        assert all(text[start:end] == surface != "" for surface, start, end in row)
        edges = [edge for _, start, end in row for edge in (start, end)]
        assert edges == sorted(edges)


@settings(max_examples=50)
@given(st.lists(known_text | close_text, min_size=1, max_size=6))
def test_tokens_equal_the_reference(texts):
    for text, row in zip(texts, tokens_of(texts), strict=True):
        assert [(start, end) for _, start, end in row] == oracle(text)


def test_every_kind_of_character_equals_the_reference():
    codes = [code for code in range(0x110000) if code % 101 == 0 or not in_large_block(code)]
    known = [chr(code) for code in codes if unicodedata.category(chr(code)) not in ("Cs", "Cn")]
    texts = [f"a{character}b" for character in known]
    rows = tokenize(tf.constant(texts)).starts.to_list()
    expected = [[start for start, _ in oracle(text)] for text in texts]
    differing = [
        f"U+{ord(c):04X}" for c, row, own in zip(known, rows, expected, strict=True) if row != own
    ]
    assert differing == []
    assert len(known) > 25_000


def test_rows_do_not_depend_on_the_batch():
    assert tokens_of(NASTY) == [tokens_of([text])[0] for text in NASTY]
    assert tokens_of(NASTY[::-1]) == tokens_of(NASTY)[::-1]


def test_an_empty_batch_has_no_rows():
    found = tokenize(tf.constant([], tf.string))
    assert [field.to_list() for field in found] == [[], [], []]


def test_offsets_are_int32_and_count_code_points():
    found = tokenize(tf.constant(["👩京 é"]))
    assert found.starts.dtype == found.ends.dtype == tf.int32
    assert tokens_of(["👩京 é"]) == [[("👩", 0, 1), ("京", 1, 2), ("é", 3, 4)]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Saint Zürich 한국", ["Saint", "Zürich", "한국"]),
        ("我要5月1日", ["我", "要", "5", "月", "1", "日"]),
        ("コーヒー", ["コ", "ー", "ヒ", "ー"]),
        ("ひら々", ["ひ", "ら", "々"]),
        ("2019 ٢٠", ["2", "0", "1", "9", "٢", "٠"]),
        ("o'clock top-20", ["o", "'", "clock", "top", "-", "2", "0"]),
        ("👍🏽👩‍👧", ["👍", "🏽", "👩", "👧"]),
        ("✈️1️⃣", ["✈\ufe0f", "1\ufe0f\u20e3"]),
        ("e\u0301a", ["e\u0301a"]),
        ("京\u0301a", ["京\u0301", "a"]),
        ("a\u200bb\u00adc", ["a", "b", "c"]),
        ("a\x00b", ["a", "b"]),
    ],
)
def test_tokens_by_hand(text, expected):
    assert words(text) == expected


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        ("ＡＢＣ", "abc"),
        ("ﬁne", "fine"),
        ("É", "é"),
        ("E\u0301", "é"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        ("Ω", "ω"),
        ("①", "1"),
        ("ｶ", "カ"),
        ("e\ufe0f", "e"),
        ("👩", "👩"),
    ],
)
def test_normal_form_by_hand(typed, normal):
    ragged = tf.ragged.constant([[], [typed, typed]], tf.string)
    assert normalize(ragged).to_list() == [[], [normal.encode()] * 2]


@settings(max_examples=50)
@given(st.lists(known_text, max_size=4))
def test_normalisation_is_idempotent(typed):
    once = normalize(tf.ragged.constant([typed], tf.string, ragged_rank=1))
    assert normalize(once).to_list() == once.to_list()


def test_characters_are_cut_at_the_limit():
    ragged = tf.ragged.constant([["héllo", "京"], [], [""]], tf.string)
    assert [
        [[c.decode() for c in word] for word in row] for row in characters(ragged, 3).to_list()
    ] == [[["h", "é", "l"], ["京"]], [], [[]]]


@pytest.mark.parametrize(
    ("dirty", "expected"),
    [
        (b"", ""),
        (b"fine \xe4\xba\xac\x00\xef\xbb\xbf", "fine 京\x00\ufeff"),
        (b"a\xffb", "a\ufffdb"),
        (b"\xc3", "\ufffd"),
        (b"\xe4\xba", "\ufffd"),
        (b"\xf0\x9f\x91", "\ufffd"),
        (b"\xc0\xaf", "\ufffd\ufffd"),
        (b"\xed\xa0\x80", "\ufffd\ufffd\ufffd"),
    ],
)
def test_clean_by_hand(dirty, expected):
    assert clean(tf.constant([dirty])).numpy()[0].decode() == expected


@settings(max_examples=50)
@given(st.lists(st.binary(max_size=20), max_size=5))
def test_clean_gives_valid_utf8_that_can_be_tokenized(rows):
    text = clean(tf.constant(rows, tf.string))
    decoded = [row.decode("utf-8") for row in text.numpy()]
    assert decoded == [row.decode("utf-8", "replace") for row in rows]
    for row, found in zip(decoded, tokens_of(decoded), strict=True):
        assert all(row[start:end] == surface for surface, start, end in found)


def test_clean_keeps_the_shape():
    assert clean(tf.constant("a")).shape == []
    assert clean(tf.constant([[b"a", b"\xff"]])).shape == [1, 2]


def test_shapes_by_hand():
    found = tokenize(tf.constant(["Fly to KLM 北京 2٣ McDonald, É 한 \ufffd", "", "Ǆ a\u0301"]))
    assert shapes(found.surface).to_list() == [[3, 2, 4, 6, 6, 5, 5, 6, 7, 4, 6, 1], [], [4, 2]]


def test_every_token_has_a_shape_and_none_is_padding():
    found = tokenize(tf.constant(["".join(map(chr, range(1, 0xD800))), "👩‍👧\u3000京"]))
    seen = shapes(found.surface).flat_values.numpy()
    assert seen.min() > 0
    assert seen.max() == len(SHAPES) - 1
