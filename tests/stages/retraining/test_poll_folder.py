"""Files that come, grow, change and fail, in a folder watched with a clock of the test's."""

import json
import os

import pytest

from pipeline.errors import InputError
from pipeline.stages.retraining import poll_folder


@pytest.fixture
def watched(tmp_path):
    """A function that watches while steps are taken between looks; gives what was handed on."""

    def run(*steps, handle=lambda path: None):
        handed = []

        def take(path):
            handed.append((path.name, path.read_text()))
            handle(path)

        left = iter([*steps, None, None])  # two looks more, so that what came last settles

        def sleep(seconds):
            try:
                step = next(left)
            except StopIteration:
                raise KeyboardInterrupt from None
            if step:
                step()

        poll_folder.run(tmp_path, take, 1.0, sleep=sleep)
        return handed

    return run


@pytest.fixture
def put(tmp_path):
    def write(name, text, age=0):
        def step():
            (tmp_path / name).write_text(text)
            os.utime(tmp_path / name, ns=(0, 10**9 * (100 - age)))

        return step

    return write


def test_each_file_is_handed_on_once_the_oldest_first(watched, put):
    put("b.jsonl", "old", age=5)()
    put("a.jsonl", "new")()
    assert watched(put("c.jsonl", "late")) == [
        ("b.jsonl", "old"),
        ("a.jsonl", "new"),
        ("c.jsonl", "late"),
    ]
    assert watched() == []  # after a restart


def test_a_file_that_grows_is_left_until_it_does_not(watched, put):
    grows = [put("a.txt", "x" * size, age=10 - size) for size in range(4)]
    assert watched(*grows) == [("a.txt", "xxx")]


def test_a_file_with_other_content_is_new_a_touched_one_is_not(watched, put):
    put("a.txt", "one")()
    assert watched() == [("a.txt", "one")]
    put("a.txt", "one", age=-9)()
    assert watched() == []
    put("a.txt", "two")()
    assert watched() == [("a.txt", "two")]


def test_what_is_no_data_is_passed_over(watched, put, tmp_path):
    for name in (".hidden", "a.jsonl.part", "b.tmp", "~lock", "c~", "empty.txt"):
        put(name, "" if name == "empty.txt" else "x")()
    (tmp_path / "folder").mkdir()
    (tmp_path / "dangling").symlink_to(tmp_path / "none")
    assert watched() == []


def test_bad_data_is_told_once_and_does_not_end_the_watching(watched, put, tmp_path, capsys):
    def refuse(path):
        if path.name == "bad.txt":
            raise InputError("bad.txt:3: no label")

    put("bad.txt", "x", age=1)()
    put("good.txt", "y")()
    assert [name for name, _ in watched(handle=refuse)] == ["bad.txt", "good.txt"]
    assert capsys.readouterr().err.count("bad.txt:3: no label") == 1
    state = json.loads((tmp_path / poll_folder.STATE).read_text())
    assert state["bad.txt"]["outcome"] == "bad.txt:3: no label"
    assert state["good.txt"]["outcome"] == "done"
    assert watched(handle=refuse) == []


def test_a_file_whose_handling_was_cut_is_handed_on_again(watched, put):
    def cut(path):
        raise KeyboardInterrupt

    put("a.txt", "x")()
    with pytest.raises(KeyboardInterrupt):
        watched(handle=cut)
    assert watched() == [("a.txt", "x")]


def test_a_file_that_is_taken_away_or_cannot_be_read_does_not_end_the_watching(
    watched, put, monkeypatch, capsys
):
    digest = poll_folder.artifacts.file_digest

    def read(path):
        if path.name == "gone.txt":
            path.unlink()
        if path.name == "locked.txt":
            raise PermissionError(13, "Permission denied")
        return digest(path)

    monkeypatch.setattr(poll_folder.artifacts, "file_digest", read)
    for name in ("gone.txt", "locked.txt", "z.txt"):
        put(name, "x")()
    assert watched() == [("z.txt", "x")]
    assert capsys.readouterr().err.count("locked.txt: cannot be read: Permission denied") == 1
    monkeypatch.undo()
    assert watched(put("locked.txt", "x", age=-1)) == [("locked.txt", "x")]


def test_a_folder_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(InputError, match="no such folder to watch"):
        poll_folder.run(tmp_path / "none", print)
