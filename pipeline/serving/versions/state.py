"""What is known of one version of a model, as status requests tell it (contract b5)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from pipeline.serving.errors import Code


class State(IntEnum):
    """The numbers of ModelVersionStatus.State."""

    START = 10
    LOADING = 20
    AVAILABLE = 30
    UNLOADING = 40
    END = 50


@dataclass(frozen=True)
class VersionState:
    """A state, and the error it ended with."""

    state: State
    code: Code = Code.OK
    message: str = ""


@dataclass(frozen=True)
class Quarantine:
    """A version that did not load.

    Args:
        stamp: Of its files when it was tried; others mean that it was mended.
        reason: One line.
        tries: How often.
        again: `time.monotonic()` from which it is tried again anyway.
    """

    stamp: int
    reason: str
    tries: int
    again: float
