"""The status of one version of a model, as status requests report it (contract b5)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from pipeline.serving.errors import Code


class VersionState(IntEnum):
    """The values of ModelVersionStatus.State in TensorFlow Serving."""

    START = 10
    LOADING = 20
    AVAILABLE = 30
    UNLOADING = 40
    END = 50


@dataclass(frozen=True)
class VersionStatus:
    """The state of a version, and the error that ended it."""

    state: VersionState
    code: Code = Code.OK
    message: str = ""


@dataclass(frozen=True)
class Quarantine:
    """The record of a version that failed to load.

    Args:
        fingerprint: The fingerprint of its files; if it changes, the version is tried again.
        reason: The error in one line.
        tries: The number of attempts.
        retry_at: `time.monotonic()` at which the version is tried again in any case.
    """

    fingerprint: int
    reason: str
    tries: int
    retry_at: float
