"""After training: nothing. The score of a translation is a log-probability and is called so."""

from __future__ import annotations

from typing import Any


def calibrate(*_: Any) -> dict[str, float]:
    """Sets nothing: no threshold is read off a translation's score."""
    return {}
