"""One model: which of its versions serve, and how a new version replaces an old one.

Only the watcher thread changes it. Requests read dictionaries that are replaced, never mutated.
"""

from __future__ import annotations

import time
import weakref
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pipeline.errors import PipelineError
from pipeline.serving.engine.engine import Engine
from pipeline.serving.errors import Code, ServingError
from pipeline.serving.memory import release_memory
from pipeline.serving.telemetry.logs import log
from pipeline.serving.versions.folders import fingerprint, list_versions, read_labels
from pipeline.serving.versions.status import Quarantine, VersionState, VersionStatus
from pipeline.serving.versions.traffic import (
    Traffic,
    VersionRef,
    choose_version,
    position_of,
    read_traffic,
)

RETRY_SECONDS = 60.0  # doubled after each failure of a version whose files are unchanged
MAX_RETRY_SECONDS = 3600.0
MAX_ENDED_STATES = 100
RELEASE_POLLS = 60  # after this many polls, stop waiting for an unloaded version to be released

Load = Callable[[str, int, Path], Engine]
T = TypeVar("T")


class Model:
    """The versions of a model.

    Args:
        name: The name that clients use.
        folder: The folder whose children are the versions.
        load: Loads a version, or raises.
    """

    def __init__(self, name: str, folder: Path, load: Load) -> None:
        self.name, self.folder, self._load = name, folder, load
        self.engines: dict[int, Engine] = {}
        self.states: dict[int, VersionStatus] = {}
        self.labels: dict[str, int] = {}
        self.traffic = Traffic()
        self.quarantine: dict[int, Quarantine] = {}
        self._fingerprints: dict[int, int] = {}  # of the files of loaded versions
        self._unloaded: list[weakref.ref[Any]] = []  # unloaded SavedModels
        self._release_polls_left = 0  # polls that still check whether they are released
        self.problems: dict[
            str, str
        ] = {}  # by event: a current problem with labels or traffic, or ""

    def newest(self) -> Engine | None:
        """Return the newest loaded version."""
        engines = self.engines
        return engines[max(engines)] if engines else None

    def serving(self, version: VersionRef) -> Engine | None:
        """Return a version by its number or label if it is loaded."""
        number = self.labels.get(version) if isinstance(version, str) else version
        return None if number is None else self.engines.get(number)

    def pick(self, key: str) -> Engine | None:
        """Choose the version for a request that names none, by the traffic's split."""
        split = self.traffic.split
        chosen = (
            self.serving(choose_version(split, position_of(self.name, key)))
            if split and key
            else None
        )
        return chosen or self.newest()

    def poll(self) -> None:
        """Update the loaded versions from disk: load new ones first, then unload old ones.

        The newest version that loads is kept, and those that labels or the traffic name.

        Raises:
            OSError: The folder cannot be read; nothing has changed.
        """
        self._release_unloaded()  # first, so that old versions do not take memory during a load
        before = self.engines
        self._load_and_unload(list_versions(self.folder))
        if self.engines is not before:
            self._release_polls_left = RELEASE_POLLS

    def _release_unloaded(self) -> None:
        """Release unloaded versions; repeated at each poll while requests still use them."""
        if self._release_polls_left:
            release_memory()
            self._unloaded = [loaded for loaded in self._unloaded if loaded() is not None]
            self._release_polls_left = self._release_polls_left - 1 if self._unloaded else 0

    def _load_and_unload(self, on_disk: Mapping[int, Path]) -> None:
        self.labels = self._read("labels", read_labels, self.labels)
        self.traffic = self._read("traffic", read_traffic, self.traffic)
        if self.quarantine.keys() - on_disk.keys():
            self.quarantine = {n: why for n, why in self.quarantine.items() if n in on_disk}
        newest = next(
            (n for n in sorted(on_disk, reverse=True) if self._ensure_loaded(n, on_disk[n])), None
        )
        numbers = [v for v in self.traffic.referenced if isinstance(v, int)]
        named = {*self.labels.values(), *numbers}
        keep = [n for n in named if n in on_disk and self._ensure_loaded(n, on_disk[n])]
        self._report_missing()
        if newest is None and on_disk:
            return  # no version on disk loads; keep the loaded ones
        for number in self.engines.keys() - {newest, *keep}:
            self._unload(number)

    def _read(self, kind: str, read: Callable[[Path], T], previous: T) -> T:
        """Read a file beside the versions; log an invalid one and keep the previous value."""
        try:
            value = read(self.folder)
        except (OSError, ValueError) as error:
            self._report(f"bad_{kind}", str(error))
            return previous
        self._report(f"bad_{kind}", "")
        return value

    def _report_missing(self) -> None:
        """Report labels and traffic of versions that do not serve; the newest answers for them."""
        unloaded = [f"{name} ({n})" for name, n in self.labels.items() if n not in self.engines]
        reason = f"labels of versions that do not serve: {', '.join(unloaded)}"
        self._report("labels_miss_version", reason if unloaded else "")
        missing = [str(v) for v in self.traffic.referenced if self.serving(v) is None]
        reason = f"no such version serves: {', '.join(missing)}; the newest answers in its place"
        self._report("traffic_misses_version", reason if missing else "")

    def _report(self, event: str, reason: str) -> None:
        """Log a problem when it begins or changes, not at every poll."""
        if reason != self.problems.get(event, ""):
            self.problems = {**self.problems, event: reason}
            if reason:
                log(event, model=self.name, reason=reason)

    def _ensure_loaded(self, number: int, folder: Path) -> bool:
        """Load a version unless it is loaded or quarantined; return whether it is loaded."""
        if number in self.engines:
            self._check_files(number, folder)
            return True
        record = self.quarantine.get(number)
        files = fingerprint(folder)
        if record and record.fingerprint == files and time.monotonic() < record.retry_at:
            return False
        self._set_status(number, VersionStatus(VersionState.LOADING))
        began = time.monotonic()
        try:
            engine = self._load(self.name, number, folder)
        except Exception as error:
            self._quarantine_version(number, files, error)
            return False
        self.engines = {**self.engines, number: engine}
        self._fingerprints[number] = files
        self.quarantine = {n: why for n, why in self.quarantine.items() if n != number}
        self._set_status(number, VersionStatus(VersionState.AVAILABLE))
        seconds = round(time.monotonic() - began, 3)
        log("version_live", model=self.name, version=number, seconds=seconds)
        return True

    def _check_files(self, number: int, folder: Path) -> None:
        """Log when the files of a loaded version change; the loaded version continues to serve."""
        files = fingerprint(folder)
        if self._fingerprints[number] != files:
            self._fingerprints[number] = files
            log("version_changed_on_disk", model=self.name, version=number, folder=str(folder))

    def _quarantine_version(self, number: int, files: int, error: Exception) -> None:
        reason = error.message if isinstance(error, ServingError) else str(error)
        if not isinstance(error, PipelineError):
            reason = f"{type(error).__name__}: {reason}"
        reason = " ".join(reason.split())[:300].encode(errors="backslashreplace").decode()
        tries = self.quarantine[number].tries + 1 if number in self.quarantine else 1
        wait = min(RETRY_SECONDS * 2 ** (tries - 1), MAX_RETRY_SECONDS)
        record = Quarantine(files, reason, tries, time.monotonic() + wait)
        self.quarantine = {**self.quarantine, number: record}
        self._set_status(number, VersionStatus(VersionState.END, Code.FAILED_PRECONDITION, reason))
        log("version_quarantined", model=self.name, version=number, reason=reason, tries=tries)

    def _unload(self, number: int) -> None:
        """Withdraw a version from new requests; requests in flight keep it until they finish."""
        self._set_status(number, VersionStatus(VersionState.UNLOADING))
        self._unloaded.append(weakref.ref(self.engines[number].servable.loaded))
        self.engines = {key: value for key, value in self.engines.items() if key != number}
        del self._fingerprints[number]
        self._set_status(number, VersionStatus(VersionState.END))
        log("version_unloaded", model=self.name, version=number)

    def _set_status(self, number: int, status: VersionStatus) -> None:
        states = {**self.states, number: status}
        ended = [key for key in sorted(states) if states[key].state == VersionState.END]
        for key in ended[:-MAX_ENDED_STATES]:
            del states[key]
        self.states = states
