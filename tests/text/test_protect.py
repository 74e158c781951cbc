"""Protected strings: found, replaced with placeholders, restored."""

import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.protect import MAX_PLACEHOLDERS, PLACEHOLDERS, protect, protect_pair, restore

A, B, C = PLACEHOLDERS[:3]


def protected(text):
    found = protect(tf.constant([text]))
    return found.text.numpy()[0].decode(), [v.decode() for v in found.values.to_list()[0]]


@pytest.mark.parametrize(
    ("text", "masked", "values"),
    [
        ("坐CA1234去北京", f"坐{A}去北京", ["CA1234"]),
        ("fly MU 5101, seat 14A.", f"fly {A}, seat {B}.", ["MU 5101", "14A"]),
        ("see https://a.example/x?y=1, then", f"see {A}, then", ["https://a.example/x?y=1"]),
        ("看https://a.example/x。好", f"看{A}。好", ["https://a.example/x"]),
        ("mail me.you@some.example.", f"mail {A}.", ["me.you@some.example"]),
        ("hi {user_name}, %s and %(n)d", f"hi {A}, {B} and {C}", ["{user_name}", "%s", "%(n)d"]),
        ("<b>bold</b>", f"{A}bold{B}", ["<b>", "</b>"]),
        ("at 3pm on 5 May 2019 for 800 yuan", None, []),
        ("I am 14, 50% of THEM", None, []),
        ("a < b > c", None, []),
        ("", None, []),
    ],
)
def test_protected_strings(text, masked, values):
    assert protected(text) == (text if masked is None else masked, values)


def test_placeholder_characters_in_the_input_are_replaced():
    assert protected(f"x{A}y") == ("x\ufffdy", [])


def test_strings_beyond_the_last_placeholder_are_not_replaced():
    codes = [f"AB{100 + i}" for i in range(MAX_PLACEHOLDERS + 3)]
    masked, values = protected(" ".join(codes))
    assert values == codes[:MAX_PLACEHOLDERS]
    assert masked.endswith(" ".join(["", *codes[MAX_PLACEHOLDERS:]]))
    assert masked.startswith(f"{A} {B} {C}")


def test_lost_values_are_counted_and_unknown_placeholders_removed():
    values = tf.ragged.constant([["x1", "x2"], [], ["x3"], []], dtype=tf.string)
    text = tf.constant([f"go {B}.", f"no {A}", f"{A}{A}", ""])
    found = restore(text, values)
    assert [t.decode() for t in found.text.numpy()] == ["go x2.", "no ", "x3x3", ""]
    assert found.lost.numpy().tolist() == [1, 0, 0, 0]


def pair(source, target):
    return tuple(
        side.numpy()[0].decode()
        for side in protect_pair(tf.constant([source]), tf.constant([target]))
    )


def test_only_strings_on_both_sides_of_a_pair_are_protected():
    assert pair("坐CA1234和MU5101", "on MU 5101 and ca1234 at 14A") == (
        f"坐{A}和{B}",
        f"on {B} and {A} at 14A",
    )
    assert pair("seat 14A on CA1234", "CA1234") == (f"seat 14A on {A}", A)
    assert pair("nothing", "here") == ("nothing", "here")
    assert pair("", "") == ("", "")


def test_rows_do_not_mix():
    source, target = protect_pair(
        tf.constant(["CA1234", "MU5101 x", "no"]), tf.constant(["MU5101", "x MU5101", "AB12"])
    )
    assert [s.decode() for s in source.numpy()] == ["CA1234", f"{A} x", "no"]
    assert [s.decode() for s in target.numpy()] == ["MU5101", f"x {A}", "AB12"]


@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
        | st.sampled_from(["CA1234 ", "{x}", "https://a.example/b", "14A"]),
        max_size=6,
    ).map("".join)
)
def test_texts_round_trip(text):
    found = protect(tf.constant([text]))
    back = restore(found.text, found.values)
    expected = text
    for mark in PLACEHOLDERS:
        expected = expected.replace(mark, "\ufffd")
    assert back.text.numpy()[0].decode() == expected
    assert back.lost.numpy().tolist() == [0]
