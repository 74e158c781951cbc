"""All models under one folder, and the thread that watches it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pipeline.serving.engine.engine import Engine
from pipeline.serving.errors import Code, ServingError, invalid, not_found
from pipeline.serving.telemetry.logs import log
from pipeline.serving.versions.folders import list_models
from pipeline.serving.versions.model import Load, Model
from pipeline.serving.versions.state import VersionState
from pipeline.serving.versions.traffic import Target

AT_ONCE = 2  # models that come up side by side: one is loaded while the one before is warmed up


class Models:
    """Finds models on the disk and versions for requests.

    Args:
        root: Folder of `<name>/<version>/`.
        load: Makes a version answer, or raises.
    """

    def __init__(self, root: Path, load: Load) -> None:
        self.root, self._load = root, load
        self.by_name: dict[str, Model] = {}
        self.polled = threading.Event()
        self.after_poll: Callable[[], None] = lambda: None
        self._trouble: dict[str, str] = {}  # what was logged, so that it is not every second
        self._stopped, self._wanted = False, threading.Event()
        self._looked = threading.Condition()
        self._begun = self._ended = 0  # looks at the folder
        self._thread: threading.Thread | None = None
        self._pool = ThreadPoolExecutor(AT_ONCE, "poll")

    def watch(self, seconds: float) -> None:
        """Looks at the folder now and every `seconds`, in a thread of its own."""

        def look() -> None:
            while not self._stopped:
                self._wanted.clear()
                self.poll()
                self._wanted.wait(seconds)

        self._thread = threading.Thread(target=look, name="watch", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends the watching; what is loaded stays."""
        self._stopped = True
        self._wanted.set()
        with self._looked:  # who waits for a look that does not come any more
            self._looked.notify_all()
        if self._thread:
            self._thread.join()
        self._pool.shutdown()

    def refresh(self) -> None:
        """Has the watcher look now; returns when it has seen what the disk holds at this moment."""
        with self._looked:
            wanted = self._begun + 1  # one that goes on already may have passed a file
            self._wanted.set()
            self._looked.wait_for(lambda: self._ended >= wanted or self._stopped)

    def poll(self) -> None:
        """Looks at every model once; trouble with one does not keep the others."""
        with self._looked:
            self._begun += 1
        try:
            for name, folder in list_models(self.root).items():
                if not _is_utf8(name):
                    self._tell(name, "not UTF-8: a name that no client can ask for; not served")
                elif name not in self.by_name:
                    self.by_name = {**self.by_name, name: Model(name, folder, self._load)}
            self._tell(str(self.root), "")
        except OSError as error:
            self._tell(str(self.root), str(error))
        list(self._pool.map(self._poll, self.by_name.values()))
        self.polled.set()
        self.after_poll()
        with self._looked:
            self._ended = self._begun
            self._looked.notify_all()

    def _poll(self, model: Model) -> None:
        try:
            model.poll()
        except Exception as error:
            self._tell(model.name, str(error))
        else:
            self._tell(model.name, "")

    def trouble(self, model: Model) -> list[str]:
        """What is wrong with a model now, beside versions that are quarantined."""
        told = [*model.trouble.values(), self._trouble.get(model.name, "")]
        return [reason for reason in told if reason]

    def _tell(self, where: str, reason: str) -> None:
        if reason != self._trouble.get(where, ""):
            self._trouble[where] = reason
            if reason:
                log("cannot_poll", where=where, reason=reason)

    def find(self, target: Target, key: str = "") -> Engine:
        """The version that is to answer.

        Args:
            target: What the request names.
            key: Whose share of a split it is; "" for the newest, whatever the split.

        Raises:
            ServingError: NOT_FOUND; INVALID_ARGUMENT for an unknown label.
        """
        model = self.by_name.get(target.name)
        version = target.version
        if target.label is not None:
            version = self._version_of(target)
        if version is not None:
            engine = model.engines.get(version) if model else None
            wanted = f"Specific({target.name}, {version})"
        else:
            engine = model.pick(key) if model else None
            wanted = f"Latest({target.name})"
        if engine is None:
            raise not_found(f"Servable not found for request: {wanted}")
        return engine

    def _version_of(self, target: Target) -> int:
        model = self.by_name.get(target.name)
        version = model.labels.get(target.label or "") if model else None
        if version is None:
            raise invalid(f"Unrecognized servable version label: {target.label}")
        return version

    def status(self, target: Target) -> dict[int, VersionState]:
        """States by version, the newest first: all of a model, or the one asked for.

        Raises:
            ServingError: NOT_FOUND.
        """
        model = self.by_name.get(target.name)
        states = model.states if model else {}
        if not states:
            raise not_found(f"Could not find any versions of model {target.name}")
        version = target.version
        if target.label is not None:
            version = self._version_of(target)
        if version is None:
            return dict(sorted(states.items(), reverse=True))
        if version not in states:
            raise not_found(f"Could not find version {version} of model {target.name}")
        return {version: states[version]}

    def ready(self) -> ServingError | None:
        """None when requests can be answered: looked once, and a version of some model serves."""
        if not self.polled.is_set():
            return ServingError(Code.UNAVAILABLE, "starting: models are being loaded")
        if not any(model.engines for model in self.by_name.values()):
            return ServingError(Code.UNAVAILABLE, f"no version of any model in {self.root} serves")
        return None


def _is_utf8(name: str) -> bool:
    """Whether a file's name has no half surrogates, which stand for bytes that are no UTF-8."""
    return not any("\ud800" <= letter <= "\udfff" for letter in name)
