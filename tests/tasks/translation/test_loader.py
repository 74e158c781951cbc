"""The loader: splits found and carved by source, filters on train alone, each file its own way."""

import json

import pytest

from pipeline.errors import DataError, InputError
from pipeline.tasks.translation.loader import load, read


def sides(source):
    return {
        split: [(r["text"], r["target"]) for r in read()] for split, read in source.splits.items()
    }


def table(*rows):
    return "source\ttarget\n" + "".join(f"{text}\t{target}\n" for text, target in rows)


def test_splits_come_in_the_usual_order_with_their_own_files(write, make_data):
    names = ("handwritten", "test", "train", "a_part", "valid")
    files = {name: write(f"{name}.tsv", table((name, "x"))) for name in names}
    source = load(make_data("tsv", files))
    assert list(source.splits) == ["train", "valid", "test", "a_part", "handwritten"]
    assert sides(source) == {name: [(name, "x")] for name in names}
    assert sorted(source.files) == sorted(files.values())
    assert next(iter(source.splits["test"]())) == {
        "text": "test",
        "target": "x",
        "source": f"{files['test']}:2",
        "parts": [],
    }


def test_no_source_stands_in_two_carved_splits(write, make_data):
    rows = [
        (text, f"ziel {n} {variant}")
        for n in range(120)
        for variant, text in enumerate((f"Text {n}.", f"text {n}!", f" TEXT {n}"))
    ]
    data = make_data("tsv", {"train": write("train.tsv", table(*rows))}, split={"test": 0.2})
    found = sides(load(data))
    assert sum(map(len, found.values())) == 360
    numbers = {
        split: {text.strip(" .!").lower() for text, _ in rows} for split, rows in found.items()
    }
    assert all(numbers.values())
    assert sum(map(len, numbers.values())) == 120
    assert 10 < len(numbers["test"]) < 40
    other = make_data("tsv", data.files, split={"test": 0.2, "seed": 2})
    assert sides(load(other)) != found


def test_only_what_has_no_file_is_carved(write, make_data):
    train = write("train.tsv", table(*((f"t {n}", "x") for n in range(100))))
    found = sides(
        load(make_data("tsv", {"train": train, "valid": write("v.tsv", table(("v", "x")))}))
    )
    assert found["valid"] == [("v", "x")]
    assert len(found["train"]) + len(found["test"]) == 100


def test_each_file_is_read_its_own_way(write, make_data):
    files = {
        "train": {"source": write("a.en", "Hi\n"), "target": write("a.de", "Hallo\n")},
        "valid": {
            "path": write("b.csv", "né,oui,3\n".encode("latin-1")),
            "format": "csv",
            "header": False,
            "encoding": "latin-1",
            "columns": {"source": "1", "target": "0"},
        },
        "test": {
            "path": write("c.jsonl", '{"translation": {"en": "x", "de": "y"}, "parts": ["p"]}\n'),
            "format": "jsonl",
            "columns": {"source": "translation.en", "target": "translation.de"},
        },
    }
    source = load(make_data("aligned", files))
    assert sides(source) == {
        "train": [("Hi", "Hallo")],
        "valid": [("oui", "né")],
        "test": [("x", "y")],
    }
    assert next(iter(source.splits["test"]()))["parts"] == ["p"]
    assert [path.name for path in source.files] == ["a.en", "a.de", "b.csv", "c.jsonl"]


def test_filters_leave_out_of_train_and_what_is_carved_but_not_of_other_files(write, make_data):
    rows = [(f"text {n}", f"ziel {n}") for n in range(50)] + [("same", "Same")] * 3 + [("x", " ")]
    files = {"train": write("a.tsv", table(*rows)), "test": write("b.tsv", table(("y", "y")))}
    data = make_data("tsv", files, filters={"identical": True, "empty": True})
    source = load(data)
    for _ in range(2):  # each pass counts anew
        found = sides(source)
        assert len(found["train"]) + len(found["valid"]) == 50
        assert found["test"] == [("y", "y")]
        assert source.repairs == {
            "train: left out, because a side is empty": 1,
            "train: left out, because both sides are the same": 3,
        }
    dropped = [(each.record["source"], each.why) for each in source.dropped()]
    assert dropped == [
        *((f"{files['train']}:{line}", "both sides are the same") for line in (52, 53, 54)),
        (f"{files['train']}:55", "a side is empty"),
    ]
    assert (
        len(list(read(make_data("tsv", {"train": files["test"]}, filters={"identical": True}))))
        == 1
    )
    assert list(load(make_data("tsv", {"train": files["test"]})).dropped()) == []


def test_an_empty_side_is_an_error_where_it_is_not_left_out(write, make_data):
    files = {"train": write("a.tsv", table(("a", "b"))), "test": write("b.tsv", table(("y", " ")))}
    source = load(make_data("tsv", files, filters={"empty": True}))
    with pytest.raises(DataError, match=r"b\.tsv:2: the target side is empty; expected both"):
        list(source.splits["test"]())


def test_a_collector_gets_every_bad_line_and_good_ones_are_read(write, make_data):
    path = write("a.tsv", "source\ttarget\na\tx\nb\n\ty\nc\tz\n")
    errors = []
    source = load(make_data("tsv", dict.fromkeys(("train", "valid", "test"), path)), errors.append)
    assert [row["text"] for row in source.splits["train"]()] == ["a", "c"]
    assert [error.line for error in errors] == [3, 4]
    assert [row["text"] for row in read(make_data("tsv", {"train": path}), errors.append)] == [
        "a",
        "c",
    ]
    assert list(source.dropped()) == []
    assert len(errors) == 4


def test_nothing_is_read_before_a_split_is_and_a_split_can_be_read_again(write, make_data):
    files = dict.fromkeys(("train", "valid", "test"), write("a.jsonl", "{broken"))
    source = load(make_data("jsonl", files))
    with pytest.raises(DataError, match=r"a\.jsonl:1: not valid JSON"):
        list(source.splits["train"]())
    lines = "".join(json.dumps({"source": f"s {n}", "target": "t"}) + "\n" for n in range(9))
    source = load(make_data("jsonl", {"train": write("b.jsonl", lines)}))
    assert sides(source) == sides(source)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"files": {"valid": "a.csv"}}, "data.files names valid; expected `train`"),
        ({"files": {"train": "no/such.csv"}}, r"no/such\.csv: no such file or folder"),
        ({"files": {"train": "x"}, "encoding": "utf-9"}, "encoding `utf-9`: unknown; expected one"),
        ({"files": {"train": "/tmp"}}, r"/tmp: a folder; data\.format csv expects a file"),
    ],
)
def test_settings_that_fit_nothing_are_rejected_at_once(make_data, data, message):
    with pytest.raises(InputError, match=message):
        load(make_data("csv", **data))
