"""One model: which of its versions serve, and how a new one takes over.

Only the watcher changes it. Requests read dictionaries that are replaced whole, never edited.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from pathlib import Path

from pipeline.errors import PipelineError
from pipeline.serving.codes import Code, ServingError
from pipeline.serving.engine import Engine
from pipeline.serving.logs import log
from pipeline.serving.model_state import Quarantine, State, VersionState
from pipeline.serving.version_folders import list_versions, read_labels, stamp

RETRY_SECONDS = 60.0  # doubled after each try of a version whose files stay as they are
LONGEST_RETRY = 3600.0
KEPT_STATES = 100

Load = Callable[[str, int, Path], Engine]


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
        self.quarantine: dict[int, Quarantine] = {}
        self._stamps: dict[int, int] = {}  # of the files of what serves
        self._labels_trouble = ""

    def newest(self) -> Engine | None:
        """The version that serves requests which name none."""
        engines = self.engines
        return engines[max(engines)] if engines else None

    def poll(self) -> None:
        """Brings what serves in line with the disk: new versions first, then old ones leave.

        The newest version that loads serves, and those that labels name.

        Raises:
            OSError: The folder cannot be read; nothing was changed.
        """
        found = list_versions(self.folder)
        self._read_labels()
        for number in self.quarantine.keys() - found.keys():
            del self.quarantine[number]
        newest = next((n for n in sorted(found, reverse=True) if self._ready(n, found[n])), None)
        labelled = [n for n in set(self.labels.values()) if n in found and self._ready(n, found[n])]
        if newest is None and found:
            return  # nothing better than what serves
        for number in self.engines.keys() - {newest, *labelled}:
            self._unload(number)

    def _read_labels(self) -> None:
        """Takes the labels over; bad ones leave those that were, and are told once."""
        try:
            self.labels, trouble = read_labels(self.folder), ""
        except (OSError, ValueError) as error:
            trouble = str(error)
        if trouble and trouble != self._labels_trouble:
            log("bad_labels", model=self.name, reason=trouble)
        self._labels_trouble = trouble

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
        self.quarantine.pop(number, None)
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
        reason = " ".join(reason.split())[:300]
        tries = self.quarantine[number].tries + 1 if number in self.quarantine else 1
        wait = min(RETRY_SECONDS * 2 ** (tries - 1), LONGEST_RETRY)
        self.quarantine[number] = Quarantine(seen, reason, tries, time.monotonic() + wait)
        self._set(number, VersionState(State.END, Code.FAILED_PRECONDITION, reason))
        log("version_quarantined", model=self.name, version=number, reason=reason, tries=tries)

    def _unload(self, number: int) -> None:
        """Takes a version away from new requests; those in flight hold it until they are done."""
        self._set(number, VersionState(State.UNLOADING))
        self.engines = {key: value for key, value in self.engines.items() if key != number}
        del self._stamps[number]
        gc.collect()  # a SavedModel refers to itself
        self._set(number, VersionState(State.END))
        log("version_unloaded", model=self.name, version=number)

    def _set(self, number: int, state: VersionState) -> None:
        states = {**self.states, number: state}
        ended = [key for key in sorted(states) if states[key].state == State.END]
        for key in ended[:-KEPT_STATES]:
            del states[key]
        self.states = states
