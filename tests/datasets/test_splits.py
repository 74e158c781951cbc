"""Carved splits: disjoint, complete, stable, and about as large as asked for."""

from collections import Counter

import pytest

from pipeline.datasets.splits import carve

SHARES = {"valid": 0.1, "test": 0.2}


def divide(texts, shares=None, seed=1):
    """Split name to the list of its texts."""
    splits = carve(lambda: iter(texts), lambda text: text, shares or SHARES, seed)
    return {name: list(read()) for name, read in splits.items()}


def texts(count, prefix="text"):
    return [f"{prefix} {number}" for number in range(count)]


def test_splits_are_disjoint_and_complete_and_keep_the_order():
    every = texts(1000)
    found = divide(every)
    assert list(found) == ["train", "valid", "test"]
    assert Counter(text for split in found.values() for text in split) == Counter(every)
    assert all(split == sorted(split, key=every.index) for split in found.values())


def test_shares_are_about_right():
    found = divide(texts(10_000))
    # Three standard deviations of a binomial count: 90 of 1000, 120 of 2000.
    assert len(found["valid"]) == pytest.approx(1000, abs=90)
    assert len(found["test"]) == pytest.approx(2000, abs=120)


def test_duplicates_stay_on_one_side_case_and_outer_space_aside():
    found = divide([form for text in texts(300) for form in (text, f" {text.upper()}\n", text)])
    for split in found.values():
        assert set(Counter(text.strip().lower() for text in split).values()) <= {3}


def test_the_seed_decides_and_nothing_else():
    every = texts(500)
    assert divide(every) == divide(every)
    assert divide(every, seed=2)["test"] != divide(every)["test"]


def test_more_data_moves_no_old_example():
    old, new = divide(texts(500)), divide([*texts(200, "new"), *texts(500), *texts(50, "last")])
    assert all(set(old[name]) <= set(new[name]) for name in old)


def test_another_split_moves_no_example_of_the_first():
    assert divide(texts(500), {"valid": 0.1})["valid"] == divide(texts(500))["valid"]


def test_no_share_leaves_all_to_train():
    splits = carve(lambda: iter("abc"), str, {}, 1)
    assert {name: list(read()) for name, read in splits.items()} == {"train": ["a", "b", "c"]}


def test_nothing_is_read_before_a_split_is_and_each_reading_is_a_fresh_pass():
    passes = []

    def examples():
        passes.append(1)
        return iter(texts(10))

    splits = carve(examples, str, SHARES, 1)
    assert passes == []
    assert list(splits["train"]()) == list(splits["train"]())
    assert len(passes) == 2


def test_a_damaged_text_has_a_place_too():
    found = divide(["half \ud83d", "whole"])
    assert sum(map(len, found.values())) == 2
