"""Files that come into a folder, learnt by a command that needs no model."""

import signal
import sys
from types import SimpleNamespace

import pytest

from pipeline import artifacts
from pipeline.errors import InputError
from pipeline.runs import VersionFolder
from pipeline.stages.retraining import incumbent, poll_folder, watch_folder

COMMAND = """
import sys
from pathlib import Path
option, file = sys.argv[1:]
text = Path(file).read_text()
print("told by the way", file=sys.stderr)
with open("learnt", "a") as done:
    done.write(f"{option} {Path(file).name}\\n")
if text == "poor":
    sys.exit(print("error: rejected, nothing published: the exam is lost", file=sys.stderr) or 3)
if text == "long":
    import os, signal, time
    os.kill(os.getppid(), signal.SIGTERM)
    time.sleep(60)
    with open("learnt", "a") as done:
        done.write("published")
if text == "raced" and not Path("tiny/2").exists():
    Path("tiny/2").mkdir(parents=True)
    sys.exit(print("error: version 2 came", file=sys.stderr) or 1)
if text == "crash":
    import os, signal
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def models(tmp_path, monkeypatch):
    """The place of a model that can be opened, and an empty folder `inbox` beside it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "inbox").mkdir()
    opened = SimpleNamespace(version=VersionFolder(tmp_path / "tiny" / "1"))
    monkeypatch.setattr(incumbent, "open_version", lambda *_: opened)
    return tmp_path / "tiny"


@pytest.fixture
def followed(models, monkeypatch):
    """A function that follows the inbox for two looks, and gives what the command was called with.

    The clock is the test's.
    """
    look = poll_folder.run

    def two_looks(*arguments, **options):
        waits = iter([None])

        def sleep(seconds):
            if next(waits, "over") == "over":
                raise KeyboardInterrupt

        look(*arguments, **options, sleep=sleep)

    monkeypatch.setattr(poll_folder, "run", two_looks)

    def run():
        root = models.parent
        (root / "learnt").write_text("")
        watch_folder.run(models, root / "inbox", [sys.executable, "-c", COMMAND])
        return (root / "learnt").read_text().splitlines()

    return run


def test_what_is_refused_or_crashes_is_told_and_the_next_file_is_learnt(models, followed, capsys):
    inbox = models.parent / "inbox"
    for name in ("poor", "crash", "good"):
        (inbox / name).write_text(name)
    assert sorted(followed()) == ["--data crash", "--data good", "--data poor"]
    said = capsys.readouterr().err
    assert said.count("told by the way\n") == 3
    assert said.count("the exam is lost") == 1
    assert "poor: rejected, nothing published: the exam is lost" in said
    assert "crash: exit status -9, no reason given" in said
    state = artifacts.read_json(inbox / f".{models.name}.watched.json")
    assert state["good"]["outcome"] == "done"
    assert state["poor"]["outcome"] == "rejected, nothing published: the exam is lost"
    assert followed() == []
    (inbox / "poor").write_text("mended")
    assert followed() == ["--data poor"]


def test_a_file_during_which_another_version_came_is_learnt_again(models, followed, capsys):
    (models.parent / "inbox" / "raced").write_text("raced")
    assert followed() == ["--data raced", "--data raced"]
    assert "version 2 came; learnt again from the newest version" in capsys.readouterr().err
    state = artifacts.read_json(models.parent / "inbox" / f".{models.name}.watched.json")
    assert state["raced"]["outcome"] == "done"


def test_sigterm_ends_what_is_being_learnt(models, followed):
    """The one who waits for the command is stopped, and stops the command, which would go on."""
    (models.parent / "inbox" / "long").write_text("long")
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt):
        followed()
    assert (models.parent / "learnt").read_text() == "--data long\n"
    assert not (models.parent / "inbox" / f".{models.name}.watched.json").exists()  # not done
    assert signal.getsignal(signal.SIGTERM) is before


def test_one_version_cannot_follow(models):
    with pytest.raises(InputError, match=rf"so expected {models}$"):
        watch_folder.run(models / "1", models.parent / "inbox", [])
