"""Loads a version from its folder into an engine.

The steps: check that the folder is not a link elsewhere, verify the files against the manifest,
refuse ops that reach outside the graph, load with TensorFlow, answer the warm-up requests.
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

SERVE = "serve"  # the tag of the graph for serving
LOADING = threading.Lock()  # TensorFlow loads in Python, so parallel loads are no faster
# A permanent pool: TensorFlow and the allocator hold memory for every thread that ran something.
WARM_UP = ThreadPoolExecutor(len(os.sched_getaffinity(0)), "warm-up")


def load(
    name: str,
    version: int,
    folder: Path,
    settings: Settings,
    executor: Executor,
    metrics: Metrics,
) -> engine.Engine:
    """Verify, load and warm up a version.

    Raises:
        Exception: The version cannot serve; the first line of the message gives the reason.
    """
    check_folder(folder, settings.need_manifest)
    servable = load_saved_model(name, version, folder)
    began = time.monotonic()
    records = warmup.read_warmup(servable, folder)
    obstacles = _warm_up(servable, records)
    if records:
        metrics.warmup_records.add(str(folder), by=len(records))
        metrics.warmup.observe((time.monotonic() - began) * 1e6, str(folder), "OK")
    if any(obstacles.values()):
        alone = {key: reason for key, reason in obstacles.items() if reason}
        log("no_batching", model=name, version=version, signatures=alone)
    shared = [key for key, reason in obstacles.items() if not reason]
    examples = warmup.example_texts(records)
    return engine.start_engine(servable, shared, executor, settings, metrics, examples)


def _warm_up(servable: Servable, records: Sequence[warmup.WarmupRequest]) -> dict[str, str]:
    """Answer warm-up requests and test whether requests may share a run.

    Signatures are warmed up in parallel: most of the time TensorFlow prepares the first run of a
    signature, outside of Python.

    Returns:
        For each signature "", or the reason why its requests cannot share a run.
    """

    def warm_up_signature(name: str) -> str:
        own = [record for record in records if record.signature == name]
        answers = warmup.replay(servable, own)
        return row_independence.batching_obstacle(servable, servable.signatures[name], own, answers)

    obstacles = WARM_UP.map(warm_up_signature, servable.signatures)
    return dict(zip(servable.signatures, obstacles, strict=True))


def check_folder(folder: Path, need_manifest: bool) -> None:
    """Check a folder without running its graph.

    Raises:
        PipelineError: The folder is a link elsewhere, its files changed, or an op is forbidden.
    """
    if folder.resolve().parent != folder.parent.resolve():
        raise PipelineError(f"{folder}: a link to outside its model's folder; not followed")
    if need_manifest or (folder / MANIFEST).exists():
        artifacts.verify(folder)
    ops.refuse_forbidden(ops.required_ops(folder))


def load_saved_model(name: str, version: int, folder: Path) -> Servable:
    """Load a SavedModel whose folder has been checked."""
    saved = saved_model_pb2.SavedModel.FromString((folder / "saved_model.pb").read_bytes())
    graph = next((g for g in saved.meta_graphs if SERVE in g.meta_info_def.tags), None)
    if graph is None:
        raise PipelineError(f"{folder}: no graph with the tag {SERVE!r}")
    with LOADING:
        loaded = tf.saved_model.load(str(folder))
    lookup_tables.free_tables_with(loaded)
    signatures = read_signatures(graph.signature_def)
    return Servable(name, version, signatures, graph.signature_def, loaded)
