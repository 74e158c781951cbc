"""Publish a run as a version under `saved_models/<name>/` if it passes the parity check.

The files in `assets.extra/` let later stages work from the version's folder alone.
"""

from __future__ import annotations

import itertools
import random
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pipeline import artifacts
from pipeline.config import ROOT
from pipeline.report.terminal import note
from pipeline.runs import VersionFolder
from pipeline.savedmodel import ops, parity, warmup, write
from pipeline.stages.data import bundled_rows
from pipeline.stages.evaluation import evaluate
from pipeline.stages.publishing import drift_reference, known_ngrams, replay
from pipeline.stages.run import Run
from pipeline.stages.training import environment
from pipeline.stages.training.assembly import outputs_of
from pipeline.task import R

SAVED_MODELS = ROOT / "saved_models"
PROJECT_FOLDERS = tuple(ROOT / name for name in ("pipeline", "configs", "data", "runs", "tests"))
WARMUP_ROWS = 8


class Candidate(NamedTuple):
    """A version that is about to be published.

    Attributes:
        folder: Its files, complete but for the manifest.
        signatures: Name to inputs and outputs, as the manifest will have them.
        compared: The number of its answers, alone and in mixed batches, that equal those in memory.
    """

    folder: VersionFolder
    signatures: Mapping[str, Any]
    compared: int


Gate = Callable[[Candidate], None]


def run(
    run: Run,
    root: Path = SAVED_MODELS,
    parent: str | None = None,
    *,
    gate: Gate | None = None,
) -> Path:
    """Export the best weights of a run and return the folder of the new version.

    Args:
        run: The run.
        root: The folder where models are published.
        parent: The version that this one was retrained from, if any.
        gate: Checks the candidate as it would be published, before it is; it may add files to its
            `assets.extra/`, and raises a GateError if the candidate must not be published.

    Raises:
        GateError: The candidate answers differently from the model in memory, or did not pass
            `gate`; nothing is published.
    """
    name, root = run.config.name, root.resolve()  # a fresh process checks the candidate
    if not run.folder.scores.exists():
        evaluate.of_run(run)
    with artifacts.staging(root, name) as stage:
        candidate, seen = _checked(run, stage)
        _pack(run, candidate.folder)
        known_parent = VersionFolder(root / name / parent) if parent else None
        _pack_known(run, candidate.folder, known_parent)
        _pack_drift(run, candidate.folder)
        if gate:
            gate(candidate)
        artifacts.seal(
            candidate.folder.path,
            {
                "task": run.task.name,
                "name": name,
                "parent": parent,
                "headline": run.task.headline,
                "signatures": candidate.signatures,
                "ops": ops.required_ops(candidate.folder.path),
                "environment": environment.facts(),
                "data": run.data.builder_config.name,
                "config": run.config.digest(),
                "parity": {"compared": seen.compared, "ties": seen.ties},
            },
        )
        version = artifacts.publish(candidate.folder.path, root / name)
    note(
        f"{name}: parity on {seen.compared} answers ({seen.ties} ties, scores within"
        f" {seen.largest_difference:.1e}); published {version}"
    )
    return version


def _checked(run: Run, stage: Path) -> tuple[Candidate, parity.Parity]:
    """Write the SavedModel and compare its answers, in a fresh process, with those in memory."""
    service, written = run.best.service, stage / "written"
    signatures = write.write(service.module, service.signatures, written)
    ops.refuse_forbidden(ops.required_ops(written))
    # Moved before it is checked: a path to where it was written fails now.
    moved = Path(tempfile.mkdtemp(prefix="moved-", dir=stage)) / "candidate"
    written.rename(moved)
    limit = run.settings.export.parity_rows
    texts = [record["text"] for record in itertools.islice(run.records("valid"), limit)]
    hidden = [run.folder.path, written, *PROJECT_FOLDERS]
    seen = parity.check_parity(moved, texts, outputs_of(service), service.margin, hidden)
    warmup.write_warmup(moved, run.config.name, texts[:WARMUP_ROWS])
    return Candidate(VersionFolder(moved), signatures, seen.compared), seen


def _pack(run: Run, version: VersionFolder) -> None:
    """Write into `assets.extra/` all that retraining needs without the run folder."""
    artifacts.write_file(version.config, run.config.as_yaml().encode())
    for source, target in (
        (run.folder.best, version.weights),
        (run.folder.data_profile, version.data_profile),
        (run.folder.scores, version.scores),
        *((file, version.vocabularies / file.name) for file in run.folder.vocabularies.iterdir()),
    ):
        artifacts.write_file(target, source.read_bytes())
    settings, seed = run.settings.export, run.settings.train.seed
    kept = replay.choose(run.task, lambda: run.records("train"), settings.replay_rows, seed)
    bundled_rows.write(run.task, version.replay, kept)
    for split, file, size in (
        ("valid", version.valid, settings.valid_rows),
        ("test", version.exam, settings.exam_rows),
    ):
        bundled_rows.write(run.task, file, _sample(run.records(split), size, seed))


def _pack_known(run: Run, version: VersionFolder, parent: VersionFolder | None) -> None:
    """Write the n-grams of training and those of its parent, whose rows are here as a sample."""
    known = known_ngrams.of_texts(record["text"] for record in run.records("train"))
    if parent and parent.known_ngrams.exists():
        known |= known_ngrams.read(parent.known_ngrams)
    known_ngrams.write(version.known_ngrams, known)


def _pack_drift(run: Run, version: VersionFolder) -> None:
    """Write counts over held-out rows, to compare live texts with."""
    known = known_ngrams.read(version.known_ngrams)
    rows = run.settings.export.drift_rows
    held_out = _sample(run.records("valid"), rows, run.settings.train.seed)
    if held_out:
        texts = [record["text"] for record in held_out]
        outputs = outputs_of(run.best.service)
        observed = drift_reference.observe(run.task, run.best.tokenizer, outputs, known, texts)
        drift_reference.write(version.drift_reference, observed)


def _sample(records: Iterable[R], size: int, seed: int) -> list[R]:
    """`size` records in their order, drawn uniformly in one pass.

    Reservoir sampling, Vitter 1985, algorithm R.
    """
    draw = random.Random(seed)
    kept: list[tuple[int, R]] = []
    for seen, record in enumerate(records):
        if len(kept) < size:
            kept.append((seen, record))
        elif (place := draw.randrange(seen + 1)) < size:
            kept[place] = seen, record
    return [record for _, record in sorted(kept, key=lambda pair: pair[0])]
