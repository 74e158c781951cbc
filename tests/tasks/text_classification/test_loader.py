"""The loader: splits found and carved with equal shares, each file read its own way."""

import json
from collections import Counter

import pytest

from pipeline.errors import DataError, InputError, RowError
from pipeline.tasks.text_classification.loader import load, read


def texts(source):
    return {split: [row["text"] for row in read()] for split, read in source.splits.items()}


def table(*rows):
    return "text,label\n" + "".join(f"{row}\n" for row in rows)


def test_splits_come_in_the_usual_order_with_their_own_files(write, make_data):
    names = ("handwritten", "test", "train", "a_part", "valid")
    files = {name: write(f"{name}.csv", table(f"{name} text,x")) for name in names}
    source = load(make_data("csv", files))
    assert list(source.splits) == ["train", "valid", "test", "a_part", "handwritten"]
    assert texts(source) == {name: [f"{name} text"] for name in names}
    assert sorted(source.files) == sorted(files.values())
    assert next(iter(source.splits["test"]())) == {
        "text": "test text",
        "labels": ["x"],
        "source": f"{files['test']}:2",
    }


def test_absent_splits_are_carved_with_the_same_share_of_every_label(write, make_data):
    rows = [
        f"{label} {n},{label}" for label, count in (("a", 200), ("b", 30)) for n in range(count)
    ]
    data = make_data("csv", {"train": write("train.csv", table(*rows))}, split={"test": 0.2})
    found = {
        split: Counter(label for row in read() for label in row["labels"])
        for split, read in load(data).splits.items()
    }
    assert found == {
        "train": {"a": 140, "b": 21},
        "valid": {"a": 20, "b": 3},
        "test": {"a": 40, "b": 6},
    }
    other = make_data("csv", data.files, split={"test": 0.2, "seed": 2})
    assert texts(load(other)) != texts(load(data))


def test_texts_that_repeat_stay_on_one_side(write, make_data):
    rows = [
        f"{form},{label}"
        for n in range(60)
        for form in (f"Text {n}", f" text {n} ")
        for label in "ab"
    ]
    found = texts(load(make_data("csv", {"train": write("train.csv", table(*rows))})))
    keys = {split: {text.strip().lower() for text in rows} for split, rows in found.items()}
    assert sum(map(len, keys.values())) == 60
    assert all(keys.values())


def test_only_what_has_no_file_is_carved(write, make_data):
    train = write("train.csv", table(*(f"{n},{n % 2}" for n in range(40))))
    files = {"train": train, "valid": write("valid.csv", table("own,1"))}
    found = texts(load(make_data("csv", files)))
    assert found["valid"] == ["own"]
    assert (len(found["train"]), len(found["test"])) == (36, 4)


def test_each_file_is_read_its_own_way(write, make_data):
    lines = '{"body": "d e", "y": 2}\n'
    files = {
        "train": {
            "path": str(write("a.csv", "a,1\n")),
            "header": False,
            "columns": {"text": ["0"], "label": "1"},
            "labels": {"1": "good"},
        },
        "valid": {
            "path": str(write("b.csv", "2,bé,c\n".encode("latin-1"))),
            "header": False,
            "encoding": "latin-1",
            "columns": {"text": ["1", "2"], "label": "0"},
        },
        "test": {
            "path": str(write("c.jsonl", lines)),
            "format": "jsonl",
            "columns": {"text": ["body"], "label": "y"},
        },
    }
    source = load(make_data("csv", files, labels={"2": "bad"}))
    found = {
        split: [(r["text"], r["labels"]) for r in read()] for split, read in source.splits.items()
    }
    assert found == {
        "train": [("a", ["good"])],
        "valid": [("bé c", ["bad"])],
        "test": [("d e", ["bad"])],
    }


def test_folders_are_read_and_their_files_are_the_content(write, make_data):
    for split in ("train", "test"):
        for label in ("neg", "pos"):
            for number in range(10):
                path = write(f"set/{split}/{label}/{number}.txt", f"{split} {label} {number}")
    root = path.parents[2]
    source = load(make_data("folders", {"train": root / "train", "test": root / "test"}))
    assert {split: len(rows) for split, rows in texts(source).items()} == {
        "train": 18,
        "valid": 2,
        "test": 20,
    }
    assert len(source.files) == 40
    with pytest.raises(InputError, match="pos: no files in folders; expected a folder for each"):
        load(make_data("folders", {"train": root / "train" / "pos"}))


def test_nothing_is_read_before_a_split_is_and_a_split_can_be_read_again(write, make_data):
    files = dict.fromkeys(("train", "valid", "test"), write("a.jsonl", "{broken"))
    source = load(make_data("jsonl", files))
    with pytest.raises(DataError, match=r"a\.jsonl:1: not valid JSON"):
        list(source.splits["train"]())
    files = {"train": write("b.csv", table("a,x", "b,x"))}
    source = load(make_data("csv", files))
    assert texts(source) == texts(source)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"files": {}}, "data.files names nothing; expected `train`"),
        ({"files": {"valid": "a.csv"}}, "data.files names valid; expected `train`"),
        ({"files": {"train": "no/such.csv"}}, r"no/such\.csv: no such file or folder"),
        ({"files": {"train": "x"}, "encoding": "utf-9"}, "encoding `utf-9`: unknown; expected one"),
        ({"files": {"train": "x"}, "multi_label": True, "separator": ""}, "separator is empty"),
    ],
)
def test_settings_that_fit_nothing_are_rejected_at_once(make_data, data, message):
    with pytest.raises(InputError, match=message):
        load(make_data("csv", **data))


def test_a_file_where_a_folder_is_expected_is_rejected_and_the_other_way_round(write, make_data):
    file = write("set/a.csv", table("a,x"))
    with pytest.raises(InputError, match=r"set: a folder; data\.format csv expects a file"):
        load(make_data("csv", {"train": file.parent}))
    with pytest.raises(InputError, match=r"a file; data\.format folders expects a folder"):
        load(make_data("folders", {"train": file}))


def test_a_collector_gets_every_bad_line_and_good_ones_are_read(write, make_data):
    rows = ("a,x", "b", " ,x", "c,", "d, x", "e,z", "f,x")
    path = write("a.csv", table(*rows))
    files = dict.fromkeys(("train", "valid", "test"), path)
    errors = []
    source = load(make_data("csv", files, labels={"x": "good"}), errors.append)
    assert [row["text"] for row in source.splits["train"]()] == ["a", "f"]
    assert [error.line for error in errors] == [3, 4, 5, 6, 7]
    assert [isinstance(error, RowError) and error.safe for error in errors] == [False] * 3 + [
        True,
        False,
    ]


def test_labels_that_get_one_name_are_counted(write, make_data):
    rows = [json.dumps({"text": f"t {n}", "label": ["a", "b", "c"]}) + "\n" for n in range(4)]
    files = dict.fromkeys(("train", "valid", "test"), write("a.jsonl", "".join(rows)))
    names = {"a": "x", "b": "x", "c": "y"}
    source = load(make_data("jsonl", files, labels=names, multi_label=True))
    for _ in range(2):
        assert [row["labels"] for row in source.splits["train"]()] == [["x", "y"]] * 4
    what = "labels of a text that data.labels gives one name"
    assert source.repairs == {f"train: {what}": 4}


def test_read_gives_the_training_file_whole(write, make_data):
    path = write("a.csv", table(*(f"text {n},{n % 2}" for n in range(30)), "bad"))
    errors = []
    records = list(
        read(make_data("csv", {"train": path}, labels={"0": "x", "1": "y"}), errors.append)
    )
    assert [row["text"] for row in records] == [f"text {n}" for n in range(30)]
    assert {label for row in records for label in row["labels"]} == {"x", "y"}
    assert [error.line for error in errors] == [32]
