"""What audits report of annotated texts; the tasks' own tests check each table by hand."""

from pipeline.userfiles.audit import (
    Annotated,
    contradictions,
    largest_first,
    listed,
    overlap,
    place_of,
    rare_labels,
    repeated_texts,
)


def example(text, label="x", place="t:1"):
    return Annotated(text, label, {"kind ": [label]}, place)


def test_places_are_short():
    assert place_of("a/b/test.jsonl:7") == "test.jsonl:7"
    assert place_of("a/b/seq.in:7", folder=True) == "b/seq.in:7"
    assert place_of("tfds:x/train:3") == "tfds:x/train:3"
    assert listed(["a:1", "a:2", "a:3"]) == "a:1, a:2, a:3"
    assert listed(["a:1", "a:2", "a:3", "a:4", "a:5"]) == "a:1, a:2, a:3 and 2 more"


def test_the_largest_rows_are_shown_and_all_are_counted():
    table = largest_first("odd", ("times", "text"), [(n, "x") for n in range(30)])
    assert table.title == "odd: 30, the first 20"
    assert table.rows[0] == (29, "x")
    assert len(table.rows) == 20
    assert largest_first("odd", ("times",), []).title == "odd: 0"


def test_texts_are_the_same_whatever_their_case_and_margins():
    splits = {"train": [example("Hi"), example(" hi", "y", "t:2")], "test": [example("HI", "y")]}
    assert repeated_texts(splits).rows == [(2, "Hi", "train", "t:1, t:2")]
    [by_label] = contradictions(splits)
    assert {label: len(same) for label, same in by_label.items()} == {"x": 1, "y": 2}
    assert overlap(splits).rows == [("test", 1, 1, 1, "t:1 = t:1")]


def test_rare_labels_are_ranked_within_their_kind():
    splits = {"train": [example("a", "b"), example("c", "b"), example("d", "a")]}
    splits["test"] = [example("e", "z", "t:9")]
    assert rare_labels(splits).rows == [
        (0, "kind z", "t:9"),
        (1, "kind a", "t:1"),
        (2, "kind b", "t:1"),
    ]
