"""A user's own data: format, columns, languages and splits detected, and read by the loader."""

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.errors import DataError, InputError
from pipeline.tasks.translation.detect import detect
from pipeline.tasks.translation.loader import load
from pipeline.tasks.translation.records import Example, to_json

WANTED = [
    ("The dog is in the garden.", "狗在花园里。"),
    ("What have you seen?", "你看到了什么？"),
    ("And this was not his.", "这不是他的。"),
]
EN_ZH = {"source": "en", "target": "zh"}


@pytest.fixture
def read_back(make_data):
    """A function that guesses a path, loads it so, and gives the guess and both sides."""

    def read_back(path, format_=None):
        found, seen = detect(path, format_)
        assert str(path) in seen or Path(path).is_dir()
        assert "\n" not in seen
        rest = {key: value for key, value in found.items() if key not in ("format", "files")}
        source = load(make_data(found["format"], {"train": found["files"]["train"]}, **rest))
        rows = [row for read in source.splits.values() for row in read()]
        rows.sort(key=lambda row: int(row["source"].rpartition(":")[2]))
        return found, [(row["text"], row["target"]) for row in rows]

    return read_back


def lines(form):
    return "".join(form.format(*pair, n=n) for n, pair in enumerate(WANTED))


def objects(first, second):
    return "".join(json.dumps({first: a, second: b}) + "\n" for a, b in WANTED)


NESTED = "".join(
    json.dumps({"id": "x", "translation": {"en": a, "zh": b}}) + "\n" for a, b in WANTED
)
TMX = (
    '<?xml version="1.0"?>\n<tmx version="1.4"><body>\n'
    + lines(
        '<tu><tuv xml:lang="en-US"><seg>{}</seg></tuv><tuv xml:lang="zh"><seg>{}</seg></tuv></tu>\n'
    )
    + "</body></tmx>\n"
)


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.csv", "source,target\n" + lines('"{}","{}"\n'), {"format": "csv", "header": True}),
        ("a.csv", "id,en,zh\n" + lines('{n},"{}","{}"\n'), {"format": "csv", "header": True}),
        ("a.csv", "编号,英文,中文\n" + lines('{n},"{}","{}"\n'), {"format": "csv", "header": True}),
        ("a.csv", "原文,译文\n" + lines('"{}","{}"\n'), {"format": "csv", "header": True}),
        ("a.csv", lines('{n},"{}","{}"\n'), {"format": "csv", "header": False}),
        ("a.tsv", lines("{}\t{}\tCC-BY\n"), {"format": "tsv", "header": False}),
        ("cmn.txt", lines("{}\t{}\n"), {"format": "tsv", "header": False}),
        ("a.jsonl", objects("source", "target"), {"format": "jsonl"}),
        ("a.ndjson", objects("english", "x_zh"), {"format": "jsonl"}),
        ("a.txt", "\ufeff\n" + NESTED, {"format": "jsonl"}),
        ("a.tmx", TMX, {"format": "tmx"}),
        ("a.xml", TMX, {"format": "tmx"}),
    ],
)
def test_a_file_s_format_columns_and_languages_are_seen(write, read_back, name, content, expected):
    found, rows = read_back(write(name, content))
    assert found.items() >= expected.items()
    assert found["languages"] == EN_ZH
    assert rows == WANTED
    packed, rows = read_back(write(f"{name}.gz", gzip.compress(content.encode())))
    assert (packed["format"], rows) == (expected["format"], WANTED)


def test_parquet_with_columns_and_with_objects(write, read_back):
    path = write("a.parquet", "")
    pq.write_table(
        pa.table({"text": [a for a, _ in WANTED], "target": [b for _, b in WANTED]}), path
    )
    found, rows = read_back(path)
    assert (found["columns"], found["languages"], rows) == (
        {"source": "text", "target": "target"},
        EN_ZH,
        WANTED,
    )
    pq.write_table(pa.table({"translation": [{"en": a, "zh": b} for a, b in WANTED]}), path)
    found, rows = read_back(write("no_ending", path.read_bytes()))
    assert found["columns"] == {"source": "translation.en", "target": "translation.zh"}
    assert rows == WANTED


def test_rows_that_travel_are_recognised(write, read_back):
    rows = [to_json(Example(*pair, parts=("p",)).to_record()) for pair in WANTED]
    path = write("exam.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    assert read_back(path)[1] == WANTED


def test_aligned_files_by_their_endings(write, read_back):
    source = write("set/train.en", lines("{}\n"))
    target = write("set/train.zh", lines("{1}\n"))
    found, rows = read_back(source)
    assert found == {
        "format": "aligned",
        "files": {"train": {"source": str(source), "target": str(target)}},
        "languages": EN_ZH,
    }
    assert rows == WANTED
    back, rows = read_back(target)
    assert (back["languages"], rows) == (
        {"source": "zh", "target": "en"},
        [(zh, en) for en, zh in WANTED],
    )
    assert read_back(source.parent)[1] == WANTED
    for split in ("dev", "test"):
        write(f"set/{split}.en", "a\n")
        write(f"set/{split}.zh", "b\n")
    write("set/val.en", "half of a pair")
    files = detect(source.parent)[0]["files"]
    assert list(files) == ["train", "valid", "test"]
    assert files["valid"] == {
        side: str(source.with_name(f"dev.{code}")) for side, code in EN_ZH.items()
    }
    write("set/train.de", "c\n")
    with pytest.raises(
        InputError, match=r"beside it: train\.de, train\.zh; expected one \(or name"
    ):
        detect(source)


def test_aligned_files_called_source_and_target(write, read_back):
    folder = write("out/train.source", lines("{}\n")).parent
    write("out/train.target", lines("{1}\n"))
    found, rows = read_back(folder)
    assert (found["languages"], rows) == (EN_ZH, WANTED)
    write("gz/a.en.gz", gzip.compress(lines("{}\n").encode()))
    packed = write("gz/a.zh.gz", gzip.compress(lines("{1}\n").encode()))
    assert read_back(packed.with_name("a.en.gz"))[1] == WANTED


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16"])
def test_the_encoding_is_seen_and_said(write, read_back, encoding):
    path = write("a.csv", ("source,target\n" + lines("{},{}\n")).encode(encoding))
    found, rows = read_back(path)
    assert (found["encoding"], rows) == (encoding, WANTED)
    assert detect(path)[1].endswith(f", in {encoding}")
    source = write("b.en", lines("{}\n").encode(encoding))
    write("b.zh", lines("{1}\n").encode(encoding))
    if encoding == "utf-16":  # the English file alone is no GB18030
        assert read_back(source)[1] == WANTED


def test_files_beside_a_training_file_are_its_splits(write):
    for name in ("train", "dev", "test", "other"):
        path = write(f"set.{name}.csv", "source,target\na,x\n")
    assert detect(path.with_name("set.train.csv"))[0]["files"] == {
        "train": str(path.with_name("set.train.csv")),
        "valid": str(path.with_name("set.dev.csv")),
        "test": str(path.with_name("set.test.csv")),
    }
    assert detect(path)[0]["files"] == {"train": str(path)}


def test_a_folder_with_one_training_file(write):
    path = write("set/train.tsv", "source\ttarget\na\tx\n")
    write("set/dev.tsv", "source\ttarget\nb\ty\n")
    files = {"train": str(path), "valid": str(path.with_name("dev.tsv"))}
    assert detect(path.parent)[0]["files"] == files


@pytest.mark.usefixtures("pairs")
def test_tfds_names_with_and_without_a_split(read_back):
    found, seen = detect(Path("tfds:tiny_translate"))
    assert found == {
        "format": "tfds",
        "files": {
            "train": "tfds:tiny_translate/train",
            "valid": "tfds:tiny_translate/validation",
        },
        "columns": {"source": "en", "target": "de"},
        "languages": {"source": "en", "target": "de"},
    }
    assert "version 1.0.0, splits train, validation" in seen
    assert len(read_back(Path("tfds:tiny_translate/train"))[1]) == 7
    assert detect(Path("tiny_translate"), "tfds")[0]["format"] == "tfds"


@pytest.mark.parametrize("content", ["", "\n\n", "plain text\n", "<xml/>"])
def test_an_unknown_format_is_refused_with_those_that_are_known(write, content):
    with pytest.raises(
        InputError, match=r"a\.txt: the format was not recognised; expected CSV, TSV"
    ):
        detect(write("a.txt", content))


def test_what_has_no_pairs_is_refused(write, tmp_path):
    with pytest.raises(InputError, match=r"no two columns of texts among 0, 1; expected such"):
        detect(write("a.csv", "text,label\nsome words,1\n"))
    with pytest.raises(DataError, match=r"b\.csv: the file is empty"):
        detect(write("b.csv", ""))
    with pytest.raises(InputError, match=r"c\.tmx: TMX in en; expected units in two languages"):
        detect(write("c.tmx", TMX.replace('"zh"', '"en-GB"')))
    with pytest.raises(InputError, match="beside it: none; expected one"):
        detect(write("d.en", "a\n"), "aligned")
    with pytest.raises(InputError, match="no pairs of texts here; expected CSV"):
        detect(tmp_path)
    with pytest.raises(InputError, match="format `conll`: unknown; expected one of aligned, csv"):
        detect(tmp_path, "conll")
