"""One model: which of its versions serve, and how a new one takes over.

Only the watcher changes it. Requests read dictionaries that are replaced whole, never edited.
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
from pipeline.serving.telemetry.logs import log
from pipeline.serving.versions.folders import list_versions, read_labels, stamp
from pipeline.serving.versions.memory import give_back
from pipeline.serving.versions.state import Quarantine, State, VersionState
from pipeline.serving.versions.traffic import Traffic, Which, choose, place, read_traffic

RETRY_SECONDS = 60.0  # doubled after each try of a version whose files stay as they are
LONGEST_RETRY = 3600.0
KEPT_STATES = 100
LOOKS = 60  # polls after a change; then who holds an unloaded version holds it for good

Load = Callable[[str, int, Path], Engine]
T = TypeVar("T")


class Model:
    """The versions of a model.

    Args:
        name: As clients call it.
        folder: Whose children are the versions.
        load: Makes a version answer, or raises.
    """

    def __init__(self, name: str, folder: Path, load: Load) -> None:
        self.name, self.folder, self._load = name, folder, load
        self.engines: dict[int, Engine] = {}
        self.states: dict[int, VersionState] = {}
        self.labels: dict[str, int] = {}
        self.traffic = Traffic()
        self.quarantine: dict[int, Quarantine] = {}
        self._stamps: dict[int, int] = {}  # of the files of what serves
        self._left: list[weakref.ref[Any]] = []  # SavedModels that were unloaded
        self._looks_left = 0  # polls in which they may still be in use
        self.trouble: dict[str, str] = {}  # by event: what is wrong now beside the versions, or ""

    def newest(self) -> Engine | None:
        """The version that serves requests which name none."""
        engines = self.engines
        return engines[max(engines)] if engines else None

    def serving(self, which: Which) -> Engine | None:
        """A version by its number or label, if it serves."""
        version = self.labels.get(which) if isinstance(which, str) else which
        return None if version is None else self.engines.get(version)

    def pick(self, key: str) -> Engine | None:
        """The version that serves a request which names none, as the traffic's split has it."""
        split = self.traffic.split
        chosen = self.serving(choose(split, place(self.name, key))) if split and key else None
        return chosen or self.newest()

    def poll(self) -> None:
        """Brings what serves in line with the disk: new versions first, then old ones leave.

        The newest version that loads serves, and those that labels or the traffic name.

        Raises:
            OSError: The folder cannot be read; nothing was changed.
        """
        self._settle()  # first, or what left last lies there while a new version is loaded
        before = self.engines
        self._take_over(list_versions(self.folder))
        if self.engines is not before:
            self._looks_left = LOOKS

    def _settle(self) -> None:
        """Gives back what is no longer used after a change; again while requests still hold it."""
        if self._looks_left:
            give_back()
            self._left = [loaded for loaded in self._left if loaded() is not None]
            self._looks_left = self._looks_left - 1 if self._left else 0

    def _take_over(self, found: Mapping[int, Path]) -> None:
        self.labels = self._read("labels", read_labels, self.labels)
        self.traffic = self._read("traffic", read_traffic, self.traffic)
        if self.quarantine.keys() - found.keys():
            self.quarantine = {n: why for n, why in self.quarantine.items() if n in found}
        newest = next((n for n in sorted(found, reverse=True) if self._ready(n, found[n])), None)
        numbers = [which for which in self.traffic.named if isinstance(which, int)]
        named = {*self.labels.values(), *numbers}
        kept = [n for n in named if n in found and self._ready(n, found[n])]
        self._tell_missing()
        if newest is None and found:
            return  # nothing better than what serves
        for number in self.engines.keys() - {newest, *kept}:
            self._unload(number)

    def _read(self, kind: str, read: Callable[[Path], T], before: T) -> T:
        """What a file beside the versions says; a bad one leaves what was, and is told."""
        try:
            value = read(self.folder)
        except (OSError, ValueError) as error:
            self._tell(f"bad_{kind}", str(error))
            return before
        self._tell(f"bad_{kind}", "")
        return value

    def _tell_missing(self) -> None:
        """Labels and traffic for versions that do not serve; such traffic goes to the newest."""
        gone = [f"{name} ({n})" for name, n in self.labels.items() if n not in self.engines]
        reason = f"labels of versions that do not serve: {', '.join(gone)}"
        self._tell("labels_miss_version", reason if gone else "")
        missing = [str(which) for which in self.traffic.named if self.serving(which) is None]
        reason = f"no such version serves: {', '.join(missing)}; the newest answers in its place"
        self._tell("traffic_misses_version", reason if missing else "")

    def _tell(self, event: str, reason: str) -> None:
        """Logs trouble when it begins and when it changes, not every second."""
        if reason != self.trouble.get(event, ""):
            self.trouble = {**self.trouble, event: reason}
            if reason:
                log(event, model=self.name, reason=reason)

    def _ready(self, number: int, folder: Path) -> bool:
        """Whether a version serves; loads it if it does not yet and is not known to be bad."""
        if number in self.engines:
            self._watch_files(number, folder)
            return True
        known = self.quarantine.get(number)
        if known and known.stamp == stamp(folder) and time.monotonic() < known.again:
            return False
        seen = stamp(folder)
        self._set(number, VersionState(State.LOADING))
        began = time.monotonic()
        try:
            engine = self._load(self.name, number, folder)
        except Exception as error:
            self._reject(number, seen, error)
            return False
        self.engines = {**self.engines, number: engine}
        self._stamps[number] = seen
        self.quarantine = {n: why for n, why in self.quarantine.items() if n != number}
        self._set(number, VersionState(State.AVAILABLE))
        seconds = round(time.monotonic() - began, 3)
        log("version_live", model=self.name, version=number, seconds=seconds)
        return True

    def _watch_files(self, number: int, folder: Path) -> None:
        """A version never changes; where its files do, what was loaded goes on, and it is told."""
        seen = stamp(folder)
        if self._stamps[number] != seen:
            self._stamps[number] = seen
            log("version_changed_on_disk", model=self.name, version=number, folder=str(folder))

    def _reject(self, number: int, seen: int, error: Exception) -> None:
        reason = error.message if isinstance(error, ServingError) else str(error)
        if not isinstance(error, PipelineError):
            reason = f"{type(error).__name__}: {reason}"
        reason = " ".join(reason.split())[:300].encode(errors="backslashreplace").decode()
        tries = self.quarantine[number].tries + 1 if number in self.quarantine else 1
        wait = min(RETRY_SECONDS * 2 ** (tries - 1), LONGEST_RETRY)
        kept = Quarantine(seen, reason, tries, time.monotonic() + wait)
        self.quarantine = {**self.quarantine, number: kept}
        self._set(number, VersionState(State.END, Code.FAILED_PRECONDITION, reason))
        log("version_quarantined", model=self.name, version=number, reason=reason, tries=tries)

    def _unload(self, number: int) -> None:
        """Takes a version away from new requests; those in flight hold it until they are done."""
        self._set(number, VersionState(State.UNLOADING))
        self._left.append(weakref.ref(self.engines[number].servable.loaded))
        self.engines = {key: value for key, value in self.engines.items() if key != number}
        del self._stamps[number]
        self._set(number, VersionState(State.END))
        log("version_unloaded", model=self.name, version=number)

    def _set(self, number: int, state: VersionState) -> None:
        states = {**self.states, number: state}
        ended = [key for key in sorted(states) if states[key].state == State.END]
        for key in ended[:-KEPT_STATES]:
            del states[key]
        self.states = states
