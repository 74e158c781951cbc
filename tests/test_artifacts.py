"""Run folders and versions: written completely or not at all, and verified."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipeline import artifacts
from pipeline.errors import InputError, PipelineError
from pipeline.runs import EXTRA, MANIFEST

ROOT = Path(__file__).parent.parent


def names(folder):
    return sorted(entry.name for entry in folder.iterdir())


def candidate(folder, content=b"model"):
    """A small sealed candidate, as the exporter makes one."""
    artifacts.write_file(folder / "saved_model.pb", content)
    artifacts.write_file(folder / "assets" / "words.txt", b"<pad>\n")
    artifacts.write_file(folder / EXTRA / "config.yaml", b"task: toy\n")
    artifacts.seal(folder, {"name": "toy"})
    return folder


@pytest.fixture
def published(tmp_path):
    """A version's folder that verifies."""
    with artifacts.staging(tmp_path, "toy") as stage:
        return artifacts.publish(candidate(stage / "candidate"), tmp_path / "toy")


# --- files ---


def test_a_file_is_written_with_its_folders_and_replaced(tmp_path):
    path = tmp_path / "a" / "b" / "file"
    artifacts.write_file(path, b"one")
    artifacts.write_file(path, b"two")
    assert path.read_bytes() == b"two"
    assert names(path.parent) == ["file"]
    assert path.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("broken", ["fsync", "replace"])
def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, broken):
    path = tmp_path / "file"
    artifacts.write_file(path, b"old")

    def fail(*args):
        raise OSError(28, "no space left")

    monkeypatch.setattr(os, broken, fail)
    with pytest.raises(OSError, match="no space left"):
        artifacts.write_file(path, b"new")
    monkeypatch.undo()
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["file"]


def test_a_write_that_is_interrupted_leaves_nothing(tmp_path, monkeypatch):
    def interrupt(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        artifacts.write_file(tmp_path / "file", b"new")
    assert names(tmp_path) == []


def test_json_reads_back(tmp_path):
    value = {"京": [1, 2.5, None, "👩\u2028"], "b": {}}
    artifacts.write_json(tmp_path / "a.json", value)
    assert artifacts.read_json(tmp_path / "a.json") == value
    assert "京" in (tmp_path / "a.json").read_text(encoding="utf-8")


def test_missing_and_damaged_json_are_different_errors(tmp_path):
    with pytest.raises(InputError, match=r"a\.json: no such file"):
        artifacts.read_json(tmp_path / "a.json")
    for damaged in (b'{"a"', b"\xff", b""):
        (tmp_path / "a.json").write_bytes(damaged)
        with pytest.raises(PipelineError, match=r"a\.json: not valid JSON .*the file was damaged"):
            artifacts.read_json(tmp_path / "a.json")


# --- runs ---


def test_runs_are_unique_and_sort_by_age(tmp_path):
    runs = [artifacts.new_run(tmp_path / "runs" / "toy") for _ in range(100)]
    assert len(set(runs)) == 100
    assert runs == sorted(runs)
    assert artifacts.newest_run(tmp_path / "runs" / "toy") == runs[-1]


def test_runs_begun_at_once_are_unique(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        runs = list(pool.map(artifacts.new_run, [tmp_path] * 200))
    assert len(set(runs)) == len(names(tmp_path)) == 200


@pytest.mark.parametrize("exists", [True, False])
def test_without_a_run_there_is_nothing_to_resume(tmp_path, exists):
    home = tmp_path if exists else tmp_path / "none"
    with pytest.raises(InputError, match="no run to resume; train without --resume first"):
        artifacts.newest_run(home)


# --- publishing ---


def test_staging_is_gone_afterwards_also_after_an_error(tmp_path):
    with artifacts.staging(tmp_path, "toy") as stage:
        (stage / "deep" / "er").mkdir(parents=True)
        assert stage.parent == tmp_path / "toy"
        assert artifacts.versions(tmp_path / "toy") == []
    assert names(tmp_path / "toy") == []

    def fail():
        with artifacts.staging(tmp_path, "toy") as stage:
            (stage / "half").touch()
            raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        fail()
    assert names(tmp_path / "toy") == []


def test_versions_count_up_from_one_past_the_newest(tmp_path):
    home = tmp_path / "toy"
    for expected in ("1", "2", "3"):
        with artifacts.staging(tmp_path, "toy") as stage:
            version = artifacts.publish(candidate(stage / "candidate"), home)
        assert version == home / expected
    (home / "40").mkdir()
    with artifacts.staging(tmp_path, "toy") as stage:
        assert artifacts.publish(candidate(stage / "candidate"), home) == home / "41"
    assert names(home) == ["1", "2", "3", "40", "41"]


def test_a_published_version_is_never_replaced(published):
    home = published.parent
    with artifacts.staging(home.parent, "toy") as stage:
        new = artifacts.publish(candidate(stage / "candidate", b"other"), home)
    assert (published / "saved_model.pb").read_bytes() == b"model"
    assert (new / "saved_model.pb").read_bytes() == b"other"


def test_publishing_where_there_is_no_home_says_so(tmp_path):
    folder = candidate(tmp_path / "candidate")
    with pytest.raises(FileNotFoundError):
        artifacts.publish(folder, tmp_path / "none")


PUBLISHER = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from pipeline import artifacts

root, label, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])

def publish(number):
    with artifacts.staging(root, "toy") as stage:
        folder = stage / "candidate"
        artifacts.write_file(folder / "saved_model.pb", f"{label}-{number}".encode())
        artifacts.seal(folder, {"name": "toy"})
        artifacts.publish(folder, root / "toy")

with ThreadPoolExecutor(count) as pool:
    list(pool.map(publish, range(count)))
"""

KILLED = """
import os, signal, sys
from pathlib import Path
from pipeline import artifacts

root, left = Path(sys.argv[1]), [int(sys.argv[2])]

def dying(call):
    def wrapped(*arguments):
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return call(*arguments)
    return wrapped

for name in ("fsync", "replace", "rename"):
    setattr(os, name, dying(getattr(os, name)))
with artifacts.staging(root, "toy") as stage:
    folder = stage / "candidate"
    artifacts.write_file(folder / "saved_model.pb", b"new")
    artifacts.seal(folder, {"name": "toy"})
    artifacts.publish(folder, root / "toy")
"""


def test_a_publisher_killed_at_any_moment_leaves_no_half_version(published):
    home = published.parent
    for moment in range(100):
        before = artifacts.versions(home)
        command = [sys.executable, "-c", KILLED, str(home.parent), str(moment)]
        done = subprocess.run(command, cwd=ROOT, check=False)
        new = [n for n in artifacts.versions(home) if n not in before]
        for number in new:
            assert artifacts.verify(home / str(number))["name"] == "toy"
        if done.returncode == 0:
            break
        assert done.returncode == -9
    assert moment > 8  # it died before each of these many steps
    assert new == [max(before) + 1]
    assert all(name.isdecimal() for name in names(home))  # what the dead left is swept


def test_staging_that_is_in_use_is_not_swept(tmp_path):
    with artifacts.staging(tmp_path, "toy") as one, artifacts.staging(tmp_path, "toy") as other:
        assert one != other
        assert one.is_dir()
    assert names(tmp_path / "toy") == []


def test_fifty_publishers_at_once_make_fifty_versions(tmp_path):
    command = [sys.executable, "-c", PUBLISHER, str(tmp_path)]
    processes = [
        subprocess.Popen([*command, label, count], cwd=ROOT, stderr=subprocess.PIPE)
        for label, count in (("a", "17"), ("b", "17"), ("c", "16"))
    ]
    for process in processes:
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors.decode()
    home = tmp_path / "toy"
    assert artifacts.versions(home) == list(range(1, 51))
    assert names(home) == sorted(str(number) for number in range(1, 51))  # no staging folder left
    contents = {(home / str(n) / "saved_model.pb").read_text() for n in range(1, 51)}
    expected = {
        f"{label}-{n}" for label, count in (("a", 17), ("b", 17), ("c", 16)) for n in range(count)
    }
    assert contents == expected
    assert all(artifacts.verify(home / str(n))["name"] == "toy" for n in (1, 25, 50))


# --- finding and verifying ---


def test_versions_are_numbers_alone(tmp_path):
    for name in ("2", "10", "1", ".staging-x", "tmp", "3.5", "-4", "1_0", "٣x"):
        (tmp_path / name).mkdir()
    assert artifacts.versions(tmp_path) == [1, 2, 10]
    assert artifacts.versions(tmp_path / "none") == []


def test_a_version_is_found_by_its_folder_or_as_the_newest_of_its_name(published):
    home = published.parent
    assert artifacts.find_version(published) == published
    assert artifacts.find_version(str(home)) == published
    with artifacts.staging(home.parent, "toy") as stage:
        newest = artifacts.publish(candidate(stage / "candidate"), home)
        (stage / "saved_model.pb").touch()
        assert artifacts.find_version(home) == newest


@pytest.mark.parametrize("make", [True, False])
def test_where_no_model_is_published_it_says_what_was_expected(tmp_path, make):
    folder = tmp_path / "toy"
    if make:
        (folder / ".staging-abc").mkdir(parents=True)
    with pytest.raises(InputError, match=r"toy: no published model here; expected saved_models/"):
        artifacts.find_version(folder)


def test_the_manifest_names_every_file_and_its_digest(published):
    manifest = artifacts.verify(published)
    assert manifest["format_version"] == artifacts.FORMAT_VERSION
    assert manifest["name"] == "toy"
    assert sorted(manifest["files"]) == [
        "assets.extra/config.yaml",
        "assets/words.txt",
        "saved_model.pb",
    ]
    # printf model | sha256sum
    digest = "9372c470eeadd5ecd9c3c74c2b3cb633f8e2f2fad799250a0f70d652b6b825e4"
    assert manifest["files"]["saved_model.pb"] == digest


def test_a_moved_version_verifies(published, tmp_path):
    published.rename(tmp_path / "moved")
    assert artifacts.verify(tmp_path / "moved")["name"] == "toy"


def damage(published, name, content):
    (published / name).write_bytes(content)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda v: (v / "assets/words.txt").unlink(), r"assets/words\.txt: is missing"),
        (lambda v: damage(v, "saved_model.pb", b"modem"), r"saved_model\.pb: changed since"),
        (lambda v: damage(v, "saved_model.pb", b""), r"saved_model\.pb: changed since"),
        (lambda v: damage(v, "assets/x", b""), r"assets/x: is not in the manifest"),
        (lambda v: damage(v, MANIFEST, b"{"), r"manifest\.json: not valid JSON"),
    ],
)
def test_a_version_that_was_changed_is_refused(published, change, message):
    change(published)
    with pytest.raises(PipelineError, match=message):
        artifacts.verify(published)


def test_a_version_without_manifest_is_no_version(published):
    (published / MANIFEST).unlink()
    with pytest.raises(InputError, match=r"manifest\.json: no such file"):
        artifacts.verify(published)


@pytest.mark.parametrize("other", [artifacts.FORMAT_VERSION + 1, 0, None, "1"])
def test_another_format_version_is_refused(published, other):
    manifest = json.loads((published / MANIFEST).read_text())
    manifest["format_version"] = other
    damage(published, MANIFEST, json.dumps(manifest).encode())
    with pytest.raises(PipelineError, match=f"format version is {other}; expected 1; export"):
        artifacts.verify(published)
