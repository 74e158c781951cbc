"""After each epoch: validate, keep the best weights, write a checkpoint, stop early."""

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
from pipeline.runs import RunFolder
from pipeline.stages.training import checkpoint

VALID_LOSS = "valid_loss"  # a score of each epoch if `train.select_by` is `loss`

OnEpoch = Callable[[int, dict[str, float]], None]


@dataclass
class Progress:
    """How far a run is; the checkpoint holds it. Epochs count from 1; 0 means none yet.

    `gained_epoch` is the last epoch that was better than all before it. `best_epoch` is the epoch
    whose weights are kept: that one, or a later one within the tolerance. `best` is the highest
    headline metric of an epoch, or the negative of the lowest loss.
    """

    epoch: int = 0
    gained_epoch: int = 0
    best_epoch: int = 0
    best: float = -math.inf
    seconds: float = 0.0
    stopped: bool = False


class EpochEnd(keras.callbacks.Callback):
    """Validate on the task's metric and write the run's files.

    `checkpoint.npz` holds all that `--resume` needs. It is replaced in one step, after `best.npz`:
    a run that is killed between the two repeats one epoch and ends with the same weights.

    Args:
        folder: The run folder.
        validate: Returns the metrics on valid, name to percent, with `VALID_LOSS` if that decides.
        headline: The metric that decides otherwise; higher is better.
        patience: Epochs without a gain before training stops; 0 = never.
        progress: How far the run is.
        tolerance: How much worse than the best an epoch may be and still replace its weights.
        on_epoch: Called last with the number and the scores of each epoch.
    """

    def __init__(
        self,
        folder: RunFolder,
        validate: Callable[[], dict[str, float]],
        headline: str,
        patience: int,
        progress: Progress,
        tolerance: float = 0.0,
        on_epoch: OnEpoch | None = None,
    ) -> None:
        super().__init__()
        self.folder, self.validate, self.headline = folder, validate, headline
        self.patience, self.progress, self.tolerance = patience, progress, tolerance
        self.on_epoch = on_epoch
        _cut(folder.metrics, progress.epoch)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.began = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        trained = time.perf_counter() - self.began
        state = self.progress
        state.epoch, state.seconds = epoch + 1, state.seconds + trained
        with self._averaged():
            scores = self.validate()
            score = goodness(scores, self.headline)
            if score > state.best:
                state.best, state.gained_epoch = score, state.epoch
            best = score >= state.best - self.tolerance  # the later of two equals
            if best:
                state.best_epoch = state.epoch
                self._save(self.folder.best)
        state.stopped = 0 < self.patience <= state.epoch - state.gained_epoch
        self.model.stop_training = self.model.stop_training or state.stopped
        self._journal(logs or {}, scores, trained)
        self._save(self.folder.checkpoint)
        self._log(logs or {}, scores, trained, best)
        if self.on_epoch is not None:
            self.on_epoch(state.epoch, scores)

    @contextmanager
    def _averaged(self) -> Iterator[None]:
        """Use the average of the weights inside the block, if the optimizer keeps one."""
        if not self.model.optimizer.use_ema:
            yield
            return
        weights_now = [np.asarray(variable) for variable in self.model.trainable_variables]
        self.model.optimizer.finalize_variable_values(self.model.trainable_variables)
        yield
        for variable, value in zip(self.model.trainable_variables, weights_now, strict=True):
            variable.assign(value)

    def _save(self, file: Path) -> None:
        checkpoint.save(file, self.model, self.model.optimizer, asdict(self.progress))

    def _journal(self, logs: dict[str, float], scores: dict[str, float], seconds: float) -> None:
        losses = {name: float(value) for name, value in logs.items()}
        line = {"epoch": self.progress.epoch, **losses, **scores, "seconds": round(seconds, 3)}
        with self.folder.metrics.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def _log(
        self, logs: dict[str, float], scores: dict[str, float], seconds: float, best: bool
    ) -> None:
        loss = float(logs.get("loss", float("nan")))
        # Variants of the headline and other scores are in the metrics file only.
        shown = [n for n in scores if not n.startswith(f"{self.headline}_")]
        shown = [
            n for n in shown if not n.endswith(("_any_of", "_found", "_f1")) or n == self.headline
        ]
        values = "  ".join(f"{name} {scores[name]:.2f}" for name in shown)
        star = "  *" if best else ""
        epoch = f"epoch {self.progress.epoch:3d}  {seconds:5.1f} s"
        note(f"{epoch}  loss {loss:.4f}  valid: {values}{star}")


def goodness(scores: dict[str, float], headline: str) -> float:
    """Return the value that decides which epoch is the best; higher is better."""
    return -scores[VALID_LOSS] if VALID_LOSS in scores else scores[headline]


def kept_epoch(lines: Sequence[dict[str, Any]], headline: str, tolerance: float) -> int:
    """Return the epoch whose weights were kept, by the rule of `EpochEnd`."""
    best, kept = -math.inf, 0
    for line in lines:
        score = goodness({headline: -math.inf, **line}, headline)
        best = max(best, score)
        if score >= best - tolerance:
            kept = int(line["epoch"])
    return kept


class ProgressBar(keras.callbacks.Callback):
    """A progress bar over all remaining batches, with the remaining time."""

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
        """Restore the terminal, even if training was interrupted."""
        if hasattr(self, "bar"):
            self.bar.stop()


def read_metrics(file: Path) -> list[dict[str, Any]]:
    """Read `metrics.jsonl`, one line an epoch."""
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return [json.loads(line) for line in lines]


def _cut(file: Path, epochs: int) -> None:
    """Drop the lines after the last epoch with a checkpoint; those epochs are repeated."""
    if file.exists():
        kept = file.read_text(encoding="utf-8").split("\n")[:epochs]
        write_file(file, "".join(f"{line}\n" for line in kept).encode())
