"""A version's folder becomes something that answers, or an error that says why not.

In this order: it lies where it should, its files are those of its manifest, its graph holds no op
that reaches outside, TensorFlow loads it, its warm-up requests are answered.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path

import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from pipeline import artifacts
from pipeline.errors import PipelineError
from pipeline.runs import MANIFEST
from pipeline.savedmodel import ops
from pipeline.serving.engine import engine
from pipeline.serving.engine.servable import Servable
from pipeline.serving.engine.signature import read_signatures
from pipeline.serving.settings import Settings
from pipeline.serving.telemetry.logs import log
from pipeline.serving.telemetry.metrics import Metrics
from pipeline.serving.versions import lookup_tables, row_independence, warmup

SERVE = "serve"  # the tag of the graph that is for serving
LOADING = threading.Lock()  # TensorFlow loads in Python: two loads at once would only take turns
# Kept, since TensorFlow and the allocator hold memory for each thread that ran something.
WARM_UP = ThreadPoolExecutor(len(os.sched_getaffinity(0)), "warm-up")


def load(
    name: str,
    version: int,
    folder: Path,
    settings: Settings,
    executor: Executor,
    metrics: Metrics,
) -> engine.Engine:
    """Verifies, loads and warms up a version.

    Raises:
        Exception: Whatever is wrong with it; the first line says what.
    """
    check(folder, settings.need_manifest)
    servable = open_version(name, version, folder)
    began = time.monotonic()
    records = warmup.read(servable, folder)
    verdicts = _warm_up(servable, records)
    if records:
        metrics.warmup_records.add(str(folder), by=len(records))
        metrics.warmup.observe((time.monotonic() - began) * 1e6, str(folder), "OK")
    if any(verdicts.values()):
        alone = {key: reason for key, reason in verdicts.items() if reason}
        log("no_batching", model=name, version=version, signatures=alone)
    together = [key for key, reason in verdicts.items() if not reason]
    examples = warmup.example_texts(records)
    return engine.start(servable, together, executor, settings, metrics, examples)


def _warm_up(servable: Servable, records: Sequence[warmup.Record]) -> dict[str, str]:
    """Answers warm-up requests and tries whether requests may share a run.

    Most of it is what TensorFlow does at a signature's first run, outside of Python, so that
    signatures are warmed up side by side.

    Returns:
        "" by signature, or why its requests are run one by one.
    """

    def one(name: str) -> str:
        mine = [record for record in records if record.signature == name]
        answers = warmup.replay(servable, mine)
        return row_independence.shares_runs(servable, servable.signatures[name], mine, answers)

    verdicts = WARM_UP.map(one, servable.signatures)
    return dict(zip(servable.signatures, verdicts, strict=True))


def check(folder: Path, need_manifest: bool) -> None:
    """What can be said of a folder without running anything in it.

    Raises:
        PipelineError: It is elsewhere, changed, or holds a forbidden op.
    """
    if folder.resolve().parent != folder.parent.resolve():
        raise PipelineError(f"{folder}: a link that leads out of its model's folder; not followed")
    if need_manifest or (folder / MANIFEST).exists():
        artifacts.verify(folder)
    ops.refuse_forbidden(ops.required_ops(folder))


def open_version(name: str, version: int, folder: Path) -> Servable:
    """Loads a SavedModel that was checked."""
    saved = saved_model_pb2.SavedModel.FromString((folder / "saved_model.pb").read_bytes())
    graph = next((g for g in saved.meta_graphs if SERVE in g.meta_info_def.tags), None)
    if graph is None:
        raise PipelineError(f"{folder}: no graph with the tag {SERVE!r}")
    with LOADING:
        loaded = tf.saved_model.load(str(folder))
    lookup_tables.free_with(loaded)
    signatures = read_signatures(graph.signature_def)
    return Servable(name, version, signatures, graph.signature_def, loaded)
