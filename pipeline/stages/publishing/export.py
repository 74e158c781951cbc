"""A run becomes a version under `saved_models/<name>/`, if it passes the parity gate.

What travels in `assets.extra/` lets a later stage work from the version's folder alone.
"""

from __future__ import annotations

import itertools
import random
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pipeline import artifacts
from pipeline.config import ROOT, Config
from pipeline.datasets import store
from pipeline.report.terminal import note
from pipeline.savedmodel import ops, parity, warmup, write
from pipeline.stages.data import bundled_rows, prepare
from pipeline.stages.evaluation import evaluate
from pipeline.stages.publishing import drift_reference, known_ngrams, replay
from pipeline.stages.training import environment
from pipeline.stages.training.assembly import VOCABULARIES, Assembly, outputs_of
from pipeline.stages.training.epochs import BEST
from pipeline.stages.training.train import CONFIG, CONTRACT
from pipeline.task import Record, Task

SAVED_MODELS = ROOT / "saved_models"
PROJECT_FOLDERS = tuple(ROOT / name for name in ("pipeline", "configs", "data", "runs", "tests"))
WEIGHTS, METRICS = "weights.npz", "metrics.json"
REPLAY, VALID, EXAM = "replay.jsonl", "valid.jsonl", "exam.jsonl"

WARMUP_ROWS = 8


class Candidate(NamedTuple):
    """What is about to be published.

    Attributes:
        folder: Whole but for its manifest.
        signatures: Name to inputs and outputs, as the manifest will have them.
        compared: Answers of it, alone and in mixed batches, that were as those in memory.
    """

    folder: Path
    signatures: Mapping[str, Any]
    compared: int


Gate = Callable[[Candidate], None]


def run(
    task: Task,
    config: Config,
    folder: Path,
    root: Path = SAVED_MODELS,
    parent: str | None = None,
    *,
    gate: Gate | None = None,
) -> Path:
    """Exports the best weights of a run and gives the folder of the new version.

    Args:
        task: The run's.
        config: The run's.
        folder: The run's.
        root: Where models are published.
        parent: The version that this one was retrained from, if any.
        gate: Looks at the candidate as it would be published, before it is; may add files to its
            `assets.extra/`, and raises a GateError where it must not be.

    Raises:
        GateError: The candidate answers differently from the model in memory, or did not pass
            `gate`; nothing is published.
    """
    data = prepare.run(task, config)
    parts = evaluate.load_best(task, config, folder)
    if not (folder / evaluate.SCORES).exists():
        evaluate.of_run(task, config, folder)
    with artifacts.staging(root, config.name) as stage:
        written = stage / "written"
        signatures = write.write(parts.service.module, parts.service.signatures, written)
        required = ops.required_ops(written)
        ops.refuse_forbidden(required)
        # Moved before it is checked: what still points to where it was written fails now.
        candidate = Path(tempfile.mkdtemp(prefix="moved-", dir=stage)) / "candidate"
        written.rename(candidate)
        texts = _valid_texts(config, data)
        seen = parity.check_parity(
            candidate,
            texts,
            outputs_of(parts.service),
            parts.service.margin,
            [folder, written, *PROJECT_FOLDERS],
        )
        warmup.write_warmup(candidate, config.name, texts[:WARMUP_ROWS])
        _pack(task, config, folder, data, candidate / artifacts.EXTRA)
        _pack_known(
            data, candidate / artifacts.EXTRA, root / config.name / parent if parent else None
        )
        _pack_drift(task, config, parts, data, candidate / artifacts.EXTRA)
        if gate:
            gate(Candidate(candidate, signatures, seen.compared))
        artifacts.seal(
            candidate,
            {
                "task": task.name,
                "name": config.name,
                "parent": parent,
                "headline": task.headline,
                "signatures": signatures,
                "ops": required,
                "environment": environment.facts(),
                "data": data.builder_config.name,
                "config": config.digest(),
                "parity": {"compared": seen.compared, "ties": seen.ties},
            },
        )
        version = artifacts.publish(candidate, root / config.name)
    note(
        f"{config.name}: parity on {seen.compared} answers ({seen.ties} ties, scores within"
        f" {seen.largest_difference:.1e}); published {version}"
    )
    return version


def _valid_texts(config: Config, data: store.Prepared) -> list[str]:
    limit = config.settings.export.parity_rows
    return [r["text"] for r in itertools.islice(store.records(data, "valid"), limit)]


def _pack(task: Task, config: Config, run_folder: Path, data: store.Prepared, extra: Path) -> None:
    """Fills `assets.extra/`: all that retraining needs without the run folder."""
    settings = config.settings.export
    artifacts.write_file(extra / CONFIG, config.as_yaml().encode())
    artifacts.write_file(extra / WEIGHTS, (run_folder / BEST).read_bytes())
    artifacts.write_file(extra / CONTRACT, (run_folder / CONTRACT).read_bytes())
    artifacts.write_file(extra / METRICS, (run_folder / evaluate.SCORES).read_bytes())
    for file in (run_folder / VOCABULARIES).iterdir():
        artifacts.write_file(extra / VOCABULARIES / file.name, file.read_bytes())
    seed = config.settings.train.seed

    def train() -> Iterable[Record]:
        return store.records(data, "train")

    bundled_rows.write(task, extra / REPLAY, replay.choose(task, train, settings.replay_rows, seed))
    for split, name, size in (
        ("valid", VALID, settings.valid_rows),
        ("test", EXAM, settings.exam_rows),
    ):
        bundled_rows.write(task, extra / name, _sample(store.records(data, split), size, seed))


def _pack_known(data: store.Prepared, extra: Path, parent: Path | None) -> None:
    """The n-grams of training, and of its parent's, of which the replayed rows are but a sample."""
    known = known_ngrams.of_texts(record["text"] for record in store.records(data, "train"))
    if parent and (parent / artifacts.EXTRA / known_ngrams.FILE).exists():
        known |= known_ngrams.read(parent / artifacts.EXTRA)
    known_ngrams.write(extra, known)


def _pack_drift(
    task: Task, config: Config, parts: Assembly, data: store.Prepared, extra: Path
) -> None:
    """Counts of held-out rows, which live texts are held against."""
    known = known_ngrams.read(extra)
    settings = config.settings
    held_out = _sample(
        store.records(data, "valid"), settings.export.drift_rows, settings.train.seed
    )
    if held_out:
        texts = [record["text"] for record in held_out]
        observed = drift_reference.observe(
            task, parts.tokenizer, outputs_of(parts.service), known, texts
        )
        drift_reference.write(extra, observed)


def _sample(records: Iterable[Record], size: int, seed: int) -> list[Record]:
    """`size` records in their order, drawn uniformly in one pass.

    Reservoir sampling, Vitter 1985, algorithm R.
    """
    draw = random.Random(seed)
    kept: list[tuple[int, Record]] = []
    for seen, record in enumerate(records):
        if len(kept) < size:
            kept.append((seen, record))
        elif (place := draw.randrange(seen + 1)) < size:
            kept[place] = seen, record
    return [record for _, record in sorted(kept, key=lambda pair: pair[0])]
