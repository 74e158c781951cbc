"""Public benchmark sets, read as they circulate; nothing of them is in this project."""

import os
from collections import Counter
from pathlib import Path

import pytest

from pipeline.config import load_config
from pipeline.tasks.text_classification.loader import load, read
from pipeline.tasks.text_classification.settings import TextClassificationSettings

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def read_set():
    """A function from a shipped config's name to its records by split."""
    kept = {}

    def read_set(name):
        folder = os.environ.get("NLP_DATA_DIR")
        if not folder or not (Path(folder) / name).is_dir():
            pytest.skip(f"NLP_DATA_DIR is {folder!r}; expected a folder with {name}/")
        if name not in kept:
            data = load_config(name, lambda _: TextClassificationSettings).settings.data
            records = {split: list(reader()) for split, reader in load(data).splits.items()}
            kept[name] = records | {"all": list(read(data))}
        return kept[name]

    return read_set


def keys(records):
    return Counter(record["text"].strip().casefold() for record in records)


@pytest.mark.parametrize(
    ("name", "train", "valid", "test", "labels"),
    [
        ("trec6", 5452, None, 500, 6),
        ("sst2", 6920, 872, 1821, 2),
        ("ag_news", 5000, None, 7600, 4),
        ("tnews", 53360, None, 10000, 15),
        ("imdb", 25000, None, 25000, 2),
    ],
)
def test_every_example_is_read(read_set, name, train, valid, test, labels):
    records = read_set(name)
    assert (len(records["all"]), len(records["test"])) == (train, test)
    if valid is None:  # carved
        assert len(records["train"]) + len(records["valid"]) == train
        assert len(records["valid"]) == pytest.approx(train / 10, rel=0.02)
        assert not keys(records["train"]) & keys(records["valid"])
    else:
        assert (len(records["train"]), len(records["valid"])) == (train, valid)
    found = [
        {label for row in records[split] for label in row["labels"]} for split in ("all", "test")
    ]
    assert found[0] == found[1]
    assert len(found[0]) == labels


@pytest.mark.parametrize("name", ["trec6", "ag_news", "tnews", "imdb"])
def test_every_label_has_its_share_of_a_carved_split(read_set, name):
    records = read_set(name)
    every, valid = (
        Counter(row["labels"][0] for row in records[split]) for split in ("all", "valid")
    )
    for label, count in every.items():
        assert valid[label] == pytest.approx(count / 10, abs=2 + count / 50)


def test_repeats_are_those_that_are_known(read_set):
    records = read_set("trec6")
    train = Counter(record["text"] for record in records["all"])
    assert len(records["all"]) - len(train) == 71
    assert sum(record["text"] in train for record in records["test"]) == 10
    records = read_set("tnews")
    train = {record["text"] for record in records["all"]}
    assert sum(record["text"] in train for record in records["test"]) == 1099
    pairs = {(record["text"], record["labels"][0]) for record in records["all"]}
    assert sum(times > 1 for times in Counter(text for text, _ in pairs).values()) == 547
    assert min(Counter(row["labels"][0] for row in records["all"]).values()) == 257


def test_odd_characters_are_kept(read_set):
    imdb, tnews = read_set("imdb"), read_set("tnews")
    assert sum("\x85" in row["text"] for row in imdb["all"]) > 0
    assert any(row["text"].startswith('"') for row in tnews["all"])
    assert any("\xf0" in row["text"] for row in read_set("trec6")["all"])
