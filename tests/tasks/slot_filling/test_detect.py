"""A user's own file: format, columns and splits detected, and read by the loader."""

import gzip
import json

import pytest

from pipeline.errors import DataError, InputError
from pipeline.tasks.slot_filling.detect import detect
from pipeline.tasks.slot_filling.loader import load

JSONL = '{"text": "a b", "intent": "i", "slots": [{"slot": "x", "start": 0, "end": 1}]}\n'
ENTITY = {"type": "x", "start_idx": 0, "end_idx": 0}
SMP = json.dumps([{"text": "a b", "intent": "i", "entities": [ENTITY]}])
LABEL = {"start": 0, "end": 1, "text": "a", "labels": ["x"]}
LABEL_STUDIO = json.dumps(
    [{"data": {"text": "a b"}, "annotations": [{"result": [{"value": LABEL}]}]}], indent=2
)
TRIPLE = {"seq.in": "a b\n", "seq.out": "B-x O\n", "label": "i\n"}


@pytest.fixture
def read_back(make_settings):
    """A function that guesses a path, loads it so, and gives its spans with what was guessed."""

    def read_back(path):
        found, seen = detect(path)
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
        ("a.txt", "# intent: i\na B-x\nb O\n\n", "conll"),
        ("a.bio", "-DOCSTART- O\n\ni\na NN B-x\nb NN O\n", "conll"),
        ("a.txt", "i\thello\ni\tto [a](x) b\n", "inline"),
        ("a.md", "[a](x) b\n", "inline"),
        ("a.md", "## intent:i\n- [a](x) b\n", "inline"),
        ("a.yml", "nlu:\n- intent: i\n  examples: |\n    - [a](x) b\n", "rasa"),
        ("a.txt", "# c\nnlu:\n- intent: i\n  examples: |\n    - [a](x) b\n", "rasa"),
        ("a.jsonl", '{"id": 1, "text": "a", "label": [[0, 1, "x"]]}\n', "doccano"),
        (
            "a.jsonl",
            '{"text": "a", "labels": []}\n{"text": "a", "labels": [[0, 1, "x"]]}',
            "doccano",
        ),
        ("a.jsonl", '{"text": "a", "entities": [[0, 1, "x"]], "cats": ["i"]}\n', "doccano"),
        ("a.jsonl", '{"text": "a", "entities": [[0, 1, "x"]], "intent": "i"}\n', "jsonl"),
        ("a.json", LABEL_STUDIO, "label_studio"),
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
        (("文本", "槽位", "意图"), {"text": "文本", "slots": "槽位"}),
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
        detect(write("a.txt", content))


def test_a_folder_without_annotations_is_refused(write):
    write("set/test/seq.in", "a\n")
    folder = write("set/seq.in", "a\n").parent
    with pytest.raises(InputError, match="set: no annotated utterances here; expected JSONL"):
        detect(folder)


@pytest.mark.parametrize(
    ("name", "content", "role", "present"),
    [
        ("a.jsonl", '{"body": "a", "intent": "i", "slots": []}', "text", "body, intent, slots"),
        ("a.jsonl", '{"text": "a", "label": "i"}', "slots", "text, label"),
        ("a.csv", "text,intent\na,i\n", "tags", "text, intent"),
    ],
)
def test_a_missing_column_is_named_with_those_there_are(write, name, content, role, present):
    with pytest.raises(InputError) as caught:
        detect(write(name, content))
    message = str(caught.value)
    assert f"{name}: no column for the {role} among {present}; expected one of" in message
    assert f"data.columns.{role}" in message


def test_a_damaged_first_line_or_an_empty_table_is_refused(write):
    with pytest.raises(DataError, match=r"a\.jsonl:1: not valid JSON"):
        detect(write("a.jsonl", '{\n"text": "a"}\n'))
    with pytest.raises(DataError, match=r"a\.csv: the file is empty"):
        detect(write("a.csv", ""))
    with pytest.raises(DataError, match=r"a\.txt:1: byte 0xff"):
        detect(write("a.txt", b"\xff"))
    with pytest.raises(InputError, match="none: no such file or folder"):
        detect(write("a", "").with_name("none"))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.conll", "a B-x\nb O\n"),
        ("a.txt", "[a](x) b\n"),
        ("a.jsonl", '{"text": "a", "slots": [{"slot": "x", "start": 0, "end": 1}]}\n'),
        ("a.json", LABEL_STUDIO),
    ],
)
def test_where_no_intents_are_stated_the_config_gives_one(write, read_back, name, content):
    path = write(name, content)
    assert read_back(path)["intent"] == "none"
    assert detect(path)[1].endswith("it states no intents: all get `none`")


@pytest.mark.parametrize(
    ("tags", "scheme"),
    [("B-x I-x", "BIO"), ("B-x E-x", "BIOES"), ("B-x L-x", "BILOU"), ("I-x O", "IO")],
)
def test_the_tag_scheme_is_said(write, tags, scheme):
    first, second = tags.split()
    assert f"CoNLL columns, {scheme} tags" in detect(write("a.txt", f"a {first}\nb {second}\n"))[1]
    assert detect(write("a.csv", f"text,tags,intent\na b,{tags},i\n"))[1].endswith(
        f"; {scheme} tags"
    )
    for name, content in (TRIPLE | {"seq.out": f"{tags}\n"}).items():
        folder = write(f"set/{name}", content).parent
    assert detect(folder)[1].endswith(f"label, {scheme} tags")


def test_what_is_not_read_is_said(write):
    row = '{"id": 1, "text": "a", "intent": "i", "slots": [], "parts": [], "note": ""}'
    assert detect(write("a.jsonl", row))[1].endswith("parts, note (not read: id, note)")
    table = "id,text,tags,intent\n1,a,O,i\n"
    assert "id, text, tags, intent (not read: id)" in detect(write("a.csv", table))[1]


def test_the_user_may_say_the_format(write):
    path = write("a.txt", "a O\nb O\n")
    with pytest.raises(InputError, match="the format was not recognised"):
        detect(path)
    assert detect(path, "conll")[0]["format"] == "conll"
    with pytest.raises(InputError, match="format `csv`: unknown; expected one of jsonl, triples"):
        detect(path, "csv")
    with pytest.raises(InputError, match=r"a file; the format triples is a folder with seq\.in"):
        detect(path, "triples")


def test_a_folder_of_files_has_its_splits(write, read_back):
    for split in ("train", "dev"):
        path = write(f"set/{split}.conll", "# intent: i\na B-x\nb O\n")
    found = read_back(path.parent)
    assert found["files"] == {
        "train": str(path.with_name("train.conll")),
        "valid": str(path.with_name("dev.conll")),
    }
