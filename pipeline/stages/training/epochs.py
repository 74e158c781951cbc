"""Between two epochs: validate, remember the best, write the checkpoint, stop early."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from pipeline.artifacts import write_file
from pipeline.report.terminal import note, progress
from pipeline.stages.training import checkpoint

CHECKPOINT, BEST, METRICS = "checkpoint.npz", "best.npz", "metrics.jsonl"
VALID_LOSS = "valid_loss"  # among the scores of an epoch that is chosen by it

OnEpoch = Callable[[int, dict[str, float]], None]


@dataclass
class State:
    """How far a run is; it travels in the checkpoint. Epochs count from 1, 0 = none yet.

    `gained_epoch` is the last one that was better than all before it; `best_epoch` that one, or a
    later one as good. `best` is the highest headline metric of an epoch, or the lowest loss with
    the sign changed.
    """

    epoch: int = 0
    gained_epoch: int = 0
    best_epoch: int = 0
    best: float = -math.inf
    seconds: float = 0.0
    stopped: bool = False


class EpochEnd(keras.callbacks.Callback):
    """Validates on the task's own metric, and keeps the run's files.

    `checkpoint.npz` holds all that `--resume` needs and is replaced in one step, after
    `best.npz`: a run that is cut between the two repeats one epoch and ends the same.

    Args:
        folder: The run's.
        validate: Gives the metrics on valid, name to percent; `VALID_LOSS` too, if that decides.
        headline: The metric to go by otherwise; higher is better.
        patience: Epochs without a better one before training stops; 0 = never.
        state: Where the run stands.
        tolerance: How much worse than the best an epoch may be and still count as good.
        on_epoch: Told each epoch's number and scores, last of all.
    """

    def __init__(
        self,
        folder: Path,
        validate: Callable[[], dict[str, float]],
        headline: str,
        patience: int,
        state: State,
        tolerance: float = 0.0,
        on_epoch: OnEpoch | None = None,
    ) -> None:
        super().__init__()
        self.folder, self.validate, self.headline = folder, validate, headline
        self.patience, self.state, self.tolerance = patience, state, tolerance
        self.on_epoch = on_epoch
        _cut(folder / METRICS, state.epoch)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.began = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        trained = time.perf_counter() - self.began
        state = self.state
        state.epoch, state.seconds = epoch + 1, state.seconds + trained
        with self._averaged():
            scores = self.validate()
            score = goodness(scores, self.headline)
            if score > state.best:
                state.best, state.gained_epoch = score, state.epoch
            best = score >= state.best - self.tolerance  # of equals the later one
            if best:
                state.best_epoch = state.epoch
                self._save(BEST)
        state.stopped = 0 < self.patience <= state.epoch - state.gained_epoch
        self.model.stop_training = self.model.stop_training or state.stopped
        self._journal(logs or {}, scores, trained)
        self._save(CHECKPOINT)
        self._say(logs or {}, scores, trained, best)
        if self.on_epoch is not None:
            self.on_epoch(state.epoch, scores)

    @contextmanager
    def _averaged(self) -> Iterator[None]:
        """The model with the average of its weights, if the optimizer keeps one; then as it was."""
        if not self.model.optimizer.use_ema:
            yield
            return
        weights_now = [np.asarray(variable) for variable in self.model.trainable_variables]
        self.model.optimizer.finalize_variable_values(self.model.trainable_variables)
        yield
        for variable, value in zip(self.model.trainable_variables, weights_now, strict=True):
            variable.assign(value)

    def _save(self, name: str) -> None:
        checkpoint.save(self.folder / name, self.model, self.model.optimizer, asdict(self.state))

    def _journal(self, logs: dict[str, float], scores: dict[str, float], seconds: float) -> None:
        losses = {name: float(value) for name, value in logs.items()}
        line = {"epoch": self.state.epoch, **losses, **scores, "seconds": round(seconds, 3)}
        with (self.folder / METRICS).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def _say(
        self, logs: dict[str, float], scores: dict[str, float], seconds: float, best: bool
    ) -> None:
        loss = float(logs.get("loss", float("nan")))
        # The headline by other rules, and other names for a score, are for the journal.
        shown = [n for n in scores if not n.startswith(f"{self.headline}_")]
        shown = [
            n for n in shown if not n.endswith(("_any_of", "_found", "_f1")) or n == self.headline
        ]
        values = "  ".join(f"{name} {scores[name]:.2f}" for name in shown)
        star = "  *" if best else ""
        note(
            f"epoch {self.state.epoch:3d}  {seconds:5.1f} s  loss {loss:.4f}  valid: {values}{star}"
        )


def goodness(scores: dict[str, float], headline: str) -> float:
    """What decides which epoch is the best: higher is better."""
    return -scores[VALID_LOSS] if VALID_LOSS in scores else scores[headline]


def kept_epoch(lines: Sequence[dict[str, Any]], headline: str, tolerance: float) -> int:
    """The epoch whose weights were kept, by the lines of `read_metrics`; the rule of `EpochEnd`."""
    best, kept = -math.inf, 0
    for line in lines:
        score = goodness({headline: -math.inf, **line}, headline)
        best = max(best, score)
        if score >= best - tolerance:
            kept = int(line["epoch"])
    return kept


class ProgressBar(keras.callbacks.Callback):
    """One bar over all batches of the training that is left, with the time it will take."""

    def __init__(self, first_epoch: int, epochs: int, steps: int) -> None:
        super().__init__()
        self.first, self.epochs, self.steps = first_epoch, epochs, steps

    def on_train_begin(self, logs: Any = None) -> None:
        self.bar = progress("batches")
        self.bar.start()
        total = self.epochs * self.steps
        done = self.first * self.steps
        self.line = self.bar.add_task("training", total=total, completed=done, detail="")

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.bar.update(self.line, description=f"epoch {epoch + 1}/{self.epochs}")

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        self.bar.update(self.line, advance=1)

    def on_train_end(self, logs: Any = None) -> None:
        self.close()

    def close(self) -> None:
        """Leaves the terminal as it was, also where training was broken off."""
        if hasattr(self, "bar"):
            self.bar.stop()


def read_metrics(folder: Path) -> list[dict[str, Any]]:
    """The lines of `metrics.jsonl`, one an epoch."""
    file = folder / METRICS
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return [json.loads(line) for line in lines]


def _cut(file: Path, epochs: int) -> None:
    """Drops the lines after the last epoch that has a checkpoint; it will be done again."""
    if file.exists():
        kept = file.read_text(encoding="utf-8").split("\n")[:epochs]
        write_file(file, "".join(f"{line}\n" for line in kept).encode())
