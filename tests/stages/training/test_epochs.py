"""What happens between two epochs, on a model that is none."""

import json
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from pipeline.runs import RunFolder
from pipeline.stages.training import checkpoint
from pipeline.stages.training.epochs import (
    VALID_LOSS,
    EpochEnd,
    Progress,
    ProgressBar,
    kept_epoch,
    read_metrics,
)

BEST, CHECKPOINT = "best.npz", "checkpoint.npz"


@pytest.fixture
def folder(tmp_path):
    return RunFolder(tmp_path)


@pytest.fixture
def saved(monkeypatch):
    """What was saved: (file name, state), in order."""
    calls = []
    monkeypatch.setattr(
        checkpoint, "save", lambda path, model, optimizer, state: calls.append((path.name, state))
    )
    return calls


@pytest.fixture
def play(folder, saved):
    """A function that plays epochs with these scores until training stops; gives the state."""

    def run(scores, patience=0, state=None):
        rest = iter(scores)
        state = state or Progress()
        model = SimpleNamespace(stop_training=False, optimizer=SimpleNamespace(use_ema=False))
        end = EpochEnd(folder, lambda: {"f1": next(rest)}, "f1", patience, state)
        end.set_model(model)
        while not model.stop_training and state.epoch < len(scores):
            end.on_epoch_begin(state.epoch)
            end.on_epoch_end(state.epoch, {"loss": 0.5})
        return state

    return run


def test_the_best_epoch_is_kept_and_the_checkpoint_written_every_time_after_it(play, saved):
    state = play([10.0, 30.0, 20.0])
    assert (state.epoch, state.best_epoch, state.best) == (3, 2, 30.0)
    assert [name for name, _ in saved] == [BEST, CHECKPOINT, BEST, CHECKPOINT, CHECKPOINT]
    assert [facts["epoch"] for _, facts in saved] == [1, 1, 2, 2, 3]


def test_who_listens_is_told_each_epoch_after_its_files_are_written(folder, saved):
    told = []

    def listen(epoch, scores):
        told.append((epoch, scores, [name for name, _ in saved]))
        raise RuntimeError("enough")

    model = SimpleNamespace(stop_training=False, optimizer=SimpleNamespace(use_ema=False))
    end = EpochEnd(folder, lambda: {"f1": 7.0}, "f1", 0, Progress(), on_epoch=listen)
    end.set_model(model)
    end.on_epoch_begin(0)
    with pytest.raises(RuntimeError, match="enough"):
        end.on_epoch_end(0, {"loss": 0.5})
    assert told == [(1, {"f1": 7.0}, [BEST, CHECKPOINT])]


def test_what_is_validated_and_kept_is_the_average_of_the_weights(folder):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    model.compile(keras.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.75), loss="mse")
    [weight] = model.trainable_variables
    average = None
    for _ in range(3):
        model.train_on_batch(np.ones((1, 1)), np.full((1, 1), 5.0))
        now = float(weight[0, 0])
        average = now if average is None else 0.75 * average + 0.25 * now

    def validate():
        assert float(weight[0, 0]) == pytest.approx(average)
        return {"f1": 1.0}

    end = EpochEnd(folder, validate, "f1", 0, Progress())
    end.set_model(model)
    end.on_epoch_begin(0)
    end.on_epoch_end(0, {"loss": 0.5})
    assert float(weight[0, 0]) == now  # training goes on with the weights as they were
    checkpoint.load(folder.best, model)
    assert float(weight[0, 0]) == pytest.approx(average)
    checkpoint.load(folder.checkpoint, model, model.optimizer)
    assert float(weight[0, 0]) == now


def test_of_equal_epochs_the_later_is_kept_but_is_no_gain(play, saved):
    state = play([30.0, 30.0, 20.0])
    assert (state.best_epoch, state.gained_epoch) == (2, 1)
    assert [name for name, _ in saved].count(BEST) == 2
    assert play([30.0, 30.0, 30.0, 30.0], patience=2).epoch == 3  # equal for ever is no progress


def test_the_first_epoch_is_the_best_even_with_a_score_of_0(play, saved):
    assert play([0.0]).best_epoch == 1
    assert saved[0][0] == BEST


@pytest.mark.parametrize(
    ("tolerance", "kept", "gained"), [(0.0, 2, 2), (0.4, 2, 2), (0.5, 4, 2), (2.0, 5, 2)]
)
def test_of_epochs_as_good_as_the_best_the_latest_is_kept(folder, saved, tolerance, kept, gained):
    scores = [10.0, 30.0, 29.4, 29.5, 28.0]
    rest, state = iter(scores), Progress()
    model = SimpleNamespace(stop_training=False, optimizer=SimpleNamespace(use_ema=False))
    end = EpochEnd(folder, lambda: {"f1": next(rest)}, "f1", 0, state, tolerance)
    end.set_model(model)
    for epoch in range(5):
        end.on_epoch_begin(epoch)
        end.on_epoch_end(epoch, {"loss": 0.5})
    assert (state.best_epoch, state.gained_epoch, state.best) == (kept, gained, 30.0)
    assert kept_epoch(read_metrics(folder.metrics), "f1", tolerance) == kept


def test_where_the_loss_decides_the_lowest_is_the_best(folder, saved):
    rest = iter([(10.0, 4.0), (20.0, 3.0), (30.0, 5.0)])
    model = SimpleNamespace(stop_training=False, optimizer=SimpleNamespace(use_ema=False))
    state = Progress()
    end = EpochEnd(
        folder, lambda: dict(zip(("f1", VALID_LOSS), next(rest), strict=True)), "f1", 1, state
    )
    end.set_model(model)
    for epoch in range(3):
        end.on_epoch_begin(epoch)
        end.on_epoch_end(epoch, {"loss": 0.5})
    assert (state.best_epoch, state.best, state.stopped) == (2, -3.0, True)
    assert read_metrics(folder.metrics)[2][VALID_LOSS] == 5.0


@pytest.mark.parametrize(
    ("patience", "epochs"),
    [(0, 6), (1, 3), (2, 6), (3, 6)],
)
def test_training_stops_after_patience_epochs_without_a_better_one(play, saved, patience, epochs):
    state = play([10.0, 20.0, 15.0, 25.0, 24.0, 23.0], patience)
    assert state.epoch == epochs
    assert state.stopped == (0 < patience <= 2)
    assert saved[-1] == (CHECKPOINT, vars(state))  # so that a resumed run knows that it stopped


def test_a_line_an_epoch(play, folder):
    play([10.0, 20.0])
    lines = read_metrics(folder.metrics)
    assert [line["epoch"] for line in lines] == [1, 2]
    assert lines[1].keys() == {"epoch", "loss", "f1", "seconds"}
    assert (lines[1]["loss"], lines[1]["f1"]) == (0.5, 20.0)


def test_lines_after_the_checkpoint_are_dropped_before_going_on(play, folder):
    whole = [json.dumps({"epoch": epoch}) + "\n" for epoch in (1, 2)]
    folder.metrics.write_text("".join(whole) + '{"epoch": 3, "lo', encoding="utf-8")
    play([0.0, 0.0, 0.0], state=Progress(epoch=2))  # one more
    assert [line["epoch"] for line in read_metrics(folder.metrics)] == [1, 2, 3]
    play([1.0], state=Progress())
    assert [line["epoch"] for line in read_metrics(folder.metrics)] == [1]


def test_a_folder_without_metrics_has_none(folder):
    assert read_metrics(folder.metrics) == []


def test_the_line_for_the_person_waiting_marks_the_best(play, capsys):
    play([20.0, 10.0])
    first, second = capsys.readouterr().err.splitlines()
    assert "loss 0.5000  valid: f1 20.00  *" in first
    assert second.endswith("f1 10.00")


def test_the_bar_counts_from_where_the_run_was_and_can_be_closed_before_it_began():
    bar = ProgressBar(first_epoch=2, epochs=5, steps=4)
    bar.close()
    bar.on_train_begin()
    bar.on_epoch_begin(2)
    bar.on_train_batch_end(0)
    (line,) = bar.bar.tasks
    assert (line.completed, line.total, line.description) == (9, 20, "epoch 3/5")
    bar.on_train_end()
