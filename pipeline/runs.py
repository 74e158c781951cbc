"""The folders of runs and versions: every file name in one place.

`runs/<name>/<time>/` is a `RunFolder`: what one training leaves. `saved_models/<name>/<number>/` is
a `VersionFolder`: a SavedModel, and in `assets.extra/` all that a later stage needs of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

EXTRA = "assets.extra"
MANIFEST = f"{EXTRA}/manifest.json"


@dataclass(frozen=True)
class RunFolder:
    """The files of one training.

    Args:
        path: `runs/<name>/<time>`.
    """

    path: Path

    def __str__(self) -> str:
        return str(self.path)

    @property
    def config(self) -> Path:
        """All settings, resolved; a run that was begun has it."""
        return self.path / "config.yaml"

    @property
    def environment(self) -> Path:
        """Machine, package versions, commit, and the data's key."""
        return self.path / "environment.json"

    @property
    def vocabularies(self) -> Path:
        """The folder of the vocabularies."""
        return self.path / "vocabularies"

    @property
    def data_profile(self) -> Path:
        """Facts about the training texts; the last file written before the first step."""
        return self.path / "contract.json"

    @property
    def checkpoint(self) -> Path:
        """Weights, optimizer and progress after the last finished epoch."""
        return self.path / "checkpoint.npz"

    @property
    def best(self) -> Path:
        """The weights of the best epoch."""
        return self.path / "best.npz"

    @property
    def metrics(self) -> Path:
        """One JSON line of metrics for each epoch."""
        return self.path / "metrics.jsonl"

    @property
    def calibration(self) -> Path:
        """What the calibration of the best weights set; the last file of a training."""
        return self.path / "calibration.json"

    @property
    def scores(self) -> Path:
        """Scores of every split and part."""
        return self.path / "scores.json"

    @property
    def errors(self) -> Path:
        """One JSON line for each wrong prediction."""
        return self.path / "errors.jsonl"

    @property
    def report(self) -> Path:
        """The HTML report."""
        return self.path / "report.html"

    @property
    def seeds(self) -> Path:
        """The spread of the scores over several seeds."""
        return self.path / "seeds.json"

    @property
    def folds(self) -> Path:
        """The spread of the scores over the folds of a cross-validation."""
        return self.path / "folds.json"

    @property
    def label_errors(self) -> Path:
        """Training rows whose label is likely wrong, from a cross-validation."""
        return self.path / "label_errors.jsonl"

    @property
    def data(self) -> Path:
        """The folder of the rows that a retraining mixed from old and new data."""
        return self.path / "data"

    @property
    def remap(self) -> Path:
        """What a retraining copied from each weight of the incumbent."""
        return self.path / "remap.json"

    @property
    def verdict(self) -> Path:
        """What the gate found about a retrained candidate."""
        return self.path / "verdict.json"


@dataclass(frozen=True)
class VersionFolder:
    """The files of a published version, or of a candidate that is about to become one.

    Args:
        path: `saved_models/<name>/<number>`.
    """

    path: Path

    def __str__(self) -> str:
        return str(self.path)

    @property
    def saved_model(self) -> Path:
        """The graph of the SavedModel."""
        return self.path / "saved_model.pb"

    @property
    def extra(self) -> Path:
        """The folder beside the SavedModel that holds all files below."""
        return self.path / EXTRA

    @property
    def manifest(self) -> Path:
        """Facts about the version, and the SHA-256 of each of its files."""
        return self.path / MANIFEST

    @property
    def config(self) -> Path:
        """All settings, resolved."""
        return self.extra / "config.yaml"

    @property
    def weights(self) -> Path:
        """The weights of the best epoch, with the optimizer's state."""
        return self.extra / "weights.npz"

    @property
    def data_profile(self) -> Path:
        """Facts about the training texts."""
        return self.extra / "contract.json"

    @property
    def scores(self) -> Path:
        """Scores of every split and part, as the run had them."""
        return self.extra / "metrics.json"

    @property
    def vocabularies(self) -> Path:
        """The folder of the vocabularies."""
        return self.extra / "vocabularies"

    @property
    def replay(self) -> Path:
        """Training rows kept for retraining."""
        return self.extra / "replay.jsonl"

    @property
    def valid(self) -> Path:
        """Validation rows kept for retraining."""
        return self.extra / "valid.jsonl"

    @property
    def exam(self) -> Path:
        """Test rows that a retrained candidate is compared on."""
        return self.extra / "exam.jsonl"

    @property
    def known_ngrams(self) -> Path:
        """Hashes of the n-grams of all training texts."""
        return self.extra / "ngrams.npz"

    @property
    def drift_reference(self) -> Path:
        """Counts over held-out rows, to compare live texts with."""
        return self.extra / "drift.json"

    @property
    def verdict(self) -> Path:
        """What the gate found before this version was published; retrained versions have it."""
        return self.extra / "verdict.json"
