"""Repetition loops and natural doubling, by hand."""

import pytest

from pipeline.metrics.repetition import loops, repetition


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the the the cat", {("the",)}),
        ("very very good", set()),
        ("The THE the", {("the",)}),
        ("bit by bit by itself", set()),
        ("go on go on go on", {("go", "on")}),
        ("on go on go on go", {("go", "on")}),  # the same loop, rotated
        ("a man in a man in a hat", {("a", "man", "in")}),
        ("ha ha ha ha ha ha ha ha", {("ha",)}),
        ("再考虑考虑吧", set()),
        ("考虑考虑考虑", {("考", "虑")}),
        ("北京北京北京的的的的", {("京", "北"), ("的",)}),
        ("... !!! ???", set()),
        ("", set()),
        ("a b c", set()),
    ],
)
def test_loops(text, expected):
    assert loops(text) == expected


def test_a_loop_in_the_reference_is_not_counted():
    counted = repetition(
        ["ha ha ha said he", "no no no", "fine", "ha ha ha"],
        ["He said: ha, ha, ha!", "no", "fine fine fine", "no no no"],
    )
    assert counted.rows.tolist() == [[0, 1], [1, 1], [0, 1], [1, 1]]
    assert counted.interval().value == 50.0


def test_different_numbers_of_texts_are_rejected():
    with pytest.raises(ValueError, match="shorter"):
        repetition(["a", "b"], ["a"])
