"""Convert: whole or not at all, and what is said on the way."""

import copy
import json
from dataclasses import replace
from types import SimpleNamespace

import pytest

from pipeline.errors import DataError, InputError
from pipeline.stages.data import convert
from pipeline.task import Detected

LINES = "book\tto [New York](city)\nhi\thello there\n"


@pytest.fixture
def source(tmp_path):
    file = tmp_path / "in.txt"
    file.write_text(LINES, encoding="utf-8")
    return file


def test_a_file_goes_there_and_back(tiny, source, tmp_path, capsys):
    said = convert.run(tiny.task, source, tmp_path / "a.conll")
    assert said == f"wrote {tmp_path}/a.conll: 2 examples, conll"
    assert "lines with [value](slot)" in capsys.readouterr().err
    convert.run(tiny.task, tmp_path / "a.conll", tmp_path / "set", tags="BIOES")
    assert (tmp_path / "set" / "seq.out").read_text() == "O B-city E-city\nO O\n"
    convert.run(tiny.task, tmp_path / "set", tmp_path / "back.txt")
    assert (tmp_path / "back.txt").read_text() == f"# tokens = words\n{LINES}"
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "a.conll",
        "back.txt",
        "in.txt",
        "set",
    ]


def test_the_user_may_say_both_formats(tiny, source, tmp_path):
    convert.run(tiny.task, source, tmp_path / "a.data", from_="inline", to="label_studio")
    tasks = json.loads((tmp_path / "a.data").read_text())
    assert [task["data"]["text"] for task in tasks] == ["to New York", "hello there"]


def test_nothing_is_left_where_something_cannot_be_held(tiny, source, tmp_path):
    source.write_text(LINES + "book\t订[北京](city)的票\n", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        convert.run(tiny.task, source, tmp_path / "set")
    assert str(caught.value).startswith(f"{source}:3: span city '北京' does not consist of whole")
    assert [file.name for file in tmp_path.iterdir()] == ["in.txt"]


def test_bad_lines_are_all_told_and_nothing_is_written(tiny, source, tmp_path, capsys):
    source.write_text(f"x\t[ a](b)\n{LINES}x\t[a](\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"in\.txt: 2 bad lines, nothing written; .*in\.txt:1: "):
        convert.run(tiny.task, source, tmp_path / "a.jsonl")
    printed = capsys.readouterr().out
    assert f"{source}:1: span b [0, 2) covers ' a'\n    [ a](b)\n    fix: [1, 2) 'a'" in printed
    assert f"{source}:4: '[a](' is an incomplete slot" in printed
    assert [file.name for file in tmp_path.iterdir()] == ["in.txt"]


def test_spans_that_overlap_and_missing_intents_are_the_data_s_own(tiny, tmp_path):
    row = {"text": "to Oslo", "slots": [[0, 7, "a"], [3, 7, "b"]]}
    (tmp_path / "a.jsonl").write_text(json.dumps(row), encoding="utf-8")
    convert.run(tiny.task, tmp_path / "a.jsonl", tmp_path / "b.jsonl", to="doccano")
    back = json.loads((tmp_path / "b.jsonl").read_text())
    assert back == {"text": "to Oslo", "label": [[0, 7, "a"], [3, 7, "b"]]}


def test_targets_and_sources_that_will_not_do(tiny, source, tmp_path):
    with pytest.raises(InputError, match=r"in\.txt: exists; choose another name"):
        convert.run(tiny.task, source, source)
    with pytest.raises(InputError, match=r"none: no such folder to write a\.jsonl into"):
        convert.run(tiny.task, source, tmp_path / "none" / "a.jsonl")
    for split in ("train", "dev"):
        convert.run(tiny.task, source, tmp_path / split)
    with pytest.raises(InputError, match=r"holds several sets; expected one of .*/train, .*/dev"):
        convert.run(tiny.task, tmp_path, tmp_path / "all.jsonl")


def test_two_files_that_make_one_set_are_converted_whole(tiny, tmp_path):
    source = tmp_path / "a.jsonl"
    source.write_text('{"text": "hi", "intent": "x", "slots": []}\n')
    pair, read = {"source": str(source), "target": "never read"}, []

    def detect(path, format_):
        files = {"train": pair, **({"valid": pair} if path.name == "several" else {})}
        return Detected({"format": "jsonl", "files": files}, "seen")

    def validate(settings):
        read.append(settings["data"]["files"])
        files = {"train": settings["data"]["files"]["train"]["source"]}
        return tiny.task.settings.model_validate(
            {**settings, "data": {"format": "jsonl", "files": files}}
        )

    kind = SimpleNamespace(model_validate=validate)
    data = copy.copy(tiny.task.data)
    data.detect = detect
    task = replace(tiny.task, data=data, settings=kind)
    for number, named in enumerate((source, tmp_path / "folder")):
        assert "1 examples" in convert.run(task, named, tmp_path / f"{number}.jsonl")
    assert read == [{"train": pair}] * 2
    with pytest.raises(
        InputError, match=r"several: holds several sets; expected one of .*a\.jsonl"
    ):
        convert.run(task, tmp_path / "several", tmp_path / "c.jsonl")
