"""A published version: what it holds, that it stands alone; and that a failed gate has none."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from pipeline import artifacts, load
from pipeline.errors import GateError, PipelineError
from pipeline.runs import EXTRA, MANIFEST
from pipeline.savedmodel import ops, parity, write
from pipeline.stages.publishing import export


@pytest.fixture
def root(published, tmp_path):
    """A folder for models, version 1 of the tiny model in it."""
    shutil.copytree(published, tmp_path / "models" / published.parent.name / "1")
    return tmp_path / "models"


def test_the_layout_of_a_version(published):
    assert published.name == "1"
    assert {entry.name for entry in published.iterdir()} == {
        "saved_model.pb",
        "fingerprint.pb",
        "variables",
        "assets",
        EXTRA,
    }
    assert {file.name for file in (published / "assets").iterdir()} == {
        "words.txt",
        "characters.txt",
    }
    extra = published / EXTRA
    files = {file.relative_to(extra).as_posix() for file in extra.rglob("*") if file.is_file()}
    vocabularies = {f"vocabularies/{n}.txt" for n in ("words", "characters", "slots", "intents")}
    assert files == vocabularies | {
        "config.yaml",
        "weights.npz",
        "contract.json",
        "metrics.json",
        "replay.jsonl",
        "valid.jsonl",
        "exam.jsonl",
        "manifest.json",
        "drift.json",
        "ngrams.npz",
        "tf_serving_warmup_requests",
    }
    assert [entry.name for entry in published.parent.iterdir()] == ["1"]  # no staging is left


def test_the_manifest_has_every_file_and_fact(tiny, published):
    manifest = artifacts.verify(published)
    files = {f.relative_to(published).as_posix() for f in published.rglob("*") if f.is_file()}
    assert set(manifest["files"]) == files - {MANIFEST}
    for name, digest in manifest["files"].items():
        assert artifacts.file_digest(published / name) == digest
    assert (manifest["task"], manifest["name"]) == ("slot_filling", "tiny_slot_filling")
    assert manifest["parent"] is None
    assert manifest["config"] == tiny.config.digest()
    assert manifest["ops"] == ops.required_ops(published)
    assert manifest["parity"] == {"compared": manifest["parity"]["compared"], "ties": 0}
    assert manifest["parity"]["compared"] > 30
    assert manifest["environment"]["packages"].keys() >= {"tensorflow", "tensorflow-text", "keras"}


def test_the_signature_is_the_promised_one(published):
    (signature,) = artifacts.verify(published)["signatures"].items()
    name, facts = signature
    assert name == "serving_default"
    assert facts["inputs"] == {"text": {"dtype": "string", "shape": [None]}}
    kinds = {name: (spec["dtype"], len(spec["shape"])) for name, spec in facts["outputs"].items()}
    assert kinds == {
        "intent": ("string", 1),
        "intent_score": ("float32", 1),
        "rejected": ("bool", 1),
        "token_count": ("int32", 1),
        "tokens": ("string", 2),
        "tags": ("string", 2),
        "slot_count": ("int32", 1),
        "slot_names": ("string", 2),
        "slot_values": ("string", 2),
        "slot_starts": ("int32", 2),
        "slot_ends": ("int32", 2),
        "slot_scores": ("float32", 2),
    }
    signature = tf.saved_model.load(str(published)).signatures[name]
    assert set(signature.structured_outputs) == set(kinds)


def test_no_variable_is_stored_twice(published, parts):
    listed = tf.train.list_variables(str(published / "variables" / "variables"))
    stored = sorted(shape for name, shape in listed if name.endswith("VARIABLE_VALUE"))
    assert stored == sorted(list(variable.shape) for variable in parts.model.variables)


def test_what_retraining_needs_travels(tiny, published, finished):
    extra = published / EXTRA
    assert (extra / "config.yaml").read_text(encoding="utf-8") == tiny.config.as_yaml()
    assert (extra / "weights.npz").read_bytes() == (finished / "best.npz").read_bytes()
    with np.load(extra / "weights.npz") as weights:
        assert "optimizer/iteration" in weights.files
    contract = artifacts.read_json(extra / "contract.json")
    assert contract.keys() >= {"examples", "unknown_token_rate", "length_percentiles"}
    metrics = artifacts.read_json(extra / "metrics.json")
    assert {"valid", "test", "test/zh"} <= metrics.keys()
    assert metrics["test"]["metrics"]["slot_f1"].keys() == {"value", "low", "high"}


def test_replay_and_exam_are_rows_of_the_data_in_the_embedded_form(tiny, published):
    def rows(file):
        return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]

    def texts(split):
        return [row["text"] for row in rows(Path(tiny.config.settings.data.files[split]))]

    replay, exam = rows(published / EXTRA / "replay.jsonl"), rows(published / EXTRA / "exam.jsonl")
    assert len(replay) == 20
    assert {row["text"] for row in replay} <= set(texts("train"))
    assert [row["text"] for row in exam] == texts("test")
    assert [row["text"] for row in rows(published / EXTRA / "valid.jsonl")] == texts("valid")
    assert exam[0].keys() == {"text", "intent", "slots", "parts"}


@pytest.fixture
def written(published, monkeypatch):
    """Puts a copy of the published graph in the place of one written anew, which takes long."""

    def copy(module, signatures, folder):
        shutil.copytree(published, folder, ignore=shutil.ignore_patterns(EXTRA))
        return artifacts.verify(published)["signatures"]

    monkeypatch.setattr(write, "write", copy)


def test_rows_of_0_leave_sets_out_and_the_next_export_is_version_2(
    tiny, finished_run, twin, root, written, monkeypatch
):
    monkeypatch.setattr(parity, "check_parity", lambda *_: parity.Parity(9, 1, 0.0))
    zero = [f"export.{kind}_rows=0" for kind in ("replay", "valid", "exam")]
    changed = tiny.changed(*zero)
    version = export.run(twin(finished_run, config=changed.config), root, parent="1")
    assert version == root / "tiny_slot_filling" / "2"
    extra = {file.name for file in (version / EXTRA).iterdir()}
    assert not extra & {"replay.jsonl", "valid.jsonl", "exam.jsonl"}
    manifest = artifacts.verify(version)
    assert (manifest["parent"], manifest["parity"]) == ("1", {"compared": 9, "ties": 1})
    assert load(root / "tiny_slot_filling").version == version  # the newest


def test_a_failing_gate_publishes_nothing_and_leaves_nothing(
    finished_run, root, written, monkeypatch
):
    def refuse(*_, **__):
        raise GateError("parity: no")

    monkeypatch.setattr(parity, "check_parity", refuse)
    with pytest.raises(GateError, match="parity: no"):
        export.run(finished_run, root)
    assert [entry.name for entry in (root / "tiny_slot_filling").iterdir()] == ["1"]


def test_a_version_stands_alone(published, tmp_path, monkeypatch):
    """Moved elsewhere, with the run, the data and what was prepared of it out of reach."""
    from pipeline.datasets import store

    text = "订5月1日到北京的机票"
    here = load(published)([text])
    moved = shutil.copytree(published, tmp_path / "elsewhere" / "model")

    def gone(*_, **__):
        raise AssertionError("a published model needs no data")

    monkeypatch.setattr(store, "prepare", gone)
    predictor = load(moved)
    assert predictor([text]) == here
    graph = (moved / "saved_model.pb").read_bytes()
    assert str(published.parents[2]).encode() not in graph  # nothing points to where it was made


@pytest.mark.parametrize(
    "name", ["saved_model.pb", "assets/words.txt", f"{EXTRA}/weights.npz", f"{EXTRA}/config.yaml"]
)
def test_a_flipped_byte_is_caught(root, name):
    file = root / "tiny_slot_filling" / "1" / name
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    with pytest.raises(PipelineError, match=rf"{name}: changed since it was published"):
        load(root / "tiny_slot_filling")


def test_the_sample_is_uniform_and_the_same_for_a_seed():
    assert export._sample(iter("abc"), 5, seed=1) == list("abc")
    assert export._sample(iter("abc"), 0, seed=1) == []
    assert export._sample(range(100), 10, seed=1) == export._sample(range(100), 10, seed=1)
    drawn = [row for seed in range(400) for row in export._sample(range(10), 3, seed)]
    counts = np.bincount(drawn, minlength=10)
    assert abs(counts - 120).max() < 5 * np.sqrt(400 * 0.3 * 0.7)
