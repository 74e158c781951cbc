"""A user's own data: format, columns, encoding and splits detected, and read by the loader."""

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.errors import DataError, IncompleteDataError, InputError
from pipeline.tasks.text_classification.detect import adopt, detect
from pipeline.tasks.text_classification.loader import load

WANTED = [
    ("so long a text", "x"),
    ("another text, longer", "y"),
    ("the third text", "x"),
    ("a 京", "y"),
]

TITLES = (
    "3,Title one two,The first text\n4,Title two of,The other text\n3,Last title of,A third text\n"
)


@pytest.fixture
def read_back(make_data):
    """A function that guesses a path, loads it so, and gives the guess and (text, labels)."""

    def read_back(path):
        found, seen = detect(path)
        assert str(path) in seen
        assert "\n" not in seen
        rest = {key: value for key, value in found.items() if key not in ("format", "files")}
        source = load(make_data(found["format"], {"train": found["files"]["train"]}, **rest))
        rows = [row for read in source.splits.values() for row in read()]
        rows.sort(key=lambda row: int(row["source"].rpartition(":")[2]))
        return found, [(row["text"], ",".join(row["labels"])) for row in rows]

    return read_back


def lines(form):
    return "".join(form.format(text, label) for text, label in WANTED)


JSON = "".join(json.dumps({"text": text, "label": label}) + "\n" for text, label in WANTED)


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.csv", "text,label\n" + lines('"{}",{}\n'), {"format": "csv", "header": True}),
        ("a.csv", "id,Review,Stars\n" + lines('7,"{}",{}\n'), {"format": "csv", "header": True}),
        ("a.csv", lines('"{}",{}\n'), {"format": "csv", "header": False}),
        ("a.csv", lines('{1},"{0}"\n'), {"format": "csv", "header": False}),
        ("a.csv", "编号,类别,内容\n" + lines('7,{1},"{0}"\n'), {"format": "csv", "header": True}),
        ("a.csv", "body,kind\n" + lines('"{}",{}\n'), {"format": "csv", "header": True}),
        ("a.tsv", lines("{}\t{}\n"), {"format": "tsv", "header": False}),
        ("a.txt", lines("{1}\t{0}\n"), {"format": "tsv", "header": False}),
        ("a.jsonl", JSON, {"format": "jsonl"}),
        ("a.txt", "\ufeff\n" + JSON, {"format": "jsonl"}),
        (
            "a.ndjson",
            JSON.replace('"label"', '"kind"').replace('"text"', '"b"'),
            {"format": "jsonl"},
        ),
        ("a.txt", lines("__label__{1} {0}\n"), {"format": "fasttext"}),
        ("a.txt", "\r\n" + lines("{1} {0}\r\n"), {"format": "label_text"}),
        ("a.all", lines("{1} {0}\n"), {"format": "label_text"}),
    ],
)
def test_a_file_s_format_and_columns_are_seen(write, read_back, name, content, expected):
    found, rows = read_back(write(name, content))
    assert found.items() >= expected.items()
    assert rows == WANTED
    packed, rows = read_back(write(f"{name}.gz", gzip.compress(content.encode())))
    assert rows == WANTED
    assert packed["format"] == expected["format"]


def test_parquet_and_its_noted_class_names(write, read_back):
    path = write("a.parquet", "")
    texts = [text for text, _ in WANTED]
    pq.write_table(pa.table({"text": texts, "label": [label for _, label in WANTED]}), path)
    assert read_back(path)[1] == WANTED
    features = {"label": {"names": ["x", "y"], "_type": "ClassLabel"}}
    note = {"huggingface": json.dumps({"info": {"features": features}})}
    schema = pa.schema([("text", pa.string()), ("label", pa.int64())], metadata=note)
    pq.write_table(pa.table({"text": texts, "label": [0, 1, 0, 1]}, schema=schema), path)
    found, rows = read_back(path)
    assert (found["labels"], rows) == ({"0": "x", "1": "y"}, WANTED)
    other = write("no_ending", path.read_bytes())
    assert read_back(other)[0]["format"] == "parquet"


@pytest.mark.parametrize(
    ("content", "columns", "header"),
    [
        (
            TITLES,
            (["1", "2"], "0"),
            False,
        ),
        (
            "en,text number one here,a\nen,text number two here,b\nen,and a third text,a\n",
            (["1"], "2"),
            False,
        ),
        ("id,label,text\n1,a,b\n", (["text"], "label"), True),
        ("label,headline,title,text\na,b,c,d\n", (["text"], "label"), True),
        ("what,kind\nsome text,a\nmore text,b\nlast text,a\n", (["what"], "kind"), True),
        ("some text,a\nmore text,b\nlast text,a\n", (["0"], "1"), False),
        ("some text here,0\nmore text here,1\nlast text here,1\n", (["0"], "1"), False),
        ("label,comment\n", (["comment"], "label"), True),
    ],
)
def test_columns_of_tables_by_hand(write, content, columns, header):
    found, seen = detect(write("a.csv", content))
    assert (found["columns"]["text"], found["columns"]["label"]) == columns
    assert found["header"] == header
    assert ("without a header" in seen) != header


@pytest.mark.parametrize(
    ("name", "content", "separator", "labels"),
    [
        ("a.csv", 'text,labels\na b,"x,y"\nc d,x\ne f,\n', ",", ["x,y", "x", ""]),
        ("a.csv", 'text,tags\na b,"x, y"\nc d,x\n', ", ", ["x,y", "x"]),
        ("a.csv", "text,genres\na b,x | y\nc d,x\n", " | ", ["x,y", "x"]),
        ("a.csv", "text,labels\na b,x\nc d,\n", ",", ["x", ""]),
        (
            "a.jsonl",
            '{"text": "a", "labels": ["x", "y"]}\n{"text": "b", "labels": []}\n',
            None,
            ["x,y", ""],
        ),
        (
            "a.jsonl",
            '{"text": "a", "labels": "x;y"}\n{"text": "b", "labels": "x"}\n',
            ";",
            ["x,y", "x"],
        ),
        ("a.txt", "__label__x __label__y a\n__label__x b\nc\n", None, ["x,y", "x", ""]),
    ],
)
def test_several_labels_are_seen(write, read_back, name, content, separator, labels):
    found, rows = read_back(write(name, content))
    assert found["multi_label"] is True
    assert found.get("separator") == separator
    assert [label for _, label in rows] == labels


@pytest.mark.parametrize(
    "content",
    ['text,label\na b,"x,y"\nc d,"x,y"\n', "text,labels\na b,x\nc d,y\n"],
)
def test_one_label_is_no_several(write, content):
    assert "multi_label" not in detect(write("a.csv", content))[0]


def test_a_model_of_one_label_does_not_learn_several(write, make_data):
    two = write("a.jsonl", '{"text": "a", "labels": ["x", "y"]}\n')
    alone = write("b.jsonl", '{"text": "a", "labels": ["x"]}\n')
    several, one = (make_data("jsonl", {"train": alone}, multi_label=m) for m in (True, False))
    with pytest.raises(IncompleteDataError, match=r"a\.jsonl: .* several labels or none, but the"):
        adopt(one, two, {}, "learn")
    assert adopt(one, two, {}, "score").multi_label
    for trained, new, multi_label in (
        (several, two, True),
        (several, alone, True),
        (one, alone, False),
    ):
        assert adopt(trained, new, {}, "learn").multi_label == multi_label


def test_a_new_file_keeps_what_is_not_its_own(write, make_data):
    old = make_data("csv", {"train": "x"}, labels={"1": "x"}, encoding="latin-1", header=False)
    new = write("a.jsonl", '{"text": "a", "label": "1"}\n{"text": "b", "label": "y"}\n')
    learn, texts = (adopt(old, new, {}, purpose) for purpose in ("learn", "texts"))
    assert learn.files == dict.fromkeys(("train", "valid", "test"), str(new))
    assert (learn.format, learn.encoding, learn.labels) == ("jsonl", "utf-8", {"1": "x"})
    assert texts.labels == {}  # else the label y would be refused


def test_lists_of_one_label_are_one_label(write, read_back):
    content = '{"text": "a", "labels": ["x"]}\n{"text": "b", "labels": ["y"]}\n'
    found, rows = read_back(write("a.jsonl", content))
    assert "multi_label" not in found
    assert rows == [("a", "x"), ("b", "y")]


@pytest.mark.parametrize(
    ("encoding", "word"),
    [("latin-1", "naïve idea"), ("utf-16", "京"), ("gb18030", "去北京的机票多少钱")],
)
def test_the_encoding_is_seen_and_said(write, read_back, encoding, word):
    content = f"text,label\n{word},x\n{word} {word},y\n"
    path = write("a.csv", content.encode(encoding))
    found, rows = read_back(path)
    assert found["encoding"] == encoding
    assert rows == [(word, "x"), (f"{word} {word}", "y")]
    assert detect(path)[1].endswith(f", in {encoding}")


def test_files_beside_a_training_file_are_its_splits(write):
    for name in ("train", "dev", "test", "other"):
        path = write(f"set.{name}.csv", "text,label\na,x\n")
    files = detect(path.with_name("set.train.csv"))[0]["files"]
    assert files == {
        "train": str(path.with_name("set.train.csv")),
        "valid": str(path.with_name("set.dev.csv")),
        "test": str(path.with_name("set.test.csv")),
    }
    assert detect(path)[0]["files"] == {"train": str(path)}
    folder = write("set/train.tsv", "text\tlabel\na\tx\n").parent
    write("set/val.tsv", "text\tlabel\na\tx\n")
    assert detect(folder)[0]["files"] == {
        "train": str(folder / "train.tsv"),
        "valid": str(folder / "val.tsv"),
    }


def test_folders_of_classes_and_of_splits(write, read_back):
    for split in ("train", "test", "else"):
        for label in ("neg", "pos"):
            root = write(f"set/{split}/{label}/1.txt", label).parents[2]
    found, rows = read_back(root)
    assert found == {
        "format": "folders",
        "files": {"train": str(root / "train"), "test": str(root / "test")},
    }
    assert rows == [("neg", "neg"), ("pos", "pos")]
    assert read_back(root / "else")[0]["files"] == {"train": str(root / "else")}
    assert detect(root)[1] == f"{root}: folders neg, pos in train, test"


@pytest.mark.usefixtures("reviews")
def test_tfds_names_with_and_without_a_split(read_back):
    found, seen = detect(Path("tfds:tiny_reviews"))
    assert found == {
        "format": "tfds",
        "files": {
            "train": "tfds:tiny_reviews/train",
            "valid": "tfds:tiny_reviews/validation",
        },
        "columns": {"text": ["text"], "label": "label"},
    }
    assert "version 1.0.0, splits train, validation" in seen
    assert len(read_back(Path("tfds:tiny_reviews/train"))[1]) == 12
    assert detect(Path("tiny_reviews"), "tfds")[0]["format"] == "tfds"


@pytest.mark.parametrize(
    "content", ["", "\n\n", "plain text\n", "one a\ntwo b\nthree c\n", "<xml/>"]
)
def test_an_unknown_format_is_refused_with_those_that_are_known(write, content):
    with pytest.raises(
        InputError, match=r"a\.txt: the format was not recognised; expected CSV, TSV"
    ):
        detect(write("a.txt", content))


def test_what_cannot_be_read_is_refused(write):
    with pytest.raises(InputError, match=r"a\.csv: no columns for text and label among 0, 1; exp"):
        detect(write("a.csv", "a,b\n"))
    with pytest.raises(InputError, match=r"a\.jsonl: no columns for text and label among a;"):
        detect(write("a.jsonl", '{"a": 1}'))
    with pytest.raises(DataError, match=r"a\.jsonl:1: not valid JSON"):
        detect(write("a.jsonl", '{\n"text": "a"}\n'))
    with pytest.raises(DataError, match=r"a\.csv: the file is empty"):
        detect(write("a.csv", ""))
    with pytest.raises(DataError, match=r"a\.csv\.gz: damaged"):
        detect(write("a.csv.gz", "no gzip"))
    with pytest.raises(InputError, match="none: no such file or folder"):
        detect(write("a", "").with_name("none"))
    folder = write("set/x.csv", "").parent
    with pytest.raises(InputError, match="set: no labelled texts here; expected CSV, TSV"):
        detect(folder)


def test_the_user_may_say_the_format(write):
    path = write("a.txt", "one a\ntwo b\nthree c\n")
    assert detect(path, "label_text")[0]["format"] == "label_text"
    with pytest.raises(
        InputError, match="format `table`: unknown; expected one of csv, tsv, jsonl"
    ):
        detect(path, "table")
    with pytest.raises(InputError, match="a file; the format folders is a folder"):
        detect(path, "folders")


def test_what_is_not_read_is_said(write):
    assert "(not read: id, note)" in detect(write("a.csv", "id,text,label,note\n1,a,x,b\n"))[1]
