"""Audits: each finding by hand, none where there is nothing to find."""

import pytest

from pipeline.tasks.text_classification.audit import audit
from pipeline.tasks.text_classification.records import Example


def record(text, *labels, source="train.csv:1"):
    return Example(text, labels or ("x",), source).to_record()


def rows_of(tables, title):
    [table] = [table for table in tables if table.title.startswith(title)]
    return [tuple(row) for row in table.rows]


def many(label, times=5):
    return [record(f"{label} {n}", label, source=f"train.csv:{n}") for n in range(times)]


def test_nothing_odd_gives_no_table():
    assert audit({"train": many("x"), "test": [record("hi", "x")]}) == []
    assert audit({}) == []


def test_repeats_are_counted_with_their_places():
    rows = [record("Hi Oslo", source=f"a/train.csv:{n}") for n in range(1, 5)]
    rows.append(record(" hi oslo\n", source="a/train.csv:9"))
    where = "train.csv:1, train.csv:2, train.csv:3 and 2 more"
    assert rows_of(audit({"train": rows}), "repeated texts: 1") == [(5, "Hi Oslo", "train", where)]


def test_the_same_text_with_different_labels():
    rows = [
        record("a\tb", "x", source="t:1"),
        record("A\tB", "y", source="t:2"),
        record("a\tb ", "x", source="t:3"),
        record("a\tb", "z", "y", source="t:4"),
        record("c", "y", "x", source="t:5"),
        record("c", "x", "y", source="t:6"),
    ]
    title = "the same text, labelled differently: 1"
    found = rows_of(audit({"train": rows[:3], "test": rows[3:]}), title)
    assert found == [(4, "a\\tb", "x 2\ny 1\ny, z 1", "t:1, t:3\nt:2\nt:4")]


def test_test_texts_in_train_are_counted_and_those_labelled_alike():
    train = [record("a", "x", source="d/train.txt:1"), record("b", "x"), record("a", "y")]
    test = [
        record("A", "y", source="d/test.txt:1"),
        record("b", "y", source="d/test.txt:2"),
        record("new", source="d/test.txt:3"),
    ]
    assert rows_of(audit({"train": train, "test": test}), "test texts that are also in train") == [
        ("test", 2, 3, 1, "test.txt:1 = train.txt:1\ntest.txt:2 = train.csv:1")
    ]


@pytest.mark.parametrize(("times", "rare"), [(4, [(4, "x", "train.csv:0")]), (5, [])])
def test_labels_with_few_examples_in_train(times, rare):
    splits = {"train": many("x", times), "test": [record("a", "new", "x", source="t:8")]}
    found = rows_of(audit(splits), "labels with fewer than 5 examples in train")
    assert found == [(0, "new", "t:8"), *rare]


def test_places_of_files_that_are_texts_and_of_tfds_rows():
    rows = [record("a", "pos", source=source) for source in ("s/pos/7.txt:1", "tfds:x/train:3")]
    [(_, _, _, where)] = rows_of(audit({"train": rows}), "repeated texts")
    assert where == "pos/7.txt, tfds:x/train:3"
