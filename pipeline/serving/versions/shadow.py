"""Requests that a second version answers, too; what it says otherwise is kept for labelling.

The client never waits for it: what is asked twice is asked after the first answer is there, and
dropped where the second version is behind.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import orjson

from pipeline.serving.engine.engine import Engine
from pipeline.serving.engine.signature import Signature
from pipeline.serving.errors import ServingError
from pipeline.serving.settings import Settings
from pipeline.serving.telemetry.logs import log
from pipeline.serving.telemetry.metrics import Metrics
from pipeline.serving.versions.disagreements import disagreements
from pipeline.serving.versions.registry import Models
from pipeline.serving.versions.traffic import place

MOST_WAITING = 64  # requests; more are not asked twice
SECONDS = 30.0

Arrays = Mapping[str, Any]


class Shadow:
    """Asks the shadow version of a model, and writes down where it differs.

    Args:
        settings: `shadow_folder`, where `<model>.jsonl` is written; `shadow_bytes` of it at most.
        models: Whose traffic says what is asked twice.
        metrics: Counts what came of it.
    """

    def __init__(self, settings: Settings, models: Models, metrics: Metrics) -> None:
        self.folder, self.most = settings.shadow_folder, settings.shadow_bytes
        self.models, self.metrics = models, metrics
        self._waiting = 0
        self._lock = threading.Lock()
        self._writer = ThreadPoolExecutor(1, "shadow")

    def mirror(
        self, engine: Engine, signature: Signature, arrays: Arrays, outputs: Arrays, key: str
    ) -> None:
        """Asks again what `engine` has answered, where the model's traffic wants that."""
        other = self._other(engine, key)
        if other is None:
            return
        name = engine.servable.name
        twin = other.servable.signatures.get(signature.name)
        if twin is None or twin.inputs.keys() != signature.inputs.keys() or not signature.by_rows:
            self.metrics.shadow.add(name, "incomparable")
            return
        with self._lock:
            full = self._waiting >= MOST_WAITING
            self._waiting += not full
        if full:
            self.metrics.shadow.add(name, "dropped")
            return
        try:
            future = other.submit(twin, arrays, time.monotonic() + SECONDS)
        except ServingError:
            self._done(name, "failed")
            return

        def answered(asked: Future[dict[str, Any]]) -> None:
            self._writer.submit(self._compare, engine, other, signature, arrays, outputs, asked)

        future.add_done_callback(answered)

    def stop(self) -> None:
        """Waits for what is being written."""
        self._writer.shutdown()

    def _other(self, engine: Engine, key: str) -> Engine | None:
        model = self.models.by_name.get(engine.servable.name)
        if self.folder is None or model is None or model.traffic.shadow is None:
            return None
        if place(f"{model.name}\0shadow", key) >= model.traffic.percent:
            return None
        other = model.serving(model.traffic.shadow)
        return None if other is engine else other

    def _done(self, name: str, outcome: str) -> None:
        with self._lock:
            self._waiting -= 1
        self.metrics.shadow.add(name, outcome)

    def _compare(
        self,
        engine: Engine,
        other: Engine,
        signature: Signature,
        arrays: Arrays,
        outputs: Arrays,
        asked: Future[dict[str, Any]],
    ) -> None:
        name, outcome = engine.servable.name, "failed"
        try:
            answers = {engine.servable.version: outputs, other.servable.version: asked.result()}
            rows = list(disagreements(arrays, answers))
            outcome = "differs" if rows else "same"
            if rows and not self._write(name, signature.name, rows):
                outcome = "not_written"
        except ServingError as error:
            log("shadow_failed", model=name, version=other.servable.version, code=error.code.name)
        except Exception as error:  # a bug of ours or a full disk; no client is to notice
            log("shadow_failed", model=name, error=f"{type(error).__name__}: {error}")
        finally:
            self._done(name, outcome)

    def _write(self, name: str, signature: str, rows: list[dict[str, Any]]) -> bool:
        """Appends whole lines; false where the file is as large as it may be."""
        file = (self.folder or Path()) / f"{name}.jsonl"
        lines = b"".join(orjson.dumps({**row, "signature": signature}) + b"\n" for row in rows)
        if (file.stat().st_size if file.exists() else 0) + len(lines) > self.most:
            return False
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("ab") as out:
            out.write(lines)
        return True
