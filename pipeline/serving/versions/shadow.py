"""Mirrors requests to a second version and records disagreements for annotation.

The client never waits for the second version: a request is mirrored after it has been answered, and
dropped if the second version cannot keep up.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import orjson

from pipeline.serving.engine.engine import Engine
from pipeline.serving.engine.signature import Array, Arrays, Signature
from pipeline.serving.errors import ServingError
from pipeline.serving.settings import Settings
from pipeline.serving.telemetry.logs import log
from pipeline.serving.telemetry.metrics import Metrics
from pipeline.serving.versions.disagreements import disagreements
from pipeline.serving.versions.registry import ModelRegistry
from pipeline.serving.versions.traffic import position_of

MAX_WAITING = 64  # mirrored requests; further ones are dropped
TIME_LIMIT = 30.0  # seconds


class Shadow:
    """Sends requests to the shadow version of a model and records where the answers differ.

    Args:
        settings: `shadow_folder`, where `<model>.jsonl` is written, of at most `shadow_bytes`.
        models: The models, whose traffic selects the mirrored requests.
        metrics: Counts the outcomes.
    """

    def __init__(self, settings: Settings, models: ModelRegistry, metrics: Metrics) -> None:
        self.folder, self.max_bytes = settings.shadow_folder, settings.shadow_bytes
        self.models, self.metrics = models, metrics
        self._waiting = 0
        self._lock = threading.Lock()
        self._writer = ThreadPoolExecutor(1, "shadow")

    def mirror(
        self, engine: Engine, signature: Signature, arrays: Arrays, outputs: Arrays, key: str
    ) -> None:
        """Mirror a request that `engine` has answered, if the model's traffic selects it."""
        other = self._other(engine, key)
        if other is None:
            return
        name = engine.servable.name
        other_signature = other.servable.signatures.get(signature.name)
        if (
            other_signature is None
            or other_signature.inputs.keys() != signature.inputs.keys()
            or not signature.by_rows
        ):
            self.metrics.shadow.add(name, "incomparable")
            return
        with self._lock:
            full = self._waiting >= MAX_WAITING
            self._waiting += not full
        if full:
            self.metrics.shadow.add(name, "dropped")
            return
        try:
            future = other.submit(other_signature, arrays, time.monotonic() + TIME_LIMIT)
        except ServingError:
            self._done(name, "failed")
            return

        def compare_later(result: Future[dict[str, Array]]) -> None:
            self._writer.submit(self._compare, engine, other, signature, arrays, outputs, result)

        future.add_done_callback(compare_later)

    def stop(self) -> None:
        """Wait for pending writes."""
        self._writer.shutdown()

    def _other(self, engine: Engine, key: str) -> Engine | None:
        model = self.models.by_name.get(engine.servable.name)
        if self.folder is None or model is None or model.traffic.shadow is None:
            return None
        if position_of(f"{model.name}\0shadow", key) >= model.traffic.percent:
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
        result: Future[dict[str, Array]],
    ) -> None:
        name, outcome = engine.servable.name, "failed"
        try:
            answers = {engine.servable.version: outputs, other.servable.version: result.result()}
            rows = list(disagreements(arrays, answers))
            outcome = "differs" if rows else "same"
            if rows and not self._write(name, signature.name, rows):
                outcome = "not_written"
        except ServingError as error:
            log("shadow_failed", model=name, version=other.servable.version, code=error.code.name)
        except Exception as error:  # a bug or a full disk must not affect clients
            log("shadow_failed", model=name, error=f"{type(error).__name__}: {error}")
        finally:
            self._done(name, outcome)

    def _write(self, name: str, signature: str, rows: list[dict[str, object]]) -> bool:
        """Append whole lines; return False if the file would exceed its limit."""
        file = (self.folder or Path()) / f"{name}.jsonl"
        lines = b"".join(orjson.dumps({**row, "signature": signature}) + b"\n" for row in rows)
        if (file.stat().st_size if file.exists() else 0) + len(lines) > self.max_bytes:
            return False
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("ab") as out:
            out.write(lines)
        return True
