"""Files of any size: a row out for each row in, errors in a column, going on where it was cut."""

import gzip
import json
import os
import resource
import signal
import subprocess
import sys
import time
import tracemalloc
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import pytest

from pipeline.errors import InputError, PipelineError
from pipeline.stages.live import predict_file

ROOT = Path(__file__).parents[3]


@dataclass
class Lengths:
    """A predictor that counts letters, and fails on texts with "poison" in them."""

    manifest: dict = field(default_factory=lambda: {"name": "lengths", "version": 1})
    asked: list = field(default_factory=list)

    def __call__(self, texts):
        self.asked += texts
        if any("poison" in text for text in texts):
            raise ValueError("bad\n  text")
        return [{"text": text, "length": len(text)} for text in texts]


@pytest.fixture(autouse=True)
def small_groups(monkeypatch):
    monkeypatch.setattr(predict_file, "GROUP", 4)


@pytest.fixture
def paths(tmp_path):
    return SimpleNamespace(source=tmp_path / "rows.jsonl", target=tmp_path / "out.jsonl")


def write(file, texts):
    file.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), encoding="utf-8")


def read(file):
    return [json.loads(line) for line in file.read_text(encoding="utf-8").split("\n")[:-1]]


@pytest.mark.parametrize("name", ["rows.csv", "rows.tsv.gz", "rows.parquet"])
def test_a_table_is_refused_and_nothing_written(tmp_path, name):
    """Its lines would be answered one by one, header, commas and all, and nobody told."""
    (tmp_path / name).write_text("text,label\na,b\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"a table \(\.\w+\); expected texts, one a line"):
        predict_file.run(Lengths(), tmp_path / name, tmp_path / "out.jsonl")
    assert [file.name for file in tmp_path.iterdir()] == [name]


def test_a_row_out_for_each_row_in(paths):
    texts = ["b", "京\u2028", "", "dddd", "ee", " "]
    write(paths.source, texts)
    assert predict_file.run(Lengths(), paths.source, paths.target) == (6, 0, "")
    assert read(paths.target) == [{"text": t, "length": len(t), "error": None} for t in texts]
    assert sorted(os.listdir(paths.target.parent)) == ["out.jsonl", "rows.jsonl"]


def test_a_bad_row_has_its_error_and_the_others_go_on(paths):
    rows = ['{"text": "a"}', "nonsense", '{"text": 3}', "", '{"text": "poison"}', "[1]"]
    bad = b'{"text": "\xff"}\n{"text": "\\ud800"}\n{"text": "z"}\n'
    paths.source.write_bytes("".join(f"{row}\n" for row in rows).encode() + bad)
    written = predict_file.run(Lengths(), paths.source, paths.target)
    found = read(paths.target)
    wanted = ["a", None, None, "poison", None, None, None, "z"]
    assert [row["text"] for row in found] == wanted
    assert [row["error"] is None for row in found] == [text in ("a", "z") for text in wanted]
    told = [row["error"].replace(str(paths.source), "") for row in found[1:7]]
    assert told[0].startswith(":2: not valid JSON")
    assert told[1:4] == [
        ":3: `text` is 3; expected a string",
        "ValueError: bad text",
        ":6: a JSON list; expected an object",
    ]
    assert told[4].startswith(":7: byte 0xff at column 11 is not UTF-8")
    assert told[5].startswith(":8: half of a surrogate pair")
    assert (written.rows, written.failed, written.first) == (8, 6, found[1]["error"])


def test_lines_of_text_and_gz(paths, tmp_path):
    with gzip.open(tmp_path / "lines.txt.gz", "wb") as file:
        file.write("a\r\n\n京".encode())
    predict_file.run(Lengths(), tmp_path / "lines.txt.gz", paths.target)
    assert [row["text"] for row in read(paths.target)] == ["a", "", "京"]


def cut(paths, rows, tail=b""):
    """What a try leaves that was killed behind so many rows, and inside the next."""
    stop = {"left": rows}

    class Killed(BaseException):
        pass

    def answers(texts):
        if stop["left"] < len(texts):
            raise Killed
        stop["left"] -= len(texts)
        return Lengths()(texts)

    answers.manifest = Lengths().manifest
    with pytest.raises(Killed):
        predict_file.run(answers, paths.source, paths.target)
    with (paths.target.parent / "out.jsonl.part").open("ab") as file:
        file.write(tail)


def test_it_goes_on_behind_the_last_whole_row(paths, capsys):
    texts = [f"text {i}" for i in range(11)]
    write(paths.source, texts)
    cut(paths, 8, b'{"text": "te')
    assert not paths.target.exists()
    again = Lengths()
    assert predict_file.run(again, paths.source, paths.target).rows == 11
    assert "continuing after row 8" in capsys.readouterr().err
    assert again.asked == texts[8:]
    assert [row["text"] for row in read(paths.target)] == texts


def test_errors_before_the_cut_are_counted(paths):
    write(paths.source, ["poison", *"abcdefghij"])
    cut_rows = Lengths()
    predict_file.run(cut_rows, paths.source, paths.target)
    part = paths.target.rename(paths.target.with_name("out.jsonl.part"))
    lines = part.read_bytes().splitlines(keepends=True)
    part.write_bytes(b"".join(lines[:5]))
    facts = {"model": predict_file._digest(cut_rows.manifest)}
    facts["input"] = predict_file._facts(paths.source)
    part.with_name("out.jsonl.part.json").write_text(json.dumps(facts))
    again = Lengths()
    written = predict_file.run(again, paths.source, paths.target)
    assert written == (11, 1, "ValueError: bad text")
    assert again.asked == list("efghij")


@pytest.mark.parametrize("change", ["model", "input"])
def test_another_model_or_input_begins_anew(paths, change):
    write(paths.source, list("abcdefghij"))
    cut(paths, 8)
    again = Lengths()
    if change == "model":
        again.manifest = {"name": "lengths", "version": 2}
    else:
        write(paths.source, list("klmnopqrstu"))
    predict_file.run(again, paths.source, paths.target)
    assert len(again.asked) == len(read(paths.target)) == (10 if change == "model" else 11)


def test_a_second_process_is_refused(paths):
    write(paths.source, ["a"])

    def answers(texts):
        with pytest.raises(InputError, match="another process is writing it"):
            predict_file.run(Lengths(), paths.source, paths.target)
        return Lengths()(texts)

    answers.manifest = {}
    predict_file.run(answers, paths.source, paths.target)
    assert read(paths.target) == [{"text": "a", "length": 1, "error": None}]


def test_a_folder_that_is_not_there(paths):
    write(paths.source, ["a"])
    with pytest.raises(InputError, match=r"no such folder to write out\.jsonl into"):
        predict_file.run(Lengths(), paths.source, paths.source.parent / "no" / "out.jsonl")


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.jsonl.part"])
def test_what_is_read_is_not_written_over(paths, name):
    source = paths.source.with_name(name)
    write(source, ["a"])
    before = source.read_bytes()
    with pytest.raises(InputError, match=f"{name}: the output would overwrite it"):
        predict_file.run(Lengths(), source, paths.source)
    assert source.read_bytes() == before


def test_a_folder_is_no_output(paths):
    write(paths.source, ["a"])
    paths.target.mkdir()
    answers = Lengths()
    with pytest.raises(InputError, match=r"out\.jsonl: a folder; expected the name of a file"):
        predict_file.run(answers, paths.source, paths.target)
    assert not answers.asked
    assert not list(paths.target.parent.glob("*.part*"))


def test_a_device_or_pipe_is_no_output(paths):
    """As root, /dev/null would have become a file."""
    write(paths.source, ["a"])
    os.mkfifo(paths.target)
    answers = Lengths()
    with pytest.raises(InputError, match=r"out\.jsonl: a device or pipe; expected the name of a"):
        predict_file.run(answers, paths.source, paths.target)
    assert not answers.asked
    assert paths.target.is_fifo()


def test_a_link_stays_one_and_what_it_leads_to_is_written(paths):
    write(paths.source, ["a"])
    elsewhere = paths.target.parent / "elsewhere"
    elsewhere.mkdir()
    paths.target.symlink_to(elsewhere / "real.jsonl")
    predict_file.run(Lengths(), paths.source, paths.target)
    assert paths.target.is_symlink()
    assert os.listdir(elsewhere) == ["real.jsonl"]
    assert read(paths.target) == [{"text": "a", "length": 1, "error": None}]


def test_a_file_whose_name_is_not_utf_8(paths):
    source = paths.source.with_name(os.fsdecode(b"\xff.jsonl"))
    source.write_bytes(b'nonsense\n{"text": "b"}\n')
    written = predict_file.run(Lengths(), source, paths.target)
    assert (written.rows, written.failed) == (2, 1)
    bad, good = read(paths.target)
    assert good == {"text": "b", "length": 1, "error": None}
    assert bad["error"].startswith(f"{source}:1: not valid JSON")


def test_whole_output_of_a_process_that_just_ended_is_not_emptied(paths, monkeypatch):
    """It was opened under its first name, and the lock was had when that name was gone."""
    write(paths.source, ["a"])
    flock = predict_file.fcntl.flock

    def ends(file, how):
        monkeypatch.setattr(predict_file.fcntl, "flock", flock)
        part = paths.target.with_name("out.jsonl.part")
        part.write_text("all its rows\n")
        part.rename(paths.target)
        flock(file, how)

    monkeypatch.setattr(predict_file.fcntl, "flock", ends)
    with pytest.raises(InputError, match="another process has just finished writing it"):
        predict_file.run(Lengths(), paths.source, paths.target)
    assert paths.target.read_text() == "all its rows\n"


def test_a_full_disk_is_told_and_the_next_try_goes_on(paths):
    """A limit of the size of files stands for it: a write then fails in the middle of a row."""
    texts = ["x" * 100] * 20
    write(paths.source, texts)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(
            PipelineError, match=r"rows\.jsonl to .*: File too large; run the command again"
        ):
            predict_file.run(Lengths(), paths.source, paths.target)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    again = Lengths()
    assert predict_file.run(again, paths.source, paths.target).rows == 20
    assert len(again.asked) < 20
    assert [row["text"] for row in read(paths.target)] == texts


def test_long_rows_are_fewer_in_memory(paths, monkeypatch):
    monkeypatch.setattr(predict_file, "BYTES", 1000)
    groups = []

    def answers(texts):
        groups.append(len(texts))
        return Lengths()(texts)

    answers.manifest = {}
    texts = ["x" * 2000, "a", "b", *["y" * 450] * 5, *"cdefgh"]
    write(paths.source, texts)
    predict_file.run(answers, paths.source, paths.target)
    assert groups == [1, 4, 3, 4, 2]
    assert [row["text"] for row in read(paths.target)] == texts


def test_memory_does_not_grow_with_the_file(paths, monkeypatch):
    monkeypatch.setattr(predict_file, "GROUP", 100)

    def answers(texts):
        return Lengths()(texts)

    answers.manifest = {}
    peaks = []
    for rows in (1_000, 20_000):
        write(paths.source, ["x" * 200] * rows)
        tracemalloc.start()
        predict_file.run(answers, paths.source, paths.target)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert paths.source.stat().st_size > 4_000_000
    assert peaks[1] < peaks[0] + 100_000


SLOW = """
import sys, time
from pathlib import Path
from pipeline.stages.live import predict_file
def answers(texts):
    time.sleep(0.01)
    return [{"text": text, "length": len(text)} for text in texts]
answers.manifest = {"name": "lengths", "version": 1}
predict_file.GROUP = 4
predict_file.run(answers, Path(sys.argv[1]), Path(sys.argv[2]))
"""


def test_kill_9_and_again(paths):
    """Killed at three moments; in the end all rows are there, once and in order."""
    texts = [f"text {i}" for i in range(1_000)]
    write(paths.source, texts)
    part = paths.target.with_name("out.jsonl.part")
    for rows in (100, 300, 500):
        process = subprocess.Popen(
            [sys.executable, "-c", SLOW, str(paths.source), str(paths.target)], cwd=ROOT
        )
        while not part.exists() or part.read_bytes().count(b"\n") < rows:
            assert process.poll() is None
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert not paths.target.exists()
    last = Lengths()
    assert predict_file.run(last, paths.source, paths.target) == (1_000, 0, "")
    assert 0 < len(last.asked) <= 500
    assert [row["text"] for row in read(paths.target)] == texts
