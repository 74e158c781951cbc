"""`run` from data to published version: the data is read once, and few models are built."""

from collections import Counter
from dataclasses import replace

import pytest
import yaml

from pipeline.cli.train import run
from pipeline.config import load_config
from pipeline.runs import VersionFolder
from pipeline.savedmodel import parity
from pipeline.stages.data import prepare
from pipeline.tasks import schema_of
from tests.conftest import TINY


@pytest.fixture
def calls():
    return Counter()


@pytest.fixture
def file(tmp_path):
    """A config whose data no test has prepared."""
    settings = TINY["slot_filling"](tmp_path)
    settings["train"] |= {"epochs": 1, "seed": 7}
    file = tmp_path / "one_run.yaml"
    file.write_text(yaml.safe_dump(settings), encoding="utf-8")
    return file


@pytest.fixture
def counted(tiny, calls, monkeypatch):
    """Count what is read, hashed and built; the check in a fresh process is left out."""

    def count(owner, name, key):
        called = getattr(owner, name)

        def counting(*arguments, **others):
            calls[key(arguments)] += 1
            return called(*arguments, **others)

        monkeypatch.setattr(owner, name, counting)

    data, model = type(tiny.task.data), type(tiny.task.model)
    load = data.load

    def load_counting_reads(*arguments, **others):
        calls["load"] += 1
        source = load(*arguments, **others)

        def counting(split, read):
            calls[f"read {split}"] += 1
            return read()

        splits = {
            split: lambda split=split, read=read: counting(split, read)
            for split, read in source.splits.items()
        }
        return replace(source, splits=splits)

    monkeypatch.setattr(data, "load", load_counting_reads)
    count(model, "build_model", lambda _: "build_model")
    count(prepare, "content_key", lambda _: "content_key")
    count(prepare, "file_digest", lambda arguments: f"digest {arguments[0].stem}")
    monkeypatch.setattr(parity, "check_parity", lambda *_: parity.Parity(9, 0, 0.0))


def test_one_run_reads_its_data_once_and_builds_two_models(file, counted, calls, home, capsys):
    run([str(file)])
    version = VersionFolder(home / "saved_models" / "one_run" / "1")
    assert version.manifest.is_file()
    assert "model: " in capsys.readouterr().out
    assert load_config(version.config, schema_of).settings.train.seed == 7
    assert calls.pop("build_model") <= 2  # one is trained, one has the best weights
    splits = ("train", "valid", "test")
    once = {
        "load",
        "content_key",
        *(f"{w} {split}" for w in ("read", "digest") for split in splits),
    }
    assert calls == dict.fromkeys(once, 1)
