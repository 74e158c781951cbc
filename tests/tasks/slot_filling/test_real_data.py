"""Public benchmark sets, read as they circulate; nothing of them is in this project."""

import os
from pathlib import Path

import pytest
import tensorflow as tf

from pipeline.config import load_config
from pipeline.metrics.spans import chunks
from pipeline.tasks import schema_of
from pipeline.tasks.slot_filling.loader import load
from pipeline.tasks.slot_filling.records import tag_names
from pipeline.tasks.slot_filling.scoring import score
from pipeline.tasks.slot_filling.tokenizer import project_spans
from pipeline.text.tokens import tokenize

pytestmark = pytest.mark.slow

SETS = ("atis", "snips", "smp2019")
BATCH = 512


@pytest.fixture(scope="module")
def read():
    """A function from a shipped config's name to its settings, source and records by split."""
    kept = {}

    def read(name):
        folder = os.environ.get("NLP_DATA_DIR")
        if not folder or not (Path(folder) / name).is_dir():
            pytest.skip(f"NLP_DATA_DIR is {folder!r}; expected a folder with {name}/")
        if name not in kept:
            settings = load_config(name, schema_of).settings
            source = load(settings.data)
            records = {split: list(reader()) for split, reader in source.splits.items()}
            kept[name] = settings, source, records
        return kept[name]

    return read


def tags(records):
    """The BIO tags that write the records' spans on the source's own tokens."""
    found = {"O"}
    for record in records:
        starts = record["tokens"]["start"]
        for slot, start, end in zip(*record["slots"].values(), strict=True):
            inside = sum(start <= place < end for place in starts)
            found |= {f"B-{slot}", f"I-{slot}"} if inside > 1 else {f"B-{slot}"}
    return found


def through_our_tokens(records):
    """Answers that hold the gold spans, made tags of our tokens and spans again."""
    slots = sorted({slot for record in records for slot in record["slots"]["slot"]})
    ids, names = {slot: number for number, slot in enumerate(slots)}, tag_names(slots)
    answers = []
    for first in range(0, len(records), BATCH):
        rows = records[first : first + BATCH]
        found = tokenize(tf.constant([row["text"] for row in rows]))
        starts, ends = (
            tf.ragged.constant([row["slots"][key] for row in rows], tf.int32).to_tensor(0)
            for key in ("start", "end")
        )
        numbers = [[ids[slot] for slot in row["slots"]["slot"]] for row in rows]
        tag_rows = project_spans(
            found, starts, ends, tf.ragged.constant(numbers, tf.int32).to_tensor(-1)
        )
        columns = (tag_rows.to_list(), found.starts.to_list(), found.ends.to_list())
        for row, tag_row, start, end in zip(rows, *columns, strict=True):
            spans = [
                {"slot": slot, "start": start[begin], "end": end[stop - 1]}
                for slot, begin, stop in chunks([names[tag] for tag in tag_row])
            ]
            answers.append({"intent": {"label": row["intent"]}, "slots": spans})
    return answers


@pytest.mark.parametrize(
    ("name", "train", "valid", "test"),
    [("atis", 4478, 500, 893), ("snips", 13084, 700, 700), ("smp2019", 2053, 256, 270)],
)
def test_every_example_is_read(read, name, train, valid, test):
    _, _, records = read(name)
    sizes = {split: len(rows) for split, rows in records.items()}
    assert sizes == {"train": train, "valid": valid, "test": test}


@pytest.mark.parametrize(
    ("name", "train_tags", "unseen_tags", "train_intents", "unseen_intents"),
    [("atis", 120, 6, 21, 4), ("snips", 72, 0, 7, 0)],
)
def test_labels_are_those_that_are_known(
    read, name, train_tags, unseen_tags, train_intents, unseen_intents
):
    _, _, records = read(name)
    train, test = (tags(records[split]) for split in ("train", "test"))
    assert (len(train), len(test - train)) == (train_tags, unseen_tags)
    train, test = ({row["intent"] for row in records[split]} for split in ("train", "test"))
    assert (len(train), len(test - train)) == (train_intents, unseen_intents)


@pytest.mark.parametrize(("name", "repeated"), [("atis", 13), ("snips", 26)])
def test_test_texts_that_stand_in_train_are_those_that_are_known(read, name, repeated):
    _, _, records = read(name)
    train = {row["text"].strip() for row in records["train"]}
    assert sum(row["text"].strip() in train for row in records["test"]) == repeated


def test_smp_is_repaired_as_the_config_says_and_every_repair_counted(read):
    _, source, records = read("smp2019")
    # 15 pairs of spans of the set repeat or overlap; one span lies between two others, so that
    # dropping 14 spans settles them all.
    repeats, shorter = "exact repeats dropped", "shorter overlapping spans dropped"
    assert source.repairs == {
        f"train: {repeats}": 5,
        f"train: {shorter}": 5,
        f"valid: {repeats}": 1,
        f"valid: {shorter}": 1,
        f"test: {repeats}": 1,
        f"test: {shorter}": 1,
    }
    every = [slot for rows in records.values() for row in rows for slot in row["slots"]["slot"]]
    assert len(set(every)) == 59


@pytest.mark.parametrize("name", ["atis", "snips"])
def test_other_sets_need_no_repair(read, name):
    _, source, _ = read(name)
    assert source.repairs == {}


@pytest.mark.parametrize("name", SETS)
def test_gold_spans_survive_our_tokens(read, name):
    settings, _, records = read(name)
    for rows in records.values():
        found = score(settings, rows, through_our_tokens(rows))
        assert found.errors == []
        assert (
            found.metrics["slot_f1"]["value"] == found.metrics["sentence_accuracy"]["value"] == 100
        )
