"""Retraining, end to end on a tiny model: what is published, what is refused, what stays."""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
import threading
from dataclasses import replace
from types import SimpleNamespace

import pytest

from pipeline import artifacts, load
from pipeline.config import load_config
from pipeline.errors import GateError, InputError
from pipeline.runs import EXTRA, MANIFEST, RunFolder, VersionFolder
from pipeline.savedmodel import parity, write
from pipeline.stages.data import bundled_rows
from pipeline.stages.evaluation import evaluate, report
from pipeline.stages.publishing import export, known_ngrams, versions
from pipeline.stages.retraining import (
    gate,
    incumbent,
    interpolate,
    mixing,
    new_data,
    retrain,
    watch_folder,
)
from pipeline.stages.retraining.mixing import MixedData
from pipeline.stages.retraining.verdict import Check, Verdict
from pipeline.stages.run import Run
from pipeline.stages.training.assembly import read_vocabularies
from pipeline.tasks import schema_of

CITIES = ("Lyon", "Graz", "Turin", "Bergen")
# Other tests run beside this one, and a model of 20 replayed rows has not learnt much to keep.
QUICK = ("retrain.epochs=8", "retrain.latency=100", "retrain.stress_drop=100")


def new_rows(count=24):
    """Sentences with an intent, a slot and cities that the tiny model has never met."""
    rows = []
    for number in range(count):
        city = CITIES[number % len(CITIES)]
        text = f"what is the weather in {city} on day {number}"
        start = text.index(city)
        slot = {"slot": "weather_city", "start": start, "end": start + len(city)}
        rows.append({"text": text, "intent": "weather", "slots": [slot]})
    return rows


def write_rows(file, rows):
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return file


def rows_of(file):
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def models(version_of, tmp_path_factory):
    """A folder for models with version 1 of the tiny model."""
    root = tmp_path_factory.mktemp("models")
    version = version_of("slot_filling")
    shutil.copytree(version, root / version.parent.name / "1")
    return root / version.parent.name


@pytest.fixture(scope="module")
def retrained(models, tmp_path_factory):
    """The outcome of retraining it, and the manifest of version 1 as it was before."""
    folder = tmp_path_factory.mktemp("retrain")
    data = write_rows(folder / "new.jsonl", new_rows())
    before = (models / "1" / MANIFEST).read_bytes()
    with pytest.MonkeyPatch.context() as patch:  # what takes seconds and is tested elsewhere
        patch.setattr(parity, "check_parity", lambda *_: parity.Parity(9, 0, 0.0))
        outcome = retrain.run(models, data, QUICK, runs=folder / "runs")
    return SimpleNamespace(outcome=outcome, before=before, data=data)


@pytest.fixture(scope="module")
def page(retrained):
    """The report of that retraining, as its command writes it."""
    return report.run(retrained.outcome.run).read_text(encoding="utf-8")


def test_the_next_version_says_where_it_comes_from(models, retrained):
    outcome = retrained.outcome
    assert outcome.version == models / "2"
    manifest = artifacts.verify(outcome.version)
    assert manifest["parent"] == "1"
    assert (models / "1" / MANIFEST).read_bytes() == retrained.before
    verdict = artifacts.read_json(outcome.version / EXTRA / "verdict.json")
    assert verdict == artifacts.read_json(outcome.run.folder.path / "verdict.json")
    assert (verdict["verdict"], verdict["forced"], verdict["parent"]) == ("blessed", None, "1")
    assert verdict["whole"] is incumbent.open_version(models / "1").is_whole is False
    assert verdict["data"]["new_labels"] == {
        "slots": {"weather_city": 24},
        "intents": {"weather": 24},
    }
    names = {check["name"] for check in verdict["checks"]}
    assert names >= {"signatures", "label order", "batches", "exam", "forgetting", "new data"}
    assert str(models.parent) not in json.dumps(verdict)


def test_the_new_version_knows_the_new_labels_and_the_old(models, retrained):
    text = "what is the weather in Lyon on day 99"
    (before, _), (after, greeting) = (load(models / number)([text, "hello"]) for number in "12")
    assert before["intent"]["label"] != "weather"
    assert after["intent"]["label"] == "weather"
    assert ("weather_city", "Lyon") in [(s["slot"], s["value"]) for s in after["slots"]]
    assert greeting["intent"]["label"] == "greet"


def test_old_ids_are_kept(models, retrained):
    old, new = (read_vocabularies(VersionFolder(models / number).vocabularies) for number in "12")
    for name, terms in old.items():
        assert new[name][: len(terms)] == terms
    assert new["intents"][-1] == "weather"
    assert {"lyon", "weather"} <= set(new["words"][len(old["words"]) :])


def test_every_weight_is_accounted_for(retrained):
    lines = artifacts.read_json(retrained.outcome.run.folder.path / "remap.json")
    by_axis = {(line["weight"], line["axis"]): line for line in lines}
    tags = by_axis["crf/transitions", "tags"]
    assert (tags["new"], tags["dropped"]) == (2, 0)
    assert by_axis["word_embedding_1/embeddings", "words"]["new"] > 0
    whole = by_axis["encoder_1_1_forward/kernel", "copied whole"]
    assert (whole["new"], whole["dropped"]) == (0, 0)


def test_what_travels_on_has_old_rows_and_new(models, retrained):
    old, new = (models / number / EXTRA for number in "12")
    exam = [row["text"] for row in rows_of(new / "exam.jsonl")]
    assert exam[:24] == [row["text"] for row in rows_of(old / "exam.jsonl")]
    assert len(exam) > 24
    assert all("weather" in text for text in exam[24:])
    replay = {row["intent"] for row in rows_of(new / "replay.jsonl")}
    assert replay >= {"weather", "book", "query", "greet"}
    learnt = {row["text"] for row in rows_of(new / "replay.jsonl")}
    assert not learnt & set(exam[24:])


def test_words_of_training_stay_known_though_a_sample_of_it_travels(models, retrained):
    before, after = (
        known_ngrams.read(VersionFolder(models / number).known_ngrams) for number in "12"
    )
    replayed = known_ngrams.of_texts(
        r["text"] for r in rows_of(models / "1" / EXTRA / "replay.jsonl")
    )
    assert (before & ~replayed).any()
    assert not (before & ~after).any()
    assert (after & ~before).any()


def test_the_settings_stay_but_for_where_the_data_are(models, retrained):
    old, new = (
        load_config(models / number / EXTRA / "config.yaml", schema_of, name="m").settings
        for number in "12"
    )
    assert new.train == old.train
    assert new.data.roles == old.data.roles
    assert new.data.files["train"] != old.data.files["train"]
    assert new.retrain.columns == old.data.columns.model_dump()


def test_the_report_has_the_verdict(page):
    assert "Retraining: blessed" in page
    assert "names, types and ranks are the same" in page
    assert "Drift of the new texts" in page


def test_drift_is_told_and_refuses_nothing(retrained):
    verdict = artifacts.read_json(retrained.outcome.run.folder.path / "verdict.json")
    assert verdict["verdict"] == "blessed"
    assert (verdict["drift"]["texts"], verdict["drift"]["reference"]) == (24, 24)
    assert "new n-grams" in verdict["drift"]["over"]
    assert "drift" not in {check["name"] for check in verdict["checks"]}


def test_how_far_it_went_from_the_old_weights_is_kept(retrained, page):
    way = artifacts.read_json(retrained.outcome.run.folder.path / "verdict.json")["way"]
    seen = {at["share"]: at for at in way["seen"]}
    assert list(seen) == list(interpolate.STEPS)
    assert way["share"] in seen
    least = min(at["lost"] for at in way["seen"])
    assert seen[way["share"]]["lost"] <= max(way["tolerated"], least)
    assert f"{100 * way['share']:.0f} % of the way" in page


def test_where_nothing_travels_to_tell_drift_by_that_is_said(tmp_path, capsys):
    bare = SimpleNamespace(version=VersionFolder(tmp_path), config=SimpleNamespace(name="tiny"))
    assert retrain._drift(bare, "new.jsonl", None) is None
    assert "tiny: drift is not measured: no counts of held-out rows" in capsys.readouterr().err


def test_the_line_of_descent_has_the_verdict(models, retrained):
    found = versions.run(models)
    assert [(each.number, each.verdict) for each in found] == [(1, ""), (2, "blessed")]
    assert found[1].facts["parent"] == "1"
    assert found[1].scores.keys() == {"test", "valid"}


@pytest.fixture
def judged(retrained, models, monkeypatch, tmp_path):
    """`_publish` of the finished run into a copy of the models, its gate's answer given."""
    root = tmp_path / models.name
    shutil.copytree(models / "1", root / "1")

    def copy(module, signatures, folder):
        shutil.copytree(models / "2", folder, ignore=shutil.ignore_patterns(EXTRA))
        return artifacts.verify(models / "2")["signatures"]

    monkeypatch.setattr(write, "write", copy)
    monkeypatch.setattr(parity, "check_parity", lambda *_: parity.Parity(9, 0, 0.0))
    monkeypatch.setattr(evaluate, "of_run", lambda *_: [])
    monkeypatch.setattr(export, "_pack_drift", lambda *_: None)
    run = retrained.outcome.run
    old = incumbent.open_version(root)

    def publish(passed, force, meanwhile=lambda root: None):
        meanwhile(root)
        checks = [Check("exam", passed, "the exam is lost"), Check("new data", True, "gained")]
        given = Verdict(checks, "slot_f1", rows=[], labels=[], forgotten=[])
        monkeypatch.setattr(gate, "run", lambda *_: given)
        outcome = retrain._publish(
            old, run, MixedData(run.config, 0, []), {"parent": "1"}, [], force
        )
        numbers = artifacts.versions(root)
        return outcome, numbers

    return publish


def test_what_is_rejected_is_not_published(judged, retrained):
    outcome, numbers = judged(passed=False, force=None)
    assert (outcome.version, numbers) == (None, [1])
    assert outcome.verdict.reason == "the exam is lost"
    found = artifacts.read_json(outcome.run.folder.path / "verdict.json")
    assert (found["verdict"], found["forced"]) == ("rejected", None)


def test_force_publishes_and_records_the_reason(judged):
    outcome, numbers = judged(passed=False, force="the law changed")
    assert numbers == [1, 2]
    found = artifacts.read_json(outcome.version / EXTRA / "verdict.json")
    assert (found["verdict"], found["forced"]) == ("rejected", "the law changed")


def test_force_is_not_recorded_where_it_was_not_needed(judged):
    outcome, _ = judged(passed=True, force="whatever")
    assert artifacts.read_json(outcome.version / EXTRA / "verdict.json")["forced"] is None


def test_rows_of_the_exam_are_refused(models, tmp_path):
    exam = rows_of(models / "1" / EXTRA / "exam.jsonl")[0]
    data = write_rows(tmp_path / "new.jsonl", [*new_rows(), exam])
    with pytest.raises(InputError, match=r"1 of 25 rows are also in the exam .*new\.jsonl:25"):
        retrain.run(models / "1", data, runs=tmp_path)
    assert not list(tmp_path.glob("tiny*"))  # not even a run was begun


def test_rows_of_the_exam_are_left_out_where_that_is_said(models, tmp_path, capsys):
    exam = rows_of(models / "1" / EXTRA / "exam.jsonl")
    data = write_rows(tmp_path / "new.jsonl", [*exam[:2], *new_rows(3), exam[0]])
    old = incumbent.open_version(models / "1")
    found = new_data.compare(old, new_data.read(old, data))
    assert len(found.in_exam) == 3
    rest = new_data.without_exam_rows(data, found, "leave-out")
    assert [r["text"] for r in rest.records] == [r["text"] for r in new_rows(3)]
    assert "3 rows of the exam set left out" in capsys.readouterr().err
    assert new_data.without_exam_rows(data, found, "learn") is found
    with pytest.raises(InputError, match="all 2 rows stand in the exam set already"):
        retrain.run(
            models / "1",
            write_rows(tmp_path / "old.jsonl", exam[:2]),
            exam_rows="leave-out",
            runs=tmp_path,
        )


def test_bad_lines_are_all_named(models, tmp_path, capsys):
    wrong = {"text": "to Rome", "intent": "book", "slots": [{"slot": "x", "start": 3, "end": 99}]}
    data = write_rows(tmp_path / "new.jsonl", [*new_rows(3), wrong, wrong])
    with pytest.raises(InputError, match="2 bad lines"):
        retrain.run(models / "1", data, runs=tmp_path)
    assert "new.jsonl:5" in "".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("new.jsonl", '{"text": "to Rome", "differ": ["intent"], "answers": {"0": {}, "1": {}}}'),
        ("new.txt", "to Rome tomorrow"),
    ],
)
def test_texts_without_annotations_are_sent_to_label_next(models, tmp_path, name, line):
    (tmp_path / name).write_text(f"{line}\n" * 9, encoding="utf-8")
    with pytest.raises(InputError, match=rf"annotate with label-next --data \S*{name}"):
        retrain.run(models / "1", tmp_path / name, runs=tmp_path)


def test_intents_that_no_row_states_are_not_learnt(models, tmp_path):
    rows = [{key: row[key] for key in ("text", "slots")} for row in new_rows()]
    data = write_rows(tmp_path / "new.jsonl", rows)
    with pytest.raises(InputError, match=r"states no intents.* --set data\.intent=NAME"):
        new_data.read(incumbent.open_version(models), data)
    old = incumbent.open_version(models, ["data.intent=weather"])
    found = new_data.compare(old, new_data.read(old, data))
    assert {record["intent"] for record in found.records} == {"weather"}
    parts = new_data.divide(old.task, found.records, old.config.settings.retrain, 1)
    config = mixing.write(old, found, parts, RunFolder(tmp_path / "run")).config
    assert config.settings.data.intent == ""  # the next file that states none is refused, too


def test_too_few_rows_are_refused(models, tmp_path):
    data = write_rows(tmp_path / "new.jsonl", new_rows(2))
    with pytest.raises(InputError, match="2 new rows: too few to keep 20% of them as `held_out`"):
        retrain.run(models / "1", data, runs=tmp_path)


@pytest.mark.parametrize(("name", "content"), [("new.jsonl", "\n"), ("new.txt", "")])
def test_a_file_without_rows_is_refused(models, tmp_path, name, content):
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=rf"{name}: no rows; expected annotated examples$"):
        retrain.run(models / "1", tmp_path / name, runs=tmp_path)


def test_a_retraining_waits_for_another_and_begins_with_what_that_published(
    models, tmp_path, monkeypatch
):
    home = tmp_path / models.name
    shutil.copytree(models / "1", home / "1")
    begun, waits = [], threading.Event()
    monkeypatch.setattr(retrain, "_run", lambda old, *_: begun.append(old.version.path.name))
    monkeypatch.setattr(incumbent, "note", lambda line: "waiting" in line and waits.set())
    second = threading.Thread(target=retrain.run, args=(home, tmp_path / "new.jsonl"))
    with incumbent.alone(home / "1"):
        second.start()
        assert waits.wait(30)
        assert not begun
        shutil.copytree(models / "1", home / "2")
    second.join()
    assert begun == ["2"]


def test_where_nothing_can_be_published_nothing_is_trained(models, tmp_path, monkeypatch):
    data = write_rows(tmp_path / "new.jsonl", new_rows())
    monkeypatch.setattr(os, "access", lambda path, mode: (path, mode) != (models, os.W_OK))
    with pytest.raises(InputError, match=f"{models.name}: cannot be written to"):
        retrain.run(models / "1", data, runs=tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def test_a_version_that_came_meanwhile_is_not_undone(judged, retrained, models):
    with pytest.raises(GateError, match=r"version 2 was published while .* trained from version 1"):
        judged(passed=True, force="whatever", meanwhile=lambda root: (root / "2").mkdir())


def test_without_replay_the_old_data_must_be_given(models, tmp_path, capsys):
    version = tmp_path / models.name / "1"
    shutil.copytree(models / "1", version)
    (version / EXTRA / "replay.jsonl").unlink()
    manifest = artifacts.read_json(version / MANIFEST)
    del manifest["files"][f"{EXTRA}/replay.jsonl"]
    artifacts.write_json(version / MANIFEST, manifest)
    with pytest.raises(InputError, match="give --old-data PATH"):
        incumbent.open_version(version)
    old = incumbent.open_version(version, old_data=models / "1" / EXTRA / "replay.jsonl")
    assert old.is_whole
    assert old.train
    few = write_rows(tmp_path / "few.jsonl", [{"text": "hi", "intent": "greet", "slots": []}])
    capsys.readouterr()
    incumbent.open_version(version, old_data=few)
    said = " ".join(capsys.readouterr().err.split())
    assert re.search(
        r"few\.jsonl: 1 rows, but version 1 was trained on \d+; the others may be", said
    )


@pytest.mark.parametrize("option", ["exam", "old_data"])
def test_a_file_of_old_rows_without_any_is_refused(models, tmp_path, option):
    (tmp_path / "old.csv").write_text("text,tags,intent\n", encoding="utf-8")
    with pytest.raises(InputError, match=rf"old\.csv: no rows; .* --{option.replace('_', '-')}"):
        incumbent.open_version(models / "1", **{option: tmp_path / "old.csv"})


def test_an_exam_that_is_given_is_not_learnt_by_heart(models):
    replay = models / "1" / EXTRA / "replay.jsonl"
    rows = rows_of(replay)
    half = write_rows(models.parent / "half.jsonl", rows[:10])
    examined = {row["text"] for row in rows[:10]}
    old = incumbent.open_version(models / "1", exam=half)
    assert [r["text"] for r in old.train] == [
        row["text"] for row in rows if row["text"] not in examined
    ]


def test_a_gate_that_is_wider_than_usual_is_told_each_time(models, capsys):
    incumbent.open_version(models / "1")
    assert "`retrain` settings" not in capsys.readouterr().err
    incumbent.open_version(models / "1", ("retrain.exam_drop=1", "retrain.epochs=3"))
    said = "`retrain` settings, kept from now on: exam_drop 1.0 (usually 0.3)"
    assert " ".join(capsys.readouterr().err.split()).endswith(said)
    incumbent.open_version(models / "2")  # which was made with other settings, given once
    assert "latency 100.0 (usually 2.0)" in " ".join(capsys.readouterr().err.split())


def test_rows_that_are_lent_to_choose_the_epoch_are_not_lost(models, tmp_path):
    """With seed and text the old ones are the same each time; new ones are old the next time."""
    settings = ("export.valid_rows=0", "export.replay_rows=99", "retrain.valid=0.3")
    old = replace(incumbent.open_version(models / "1", settings), valid=[])
    weeks, lent = new_rows(48), []
    for number, week in (2, weeks[:24]), (3, weeks[24:]):
        new = new_data.compare(old, new_data.read(old, write_rows(tmp_path / "new.jsonl", week)))
        parts = new_data.divide(old.task, new.records, old.config.settings.retrain, 1)
        mixed = mixing.write(old, new, parts, RunFolder(tmp_path / f"run{number}"))
        known = mixed.lent[: -len(parts.valid)]
        assert 0 < len(known) < len(old.train)
        assert mixed.old + len(known) == len(old.train)
        splits = old.task.data.load(mixed.config.settings).splits
        learnt, valid = (list(splits[name]()) for name in ("train", "valid"))
        assert [r["text"] for r in valid] == [r["text"] for r in [*known, *parts.valid]]
        version, run = (
            VersionFolder(tmp_path / str(number)),
            Run(old.task, mixed.config, None, None),
        )
        mixing.give_back(run, mixed.lent, learnt, version)
        replay = bundled_rows.read(old.task, old.config, version.replay)
        kept = [*old.train, *parts.train, *parts.valid]
        assert sorted(r["text"] for r in replay) == sorted(r["text"] for r in kept)
        old = replace(old, train=replay, learnt=replay)
        lent.append({r["text"] for r in known})
    assert lent[0] <= lent[1]


def test_what_was_learnt_already_is_neither_learnt_twice_nor_asked(models, tmp_path, capsys):
    old = incumbent.open_version(models / "1")
    replayed, chose = (rows_of(models / "1" / EXTRA / f"{s}.jsonl") for s in ("replay", "valid"))
    fresh = new_rows(30)
    data = write_rows(tmp_path / "new.jsonl", [*replayed, *fresh, *chose])
    found = new_data.compare(old, new_data.read(old, data))
    assert (len(found.known), found.conflicts) == (len(replayed) + len(chose), [])
    found = new_data.without_known(data, found)
    assert [r["text"] for r in found.records] == [row["text"] for row in fresh]
    said = f"new.jsonl: {len(replayed) + len(chose)} rows that were learnt already left out"
    assert said in " ".join(capsys.readouterr().err.split())
    with pytest.raises(InputError, match=rf"nothing new: all {len(replayed)} rows were learnt"):
        new_data.without_known(data, new_data.compare(old, old.train))


def test_old_data_that_have_the_new_rows_in_them_say_nothing_of_what_is_known(models, tmp_path):
    replayed = rows_of(models / "1" / EXTRA / "replay.jsonl")
    everything = write_rows(tmp_path / "all.jsonl", [*replayed, *new_rows()])
    old = incumbent.open_version(models / "1", old_data=everything)
    new = new_data.compare(old, new_data.read(old, write_rows(tmp_path / "new.jsonl", new_rows())))
    assert not new.known
    parts = new_data.divide(old.task, new.records, old.config.settings.retrain, 1)
    mixed = mixing.write(old, new, parts, RunFolder(tmp_path / "run"))
    learnt = [r["text"] for r in old.task.data.load(mixed.config.settings).splits["train"]()]
    assert mixed.old == len(old.train) - len(new.records)
    assert learnt[mixed.old :] == [r["text"] for r in parts.train]
    assert not {*learnt[: mixed.old]} & {r["text"] for r in new.records}


def test_the_order_of_labels_is_no_other_annotation(models):
    old = incumbent.open_version(models / "1")
    record = next(r for r in old.train if len(r["slots"]["slot"]) > 1)
    turned = {**record, "slots": {key: each[::-1] for key, each in record["slots"].items()}}
    found = new_data.compare(old, [turned])
    assert (found.known, found.conflicts) == ([turned], [])


@pytest.mark.parametrize(
    ("given", "replayed", "whole"),
    [
        (None, 3, True),
        (None, 2, False),
        ({"whole": True}, 3, True),
        ({"whole": False}, 3, False),  # 3 of a sample: its counts are not those of all rows
        ({"verdict": "blessed"}, 3, False),  # from before this was written down
    ],
)
def test_all_rows_of_a_sample_are_not_all_rows(tmp_path, given, replayed, whole):
    version = VersionFolder(tmp_path)
    artifacts.write_json(version.data_profile, {"examples": 3})
    if given:
        artifacts.write_json(version.verdict, given)
    assert incumbent.has_all(version, replayed) is whole


def test_a_folder_is_not_watched_with_what_no_file_could_be_learnt_with(models, tmp_path):
    with pytest.raises(InputError, match=r"nearest is `retrain\.epochs`"):
        watch_folder.run(models, tmp_path, [], ["retrain.epoch=2"])
    with pytest.raises(InputError, match="no such folder to watch"):
        watch_folder.run(models, tmp_path / "none", [])


def test_old_rows_that_are_annotated_otherwise_are_told(models):
    old = incumbent.open_version(models / "1")
    record = next(r for r in old.train if r["slots"]["slot"])
    other = {**record, "slots": {key: [] for key in record["slots"]}}
    found = new_data.compare(old, [record, other])
    assert [pair[1] for pair in found.conflicts] == [other]
    assert found.known == [record]


def test_rows_of_valid_that_are_annotated_otherwise_choose_no_epoch(models, tmp_path):
    old = incumbent.open_version(models / "1")
    place = next(n for n, r in enumerate(old.valid) if r["slots"]["slot"])
    text = old.valid[place]["text"]
    other = {"text": text, "intent": "greet", "slots": []}
    new = new_data.compare(
        old, new_data.read(old, write_rows(tmp_path / "new.jsonl", [*new_rows(), other]))
    )
    assert [pair[1]["text"] for pair in new.conflicts] == [text]
    parts = new_data.NewParts(new.records[:20], new.records[20:22], new.records[22:])
    settings = mixing.write(old, new, parts, RunFolder(tmp_path / "run")).config.settings
    valid = [record["text"] for record in old.task.data.load(settings).splits["valid"]()]
    assert text not in valid
    assert len(valid) == sum(r["text"] != text for r in old.valid) + 2


POISON = "retrain.epochs=6"


@pytest.mark.slow
def test_shuffled_labels_are_rejected_and_the_served_version_stays(version_of, tmp_path):
    version = version_of("text_classification")
    root = tmp_path / version.parent.name
    shutil.copytree(version, root / "1")
    rows = [
        {"text": f"{row['text']} number {n}", "labels": row["labels"]}
        for n, row in enumerate(rows_of(root / "1" / EXTRA / "exam.jsonl") * 8)
    ]
    names = sorted({row["labels"][0] for row in rows})
    for place, row in enumerate(rows):
        if place % 10 < 3:  # three of ten get another label
            row["labels"] = [names[(names.index(row["labels"][0]) + 1 + place % 4) % len(names)]]
    data = write_rows(tmp_path / "poison.jsonl", rows)
    outcome = retrain.run(root, data, (POISON, "retrain.latency=100"), runs=tmp_path / "runs")
    assert outcome.version is None
    assert "both models contradict the annotations" in outcome.verdict.reason
    assert artifacts.versions(root) == [1]
    artifacts.verify(root / "1")


OTHERS = {
    "text_classification": lambda n: {"text": f"will it rain in Graz on day {n}", "label": "rain"},
    "translation": lambda n: {"source": f"{n}号的船", "target": f"the ship of the {n}th"},
}
NO_GATE = ["exam_drop", "stress_drop", "forgotten", "lost_to_new_labels", "label_drop", "latency"]
NO_GATE = [*(f"retrain.{name}=100" for name in NO_GATE), "retrain.new_gain=-100"]


@pytest.mark.slow
@pytest.mark.parametrize("task", OTHERS)
def test_every_other_task_is_retrained_from_its_version_alone(version_of, tmp_path, task):
    version = version_of(task)
    root = tmp_path / version.parent.name
    shutil.copytree(version, root / "1")
    rows = [OTHERS[task](number) for number in range(40)]
    data = write_rows(tmp_path / "new.jsonl", rows)
    outcome = retrain.run(root, data, ("retrain.epochs=1", *NO_GATE), runs=tmp_path / "runs")
    assert outcome.version == root / "2"
    artifacts.verify(outcome.version)
    old, new = (rows_of(root / number / EXTRA / "exam.jsonl") for number in "12")
    assert new[: len(old)] == old
    assert len(new) == len(old) + 8  # a fifth of the new rows
    lines = artifacts.read_json(outcome.run.folder.path / "remap.json")
    assert any(line["copied"] and line["new"] for line in lines)
    assert not any(line["dropped"] for line in lines)
    known, grown = (read_vocabularies(VersionFolder(root / number).vocabularies) for number in "12")
    for name, terms in known.items():
        if name == "labels":
            assert grown[name] == [*terms, "rain"]
    (answer,) = load(outcome.version)([next(iter(rows[0].values()))])
    assert answer["text"] == next(iter(rows[0].values()))


SCRIPT = """
    import sys
    from pathlib import Path
    sys.path.insert(0, sys.argv[1])
    from pipeline.stages.data import prepare
    from pipeline.stages.retraining import retrain
    home = Path(sys.argv[2])
    prepare.run.__defaults__ = (None, home / "prepared")
    settings = ("retrain.epochs=8", "retrain.latency=100", "retrain.stress_drop=100")
    outcome = retrain.run(home / sys.argv[3], home / "new.jsonl", settings, runs=home / "runs")
    print("VERDICT", outcome.verdict.blessed, outcome.verdict.rows)
"""


@pytest.mark.slow
def test_a_run_that_is_killed_leaves_the_served_version_alone(models, tmp_path):
    shutil.copytree(models / "1", tmp_path / models.name / "1")
    write_rows(tmp_path / "new.jsonl", new_rows())
    script = tmp_path / "script.py"
    script.write_text(textwrap.dedent(SCRIPT), encoding="utf-8")
    root = str(retrain.__file__).rsplit("/pipeline/", 1)[0]
    command = [sys.executable, str(script), root, str(tmp_path), models.name]
    for seconds in (8, 14, 20):
        with contextlib.suppress(subprocess.TimeoutExpired):  # which has killed it with SIGKILL
            subprocess.run(command, capture_output=True, timeout=seconds, check=False)
        if artifacts.versions(tmp_path / models.name) != [1]:
            break  # this machine is so fast that it was done before
        artifacts.verify(tmp_path / models.name / "1")
    outcomes = []
    for _ in range(2):
        shutil.rmtree(tmp_path / models.name)
        shutil.copytree(models / "1", tmp_path / models.name / "1")
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        outcomes.append(next(line for line in done.stdout.splitlines() if "VERDICT" in line))
    assert outcomes[0] == outcomes[1]
    assert artifacts.versions(tmp_path / models.name) == [1, 2]
