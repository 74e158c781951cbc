"""The models under one folder, and the thread that watches the folder."""

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
from pipeline.serving.versions.status import VersionStatus
from pipeline.serving.versions.traffic import Target

PARALLEL_POLLS = 2  # models: one is loaded while another is warmed up


class ModelRegistry:
    """Finds the models on disk, and the version that answers a request.

    Args:
        root: The folder of `<name>/<version>/`.
        load: Loads a version, or raises.
    """

    def __init__(self, root: Path, load: Load) -> None:
        self.root, self._load = root, load
        self.by_name: dict[str, Model] = {}
        self.polled = threading.Event()
        self.after_poll: Callable[[], None] = lambda: None
        self._problems: dict[
            str, str
        ] = {}  # logged problems, which are not logged again at every poll
        self._stopped, self._poll_now = False, threading.Event()
        self._poll_done = threading.Condition()
        self._begun = self._ended = 0  # numbers of polls
        self._thread: threading.Thread | None = None
        self._pool = ThreadPoolExecutor(PARALLEL_POLLS, "poll")

    def watch(self, seconds: float) -> None:
        """Poll the folder now and every `seconds`, in a thread of its own."""

        def watch_folder() -> None:
            while not self._stopped:
                self._poll_now.clear()
                self.poll()
                self._poll_now.wait(seconds)

        self._thread = threading.Thread(target=watch_folder, name="watch", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop watching; loaded versions stay loaded."""
        self._stopped = True
        self._poll_now.set()
        with self._poll_done:  # wake callers of `refresh`
            self._poll_done.notify_all()
        if self._thread:
            self._thread.join()
        self._pool.shutdown()

    def refresh(self) -> None:
        """Make the watcher poll now; return when a poll that began after this call has ended."""
        with self._poll_done:
            poll = self._begun + 1  # a poll in progress may already have passed a changed file
            self._poll_now.set()
            self._poll_done.wait_for(lambda: self._ended >= poll or self._stopped)

    def poll(self) -> None:
        """Poll every model once; an error in one does not affect the others."""
        with self._poll_done:
            self._begun += 1
        try:
            for name, folder in list_models(self.root).items():
                if not _is_utf8(name):
                    self._report(name, "not UTF-8: no client can send such a name; not served")
                elif name not in self.by_name:
                    self.by_name = {**self.by_name, name: Model(name, folder, self._load)}
            self._report(str(self.root), "")
        except OSError as error:
            self._report(str(self.root), str(error))
        list(self._pool.map(self._poll, self.by_name.values()))
        self.polled.set()
        self.after_poll()
        with self._poll_done:
            self._ended = self._begun
            self._poll_done.notify_all()

    def _poll(self, model: Model) -> None:
        try:
            model.poll()
        except Exception as error:
            self._report(model.name, str(error))
        else:
            self._report(model.name, "")

    def problems(self, model: Model) -> list[str]:
        """Return the current problems of a model other than quarantined versions."""
        reasons = [*model.problems.values(), self._problems.get(model.name, "")]
        return [reason for reason in reasons if reason]

    def _report(self, where: str, reason: str) -> None:
        if reason != self._problems.get(where, ""):
            self._problems[where] = reason
            if reason:
                log("cannot_poll", where=where, reason=reason)

    def find(self, target: Target, key: str = "") -> Engine:
        """Return the version that answers a request.

        Args:
            target: The model and version in the request.
            key: Determines the version when traffic is split; "" for the newest version.

        Raises:
            ServingError: NOT_FOUND; INVALID_ARGUMENT for an unknown label.
        """
        model = self.by_name.get(target.name)
        version = target.version
        if target.label is not None:
            version = self._version_of(target)
        if version is not None:
            engine = model.engines.get(version) if model else None
            description = f"Specific({target.name}, {version})"
        else:
            engine = model.pick(key) if model else None
            description = f"Latest({target.name})"
        if engine is None:
            raise not_found(f"Servable not found for request: {description}")
        return engine

    def _version_of(self, target: Target) -> int:
        model = self.by_name.get(target.name)
        version = model.labels.get(target.label or "") if model else None
        if version is None:
            raise invalid(f"Unrecognized servable version label: {target.label}")
        return version

    def status(self, target: Target) -> dict[int, VersionStatus]:
        """Return states by version, the newest first: all of a model, or the requested one.

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

    def not_ready_reason(self) -> ServingError | None:
        """Return None after the first poll if some version serves, otherwise the reason."""
        if not self.polled.is_set():
            return ServingError(Code.UNAVAILABLE, "starting: models are being loaded")
        if not any(model.engines for model in self.by_name.values()):
            return ServingError(Code.UNAVAILABLE, f"no version of any model in {self.root} serves")
        return None


def _is_utf8(name: str) -> bool:
    """Whether a file's name is UTF-8; Python represents other bytes as lone surrogates."""
    return not any("\ud800" <= letter <= "\udfff" for letter in name)
