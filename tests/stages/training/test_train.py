"""A run folder; and a run that was cut twice ends as if nothing had happened."""

import json
import shutil

import numpy as np
import pytest

from pipeline import artifacts
from pipeline.errors import InputError, PipelineError
from pipeline.stages.data import prepare
from pipeline.stages.training import checkpoint, train
from pipeline.stages.training.checkpoint import STATE
from pipeline.stages.training.epochs import Progress, ProgressBar, read_metrics

BEST, CHECKPOINT, METRICS = "best.npz", "checkpoint.npz", "metrics.jsonl"


def arrays(file):
    """The variables of a weights file by name, and its state without the time it took."""
    with np.load(file) as opened:
        found = {name: opened[name] for name in opened.files}
    state = json.loads(str(found.pop(STATE)))
    del state["seconds"]
    return found, state


def timeless(folder):
    """The metrics of a run, without the time that each epoch took."""
    return [
        {k: v for k, v in line.items() if k != "seconds"} for line in read_metrics(folder / METRICS)
    ]


def digests(folder):
    return {str(file): artifacts.file_digest(file) for file in folder.rglob("*") if file.is_file()}


@pytest.fixture
def runs(finished, tmp_path):
    """A folder of runs with a copy of the finished one, to be changed."""
    shutil.copytree(finished, tmp_path / "runs" / finished.parent.name / finished.name)
    return tmp_path / "runs"


@pytest.fixture
def copied(runs, finished):
    return runs / finished.parent.name / finished.name


def test_a_run_folder_holds_all(tiny, finished):
    names = {file.relative_to(finished).as_posix() for file in finished.rglob("*")}
    vocabularies = {f"vocabularies/{n}.txt" for n in ("words", "characters", "slots", "intents")}
    made = {"config.yaml", "environment.json", "contract.json", "calibration.json"}
    made |= {METRICS, CHECKPOINT, BEST, "vocabularies"} | vocabularies
    assert names - {"scores.json", "errors.jsonl", "report.html"} == made
    assert (finished / "config.yaml").read_text(encoding="utf-8") == tiny.config.as_yaml()
    facts = artifacts.read_json(finished / "environment.json")
    assert facts["packages"]["keras"] == "3.15.1"
    assert facts["config"] == tiny.config.digest()
    contract = artifacts.read_json(finished / "contract.json")
    assert contract["examples"] == 96
    assert contract.keys() == {"examples", "tokens", "unknown_token_rate", "length_percentiles"}


def test_metrics_have_a_line_an_epoch_and_training_learns(tiny, finished):
    lines = read_metrics(finished / METRICS)
    assert [line["epoch"] for line in lines] == list(
        range(1, tiny.config.settings.train.epochs + 1)
    )
    assert {"loss", "slot_f1", "intent_accuracy", "seconds"} <= lines[-1].keys()
    assert lines[-1]["loss"] < 0.5 * lines[0]["loss"]
    assert lines[-1]["slot_f1"] > 80


def test_best_weights_are_of_the_best_epoch(finished):
    lines = read_metrics(finished / METRICS)
    _, state = arrays(finished / BEST)
    best = max(line["slot_f1"] for line in lines)
    assert state["best"] == best
    assert state["epoch"] == next(line["epoch"] for line in lines if line["slot_f1"] == best)


def check_equal(folder, unbroken):
    """Two runs ended the same: every variable bit by bit, and every metric."""
    assert timeless(folder) == timeless(unbroken)
    for name in (BEST, CHECKPOINT):
        (found, state), (expected, its_state) = arrays(folder / name), arrays(unbroken / name)
        assert state == its_state
        assert found.keys() == expected.keys()
        for variable, value in expected.items():
            np.testing.assert_array_equal(found[variable], value, err_msg=f"{name}: {variable}")


def test_a_run_that_was_killed_ends_like_an_unbroken_one(tiny, home, finished, tmp_path):
    runs = shutil.copytree(home / "cut", tmp_path / "runs")
    cut = artifacts.newest_run(runs / tiny.config.name)
    assert arrays(cut / BEST)[1]["epoch"] == 3
    assert arrays(cut / CHECKPOINT)[1]["epoch"] == 2
    assert len(read_metrics(cut / METRICS)) == 3
    assert train.run(tiny.task, tiny.config, runs=runs, resume=True).folder.path == cut
    check_equal(cut, finished)


@pytest.mark.slow
@pytest.mark.parametrize("epoch", [1, 4])
def test_a_run_that_was_stopped_within_an_epoch_ends_like_an_unbroken_one(
    tiny, finished, tmp_path, monkeypatch, epoch
):
    advance = ProgressBar.on_train_batch_end

    def stop(self, batch, logs=None):
        if self.bar.tasks[0].description == f"epoch {epoch}/5" and batch == 2:
            raise KeyboardInterrupt
        advance(self, batch, logs)

    with monkeypatch.context() as patch:
        patch.setattr(ProgressBar, "on_train_batch_end", stop)
        with pytest.raises(KeyboardInterrupt):
            train.run(tiny.task, tiny.config, runs=tmp_path)
    resumed = train.run(tiny.task, tiny.config, runs=tmp_path, resume=True)
    check_equal(resumed.folder.path, finished)


def test_a_seed_gives_the_same_first_weights_whatever_was_done_before(
    tiny, finished, runs, tmp_path, monkeypatch
):
    begun = []

    def note_weights(run, model):
        begun.append([np.asarray(weight) for weight in model.trainable_weights])
        return Progress(stopped=True)

    monkeypatch.setattr(train, "_progress", note_weights)
    monkeypatch.setattr(train.Training, "calibrate", lambda _: None)  # nothing was trained
    again = tiny.changed()
    other = tiny.changed("train.seed=2")
    train.run(again.task, again.config, runs=tmp_path / "first")  # a run of its own
    train.run(again.task, again.config, runs=runs, resume=True)  # the data is prepared already
    monkeypatch.setattr(prepare.run, "__defaults__", (None, tmp_path / "prepared"))
    train.run(again.task, again.config, runs=runs, resume=True)  # and now it is not
    train.run(other.task, other.config, runs=tmp_path / "other")
    first, *same, different = begun
    for found in same:
        for variable, value in zip(found, first, strict=True):
            np.testing.assert_array_equal(variable, value)
    assert not np.array_equal(first[0], different[0])


def test_resuming_a_finished_run_says_so_and_changes_nothing(tiny, runs, copied, capsys):
    before = digests(copied)
    assert train.run(tiny.task, tiny.config, runs=runs, resume=True).folder.path == copied
    assert "already finished after epoch 5" in capsys.readouterr().err
    assert digests(copied) == before


def test_a_run_that_stopped_early_is_finished(tiny, runs, copied, capsys):
    changed = tiny.changed("train.epochs=50", "train.patience=1")
    (copied / "config.yaml").write_text(changed.config.as_yaml(), encoding="utf-8")
    with np.load(copied / CHECKPOINT) as file:
        found = {name: file[name] for name in file.files}
    state = {**json.loads(str(found[STATE])), "stopped": True}
    np.savez(copied / CHECKPOINT, **{**found, STATE: np.array(json.dumps(state))})
    train.run(changed.task, changed.config, runs=runs, resume=True)
    assert "already finished after epoch 5" in capsys.readouterr().err


def test_resuming_with_other_settings_is_refused(tiny, runs):
    changed = tiny.changed("train.epochs=6")
    with pytest.raises(InputError, match="its settings differ from the config's; resume with the"):
        train.run(changed.task, changed.config, runs=runs, resume=True)


def test_there_must_be_a_run_to_resume(tiny, tmp_path):
    with pytest.raises(InputError, match="no run to resume; train without --resume first"):
        train.run(tiny.task, tiny.config, runs=tmp_path, resume=True)


def test_a_run_that_was_cut_before_it_could_begin_is_not_resumed(tiny, runs, copied):
    (copied / "contract.json").unlink()
    with pytest.raises(InputError, match=r"cut before its first step; train without --resume"):
        train.run(tiny.task, tiny.config, runs=runs, resume=True)


def test_a_cut_checkpoint_is_one_line(tiny, runs, copied):
    file = copied / CHECKPOINT
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(PipelineError, match=r"checkpoint\.npz: not a readable weights file") as e:
        train.run(tiny.task, tiny.config, runs=runs, resume=True)
    assert "\n" not in str(e.value)


def test_other_data_under_the_same_settings_is_refused(tiny, runs, copied):
    facts = artifacts.read_json(copied / "environment.json")
    facts["data"]["key"] = "0" * 16
    artifacts.write_json(copied / "environment.json", facts)
    with pytest.raises(InputError, match="its data has changed"):
        train.run(tiny.task, tiny.config, runs=runs, resume=True)


def test_the_checkpoint_holds_the_optimizer(tiny, finished, parts):
    found, _ = arrays(finished / CHECKPOINT)
    moments = [name for name in found if "velocity" in name]
    assert len(moments) == len(parts.model.trainable_variables)
    assert int(found["optimizer/iteration"]) == 12 * tiny.config.settings.train.epochs
    assert checkpoint.load(finished / BEST, parts.model)["best"] > 0
