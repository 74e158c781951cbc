"""Runs and versions that earlier code wrote still load, serve, resume, retrain and roll back.

`old_formats/make.py` wrote the archives. A new format adds a folder there; none is ever rewritten.
"""

import contextlib
import json
import tarfile
from pathlib import Path

import pytest

from pipeline import artifacts, load
from pipeline.config import load_config
from pipeline.savedmodel import parity
from pipeline.stages.data import prepare
from pipeline.stages.publishing import rollback
from pipeline.stages.retraining import retrain
from pipeline.stages.training import train
from pipeline.tasks import find_task, schema_of
from tests.serving.conftest import serving

ARCHIVES = sorted((Path(__file__).parent / "old_formats").glob("*/*.tar.xz"))
# Few rows travel with a tiny version, and other tests run beside this one.
QUICK = ("retrain.latency=100", "retrain.stress_drop=100", "retrain.exam_drop=100")

SIDES = {"text", "source", "target"}  # what holds a text, in the JSONL of one task or another


def archive(file):
    """One archive as a parameter; those of the slowest task are left to the slow tests."""
    marks = pytest.mark.slow if file.name.startswith("translation") else ()
    return pytest.param(file, marks=marks, id="-".join(file.parts[-2:]))


@pytest.fixture(scope="module", params=map(archive, ARCHIVES))
def old(request, tmp_path_factory):
    """The folder of an unpacked archive; the working folder, too, since its paths are relative."""
    folder = tmp_path_factory.mktemp("old")
    with tarfile.open(request.param) as archive:
        archive.extractall(folder, filter="data")
    with pytest.MonkeyPatch.context() as patch, contextlib.chdir(folder):
        patch.setattr(prepare.run, "__defaults__", (None, folder / "prepared"))
        yield folder


@pytest.fixture
def answers(old):
    """What the version answered when it was published."""
    return json.loads((old / "answers.json").read_text(encoding="utf-8"))


def same(received, expected):
    """Equal but for the last places of scores, which differ from machine to machine."""
    if isinstance(expected, dict):
        return received.keys() == expected.keys() and all(
            same(received[key], value) for key, value in expected.items()
        )
    if isinstance(expected, list):
        return len(received) == len(expected) and all(map(same, received, expected))
    return received == (
        pytest.approx(expected, abs=1e-4) if isinstance(expected, float) else expected
    )


def write_new_rows(source, target):
    """Rows of training with other texts: a number behind each side."""
    rows = [json.loads(line) for line in source.read_text(encoding="utf-8").splitlines()[:24]]
    for number, row in enumerate(rows):
        row.update({key: f"{row[key]} {number}" for key in SIDES & row.keys()})
    target.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")


def test_a_version_loads_and_answers_as_it_did(old, answers):
    received = load(old / "saved_models" / "tiny")([answer["text"] for answer in answers])
    assert same(received, answers)


def test_a_version_is_served(old, answers):
    with serving(old / "saved_models") as served:
        for answer in answers:
            reply = served.predict("tiny", {"instances": [answer["text"]]})
            assert reply.status == 200, reply.body
            assert len(reply.json["predictions"]) == 1


def test_a_run_resumes_where_it_was_cut(old):
    config = load_config("config.yaml", schema_of, name="tiny")
    (run,) = (old / "runs" / "tiny").iterdir()
    before = (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    resumed = train.run(find_task(config.task), config, old / "runs", resume=True)
    after = (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    assert resumed.folder.path == run
    assert len(before) == 1
    assert after[:1] == before
    assert [json.loads(line)["epoch"] for line in after] == list(
        range(1, config.settings.train.epochs + 1)
    )


@pytest.mark.slow
def test_a_version_is_retrained_and_rolled_back(old, answers, monkeypatch):
    home = old / "saved_models" / "tiny"
    write_new_rows(old / "data" / "train.jsonl", old / "new.jsonl")
    # Each check in a fresh process takes seconds, and is tested elsewhere.
    monkeypatch.setattr(parity, "check_parity", lambda *_: parity.Parity(9, 0, 0.0))
    outcome = retrain.run(home, old / "new.jsonl", QUICK, runs=old / "runs", force="to test it")
    assert outcome.version == home / "2"
    assert artifacts.verify(outcome.version)["parent"] == "1"
    version = rollback.run(home, 1)
    assert version == home / "3"
    assert same(load(home)([answer["text"] for answer in answers]), answers)
