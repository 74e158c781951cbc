"""The store on disk: what is read back is what was prepared, and it is prepared once."""

import numpy as np
import pytest
import tensorflow_datasets as tfds

from pipeline.datasets import store
from pipeline.errors import DataError, InputError

FEATURES = {
    "text": tfds.features.Text(),
    "number": tfds.features.Scalar(np.int32),
    "spans": tfds.features.Sequence(
        {"slot": tfds.features.Text(), "start": tfds.features.Scalar(np.int32)}
    ),
    "parts": tfds.features.Sequence(tfds.features.Text()),
}
TEXTS = ["👩‍👩‍👧 京", "", "tab\t\u0085\u2028\x00end\x00", " e\u0301 ", "\ufeff", "x" * 5000]
RECORDS = [
    {
        "text": text,
        "number": -number,
        "spans": {"slot": ["ü", ""][:number], "start": [7, 8][:number]},
        "parts": ["甲", "b"][: number % 3],
    }
    for number, text in enumerate(TEXTS)
]
MANY = [{**RECORDS[0], "text": f"text {number}"} for number in range(2000)]


def prepare(folder, key="k", splits=None, metadata=dict):
    return store.prepare(
        folder / "prepared", key, tfds.features.FeaturesDict(FEATURES), splits, metadata
    )


def readers(**splits):
    return {name: lambda records=records: iter(records) for name, records in splits.items()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Holds one prepared dataset, whose metadata is known only once all was read."""
    folder = tmp_path_factory.mktemp("store")
    counted = []

    def train():
        counted.append("train read")
        yield from RECORDS

    splits = {"train": train, **readers(valid=MANY, **{"part-b_2": RECORDS[:1]})}
    prepare(folder, splits=splits, metadata=lambda: {"repairs": {"counted": len(counted)}})
    return folder


def unread():
    raise AssertionError("the source was read again")


@pytest.fixture(scope="module")
def prepared(folder):
    """The same dataset, asked for once more."""
    return prepare(folder, splits={"train": unread}, metadata=unread)


def test_records_come_back_identical_in_order(prepared):
    assert list(store.records(prepared, "train")) == RECORDS
    assert list(store.records(prepared, "part-b_2")) == RECORDS[:1]


def test_many_records_keep_the_order_of_the_source(prepared):
    assert list(store.records(prepared, "valid")) == MANY


def test_records_are_plain_values(prepared):
    record = next(store.records(prepared, "train"))
    assert type(record["number"]) is int
    assert type(record["spans"]["start"]) is list
    first = list(store.records(prepared, "train"))[1]["spans"]
    assert [type(value) for value in (first["slot"][0], first["start"][0])] == [str, int]


def test_what_was_counted_while_reading_is_kept(prepared):
    assert prepared.info.metadata["repairs"] == {"counted": 1}
    assert {name: split.num_examples for name, split in prepared.info.splits.items()} == {
        "train": len(RECORDS),
        "valid": len(MANY),
        "part-b_2": 1,
    }


def test_another_key_is_another_dataset(folder, prepared):
    other = prepare(folder, "other", readers(train=RECORDS[1:2]))
    assert list(store.records(other, "train")) == RECORDS[1:2]
    assert list(store.records(prepared, "train")) == RECORDS


def test_an_unknown_split_is_named(prepared):
    with pytest.raises(InputError, match=r"split tset: not in this data; it has .*train"):
        store.examples(prepared, "tset")


def test_an_empty_split_is_rejected_and_nothing_kept(folder):
    splits = readers(train=RECORDS, test=[])
    with pytest.raises(InputError, match=r"split test: no examples; .* share \(data.split.test\)"):
        prepare(folder, "empty", splits)
    with pytest.raises(InputError, match=r"split train: no examples; expected at least one$"):
        prepare(folder, "no rows", readers(train=[]))
    again = prepare(folder, "empty", readers(train=RECORDS, test=RECORDS))
    assert list(store.records(again, "test")) == RECORDS


def test_a_bad_line_stops_the_preparation_and_leaves_no_partial_dataset(folder):
    def broken():
        yield RECORDS[0]
        raise DataError("data.jsonl", 2, "bad", "good")

    with pytest.raises(DataError, match=r"^data\.jsonl:2: bad; expected good$"):
        prepare(folder, "broken", {"train": broken})
    mended = prepare(folder, "broken", readers(train=RECORDS))
    assert list(store.records(mended, "train")) == RECORDS
