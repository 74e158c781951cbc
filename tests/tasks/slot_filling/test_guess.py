"""A user's own file: format, columns and splits detected, and read by the loader."""

import gzip
import json

import pytest

from pipeline.errors import DataError, InputError
from pipeline.tasks.slot_filling.guess import guess
from pipeline.tasks.slot_filling.loader import load

JSONL = '{"text": "a b", "intent": "i", "slots": [{"slot": "x", "start": 0, "end": 1}]}\n'
ENTITY = {"type": "x", "start_idx": 0, "end_idx": 0}
SMP = json.dumps([{"text": "a b", "intent": "i", "entities": [ENTITY]}])
TRIPLE = {"seq.in": "a b\n", "seq.out": "B-x O\n", "label": "i\n"}


@pytest.fixture
def read_back(make_settings):
    """A function that guesses a path, loads it so, and gives its spans with what was guessed."""

    def read_back(path):
        found, seen = guess(path)
        assert str(path) in seen
        assert "\n" not in seen
        records = [r for read in load(make_settings(found).data).splits.values() for r in read()]
        slots = [slot for record in records for slot in record["slots"]["slot"]]
        assert set(slots) == {"x"}
        return found

    return read_back


@pytest.mark.parametrize(
    ("name", "content", "format_"),
    [
        ("a.jsonl", JSONL, "jsonl"),
        ("a.txt", "\ufeff\n \n" + JSONL, "jsonl"),
        ("a.json", "\n" + SMP, "smp"),
        ("a.csv", "text,tags,intent\na b,B-x O,i\n", "table"),
        ("a.tsv", "text\ttags\tintent\na b\tB-x O\ti\n", "table"),
    ],
)
def test_a_file_s_format_is_seen(write, read_back, name, content, format_):
    path = write(name, content)
    found = read_back(path)
    assert found["format"] == format_
    assert found["files"] == {"train": str(path)}
    packed = write(f"{name}.gz", gzip.compress(content.encode()))
    assert read_back(packed)["format"] == format_


@pytest.mark.parametrize(
    ("keys", "columns"),
    [
        (("utterance", "entities", "label"), {"text": "utterance", "slots": "entities"}),
        (("Query", "Spans", "Class"), {"text": "Query", "slots": "Spans"}),
        (("sentence", "labels", "intents"), {"text": "sentence", "slots": "labels"}),
    ],
)
def test_keys_are_known_by_their_usual_names(write, read_back, keys, columns):
    row = json.loads(JSONL)
    values = (row["text"], row["slots"], row["intent"])
    renamed = {"id": 7} | dict(zip(keys, values, strict=True))
    found = read_back(write("a.jsonl", json.dumps(renamed)))
    assert found["columns"] == columns | {"intent": keys[2]}


def test_columns_are_known_by_their_usual_names(write, read_back):
    path = write("a.csv", "id,Sentence,ner_tags,LABEL\n1,a b,B-x O,i\n")
    columns = {"text": "Sentence", "tags": "ner_tags", "intent": "LABEL"}
    assert read_back(path)["columns"] == columns


def test_files_beside_a_training_file_are_its_splits(write, read_back):
    for name in ("train", "dev", "test", "other"):
        path = write(f"{name}.en.jsonl", JSONL)
    write("valid.zh.jsonl", JSONL)
    found = read_back(path.with_name("train.en.jsonl"))
    assert found["files"] == {
        "train": str(path.with_name("train.en.jsonl")),
        "valid": str(path.with_name("dev.en.jsonl")),
        "test": str(path.with_name("test.en.jsonl")),
    }
    assert read_back(path)["files"] == {"train": str(path)}


def test_a_folder_of_three_files_is_triples(write, read_back):
    for name, content in TRIPLE.items():
        folder = write(f"set/{name}", content).parent
    assert read_back(folder) == {"format": "triples", "files": {"train": str(folder)}}


def test_a_folder_of_such_folders_has_its_splits(write, read_back):
    for split in ("train", "dev", "test", "else"):
        for name, content in TRIPLE.items():
            folder = write(f"set/{split}/{name}", content).parents[1]
    assert read_back(folder)["files"] == {
        "train": str(folder / "train"),
        "valid": str(folder / "dev"),
        "test": str(folder / "test"),
    }


@pytest.mark.parametrize("content", ["", "\n\n", "plain text\n", "<xml/>", "B-x O"])
def test_an_unknown_format_is_refused_with_those_that_are_known(write, content):
    with pytest.raises(InputError, match=r"a\.txt: the format was not recognised; expected JSONL"):
        guess(write("a.txt", content))


def test_a_folder_without_annotations_is_refused(write):
    write("set/test/seq.in", "a\n")
    folder = write("set/seq.in", "a\n").parent
    with pytest.raises(InputError, match="set: no annotated utterances here; expected JSONL"):
        guess(folder)


@pytest.mark.parametrize(
    ("name", "content", "role", "present"),
    [
        ("a.jsonl", '{"body": "a", "intent": "i", "slots": []}', "text", "body, intent, slots"),
        ("a.jsonl", '{"text": "a", "slots": []}', "intent", "text, slots"),
        ("a.jsonl", '{"text": "a", "label": "i"}', "slots", "text, label"),
        ("a.csv", "text,intent\na,i\n", "tags", "text, intent"),
    ],
)
def test_a_missing_column_is_named_with_those_there_are(write, name, content, role, present):
    with pytest.raises(InputError) as caught:
        guess(write(name, content))
    message = str(caught.value)
    assert f"{name}: no column for the {role} among {present}; expected one of" in message
    assert f"data.columns.{role}" in message


def test_a_damaged_first_line_or_an_empty_table_is_refused(write):
    with pytest.raises(DataError, match=r"a\.jsonl:1: not valid JSON"):
        guess(write("a.jsonl", '{\n"text": "a"}\n'))
    with pytest.raises(DataError, match=r"a\.csv: the file is empty"):
        guess(write("a.csv", ""))
    with pytest.raises(DataError, match=r"a\.txt:1: byte 0xff"):
        guess(write("a.txt", b"\xff"))
    with pytest.raises(InputError, match="none: no such file or folder"):
        guess(write("a", "").with_name("none"))
