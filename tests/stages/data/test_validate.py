"""Validate: marked spans and fixes, audits, repairs beside the file, strictness."""

import json
from dataclasses import replace

import pytest

from pipeline.errors import InputError
from pipeline.stages.data import validate
from pipeline.task import Dropped


def row(text, *slots, intent="book"):
    return {"text": text, "intent": intent, "slots": [list(slot) for slot in slots]}


@pytest.fixture
def mine(tiny, tmp_path):
    """A function from rows of train and of test to a config of them."""

    def mine(train, test=()):
        files = {}
        for split, rows in (("train", train), ("valid", []), ("test", test)):
            file = tmp_path / f"{split}.jsonl"
            file.write_text("".join(json.dumps(each) + "\n" for each in rows), encoding="utf-8")
            files[split] = str(file)
        return tiny.changed(f"data.files={json.dumps(files)}", name="mine")

    return mine


def test_a_bad_line_is_shown_with_its_span_and_a_fix(mine, tmp_path, capsys):
    config = mine([row("to Oslo now", (2, 7, "city")), row("hi", (0, 9, "city"))])
    problems = validate.run(config.task, config.config)
    assert [problem.line for problem in problems] == [1, 2]
    printed = capsys.readouterr().out
    file = tmp_path / "train.jsonl"
    assert (
        f"{file}:1: span city [2, 7) covers ' Oslo'\n"
        "    to[ Oslo](city) now\n"
        "    fix: [3, 7) 'Oslo' (--fix does it)\n"
    ) in printed
    assert f"{file}:2: span city [0, 9) in a text of 2\n    [hi](city)\n" in printed
    assert not (tmp_path / "train.fixed.jsonl").exists()


def test_fix_writes_a_copy_and_says_so(mine, tmp_path, capsys):
    bad = [row("to Oslo now", (2, 7, "city"), (3, 7, "b")), row("ok")]
    config = mine(bad)
    before = (tmp_path / "train.jsonl").read_bytes()
    assert len(validate.run(config.task, config.config, fix=True)) == 1
    printed = capsys.readouterr().out
    file, copy = tmp_path / "train.jsonl", tmp_path / "train.fixed.jsonl"
    assert f"{file}:1: whitespace at a span's edge removed\n" in printed
    assert f"wrote {copy}: 1 lines repaired; {file} is unchanged\n" in printed
    assert file.read_bytes() == before
    mended = [json.loads(line) for line in copy.read_text().splitlines()]
    assert mended == [row("to Oslo now", (3, 7, "city"), (3, 7, "b")), row("ok")]


def test_fix_says_where_there_is_nothing_to_mend(mine, tmp_path, capsys):
    config = mine([row("ok")])
    assert list(validate.run(config.task, config.config, fix=True)) == []
    assert capsys.readouterr().out.endswith("--fix: there is nothing to repair safely\n")
    assert not list(tmp_path.glob("*.fixed.*"))


def test_strict_makes_odd_things_errors(mine, capsys):
    good = [row(f"to Oslo {n}", (3, 7, "city")) for n in range(5)]
    config = mine(good, good[:1])
    assert list(validate.run(config.task, config.config)) == []
    assert "mine: test texts that are also in train" in capsys.readouterr().out
    with pytest.raises(
        InputError, match=r"mine: --strict, and there are test texts that are also in"
    ):
        validate.run(config.task, config.config, strict=True)
    config = mine(good, [row("hi")])
    assert list(validate.run(config.task, config.config, strict=True)) == []


def test_what_filters_left_out_is_printed_and_written(mine, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "400")  # no path is folded, however long it is
    config = mine([row(f"hi {n}") for n in range(30)])

    class Data(type(config.task.data)):
        def load(self, settings, on_error=None):
            source = super().load(settings, on_error)
            left_out = (Dropped(record, "too short") for record in source.splits["train"]())
            return replace(source, dropped=lambda: left_out)

    task, folder = replace(config.task, data=Data()), tmp_path / "kept"
    validate.run(task, config.config, folder=folder)
    printed = capsys.readouterr().out
    assert "mine: left out by data.filters: 30, the first 20" in printed
    assert f"all of them: {folder}/mine-dropped.jsonl" in printed
    assert "train.jsonl:20" in printed
    assert "train.jsonl:21" not in printed
    lines = (folder / "mine-dropped.jsonl").read_text().splitlines()
    assert json.loads(lines[29]) == {
        "source": f"{tmp_path}/train.jsonl:30",
        "why": "too short",
        "record": {"text": "hi 29", "intent": "book", "slots": []},
    }
    validate.run(config.task, config.config, folder=folder)
    assert list(folder.iterdir()) == []
