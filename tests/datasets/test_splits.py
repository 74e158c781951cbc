"""Carved splits: disjoint, complete, stable, and about as large as asked for."""

from collections import Counter

import pytest

from pipeline.datasets.splits import carve, carve_stratified, ordered

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


def test_duplicates_stay_on_one_side_ignoring_case_and_outer_whitespace():
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


# --- stratified ---


def divide_labelled(rows, shares=None, seed=1):
    """Split name to its (text, labels) pairs."""
    splits = carve_stratified(
        lambda: iter(rows), lambda row: row[0], lambda row: row[1], shares or SHARES, seed
    )
    return {name: list(read()) for name, read in splits.items()}


def labelled(label, count):
    return [(text, (label,)) for text in texts(count, label)]


def counts(rows):
    return Counter(label for _, labels in rows for label in labels)


def test_every_label_has_the_same_share():
    found = divide_labelled([*labelled("a", 1000), *labelled("b", 86), *labelled("c", 5)])
    assert list(found) == ["train", "valid", "test"]
    # Of 100 + 8.6 + 0.5 in valid, 109 in all, the largest remainder is rounded up.
    assert counts(found["valid"]) == {"a": 100, "b": 9}
    assert counts(found["test"]) == {"a": 200, "b": 17, "c": 1}
    assert counts(found["train"]) == {"a": 700, "b": 60, "c": 4}


def test_many_rare_labels_make_a_split_together():
    rows = [row for number in range(100) for row in labelled(f"label {number}", 4)]
    found = divide_labelled(rows)
    assert {name: len(split) for name, split in found.items()} == {
        "train": 280,
        "valid": 40,
        "test": 80,
    }
    assert max(counts(found["valid"]).values()) == max(counts(found["test"]).values()) == 1
    other = divide_labelled(rows, seed=2)
    assert counts(found["valid"]).keys() != counts(other["valid"]).keys()


def test_stratified_splits_are_disjoint_and_complete_and_keep_the_order():
    every = [
        row for pair in zip(labelled("a", 300), labelled("b", 300), strict=True) for row in pair
    ]
    found = divide_labelled(every)
    assert Counter(row for split in found.values() for row in split) == Counter(every)
    assert all(split == sorted(split, key=every.index) for split in found.values())
    assert found == divide_labelled(every)
    assert found["test"] != divide_labelled(every, seed=2)["test"]


def test_a_label_stays_in_train_whatever_the_shares():
    shares = {"valid": 0.49, "test": 0.49}
    for count in range(1, 8):
        assert counts(divide_labelled(labelled("a", count), shares)["train"])["a"] >= 1
    repeated = labelled("a", 1) * 50 + labelled("b", 4)
    assert counts(divide_labelled(repeated)["train"]) == {"a": 50, "b": 3}


def test_texts_that_repeat_stay_together_even_under_other_labels():
    rows = [
        (form, (label,))
        for number, text in enumerate(texts(200))
        for form in (text, f" {text.upper()}\u3000")
        for label in ("a", "b" if number % 3 else "a")
    ]
    found = divide_labelled(rows)
    for split in found.values():
        assert set(Counter(text.strip().lower() for text, _ in split).values()) <= {4}
    # All go by the first example's label, a; groups of four are cut where their middle lies.
    assert len(found["valid"]) == 80
    assert len(found["test"]) == 160


def test_a_label_may_have_no_text_of_its_own():
    rows = [*labelled("a", 20), *((text, ("b",)) for text, _ in labelled("a", 20))]
    assert sum(map(len, divide_labelled(rows).values())) == 40


def test_several_labels_count_as_the_rarest_and_none_as_one():
    rows = [(text, ("common", "rare")) for text in texts(10, "both")]
    rows += [(text, ()) for text in texts(20, "none")] + labelled("common", 100)
    found = divide_labelled(rows)
    assert counts(found["valid"]) == {"common": 11, "rare": 1}
    assert sum(not labels for _, labels in found["valid"]) == 2


def test_another_stratified_split_moves_no_example_of_the_first():
    rows = [*labelled("a", 333), *labelled("b", 44)]
    assert divide_labelled(rows, {"valid": 0.1})["valid"] == divide_labelled(rows)["valid"]


def test_stratified_splits_are_lazy_and_divide_once():
    passes = []

    def examples():
        passes.append(1)
        return iter(labelled("a", 10))

    splits = carve_stratified(examples, lambda row: row[0], lambda row: row[1], SHARES, 1)
    assert passes == []
    assert list(splits["train"]()) == list(splits["train"]())
    assert len(passes) == 3


def test_no_example_and_no_share_divide_too():
    assert divide_labelled([]) == {"train": [], "valid": [], "test": []}
    splits = carve_stratified(lambda: iter("ab"), str, list, {}, 1)
    assert {name: list(read()) for name, read in splits.items()} == {"train": ["a", "b"]}


def test_splits_come_in_the_usual_order():
    assert ordered(["x", "test", "a", "valid", "train"]) == ["train", "valid", "test", "a", "x"]
