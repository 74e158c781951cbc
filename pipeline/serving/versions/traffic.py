"""How requests that name no version are shared among versions, and which are answered twice.

`traffic.json` beside a model's versions, such as

    {"split": {"stable": 90, "canary": 10}, "shadow": {"to": "canary", "percent": 50}}

Versions are named by label or number. A request's key decides, so that the same key always meets
the same version, in whatever process; who gets a canary at 10 % also gets it at 20 %.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILE = "traffic.json"
WHOLE = 100.0

Which = int | str  # a version's number, or a label


@dataclass(frozen=True)
class Target:
    """A model, and which version of it: a number, a label, or the newest."""

    name: str
    version: int | None = None
    label: str | None = None


@dataclass(frozen=True)
class Traffic:
    """Shares in percent.

    Args:
        split: Versions with their shares, which are 100 together; empty: all to the newest.
        shadow: A version that answers beside the one that the client hears; None for none.
        percent: Of the requests that are answered twice.
    """

    split: tuple[tuple[Which, float], ...] = ()
    shadow: Which | None = None
    percent: float = WHOLE

    @property
    def named(self) -> tuple[Which, ...]:
        """All versions that must be there for it."""
        shadow = () if self.shadow is None else (self.shadow,)
        return (*(which for which, _ in self.split), *shadow)

    def document(self) -> dict[str, Any]:
        """It as JSON; `parse` reads that again."""
        split = {"split": {str(which): share for which, share in self.split}} if self.split else {}
        if self.shadow is None:
            return split
        return {**split, "shadow": {"to": str(self.shadow), "percent": self.percent}}


def read_traffic(folder: Path) -> Traffic:
    """That of a model's folder; all to the newest where it has none.

    Raises:
        ValueError: The file holds something else.
    """
    try:
        document = json.loads((folder / FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Traffic()
    return parse(document, str(folder / FILE))


def parse(document: Any, where: str) -> Traffic:
    """Traffic from JSON.

    Raises:
        ValueError: It is something else; begins with `where`.
    """
    if not isinstance(document, dict) or not document.keys() <= {"split", "shadow"}:
        raise ValueError(f"{where}: expected an object with `split` and `shadow`, or one of them")
    split, shadow = document.get("split", {}), document.get("shadow")
    if not isinstance(split, dict) or not all(_is_share(share) for share in split.values()):
        raise ValueError(f"{where}: split: expected labels or versions with their percentages")
    total = sum(split.values())
    if split and abs(total - WHOLE) > 1e-6:
        raise ValueError(f"{where}: split: the shares make {total:g}; expected 100")
    shares = tuple((_which(name), float(share)) for name, share in split.items())
    if shadow is None:
        return Traffic(shares)
    to, percent = _shadow(shadow)
    if not isinstance(to, str) or not _is_share(percent):
        raise ValueError(f'{where}: shadow: expected {{"to": LABEL or "VERSION", "percent": N}}')
    return Traffic(shares, _which(to), float(percent))


def _shadow(shadow: Any) -> tuple[Any, Any]:
    return (shadow.get("to"), shadow.get("percent", WHOLE)) if isinstance(shadow, dict) else (0, 0)


def _is_share(value: Any) -> bool:
    return type(value) in (int, float) and 0 <= value <= WHOLE


def _which(name: str) -> Which:
    return int(name) if name.isascii() and name.isdecimal() else name


def place(model: str, key: str) -> float:
    """Where a key falls, from 0 up to 100: evenly, and the same each time."""
    digest = hashlib.blake2b(f"{model}\0{key}".encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64 * WHOLE


def choose(split: Sequence[tuple[Which, float]], at: float) -> Which:
    """The version whose share holds that place; the last shares begin at 100 and go down.

    Laid from the right, so that a canary written last keeps its keys when its share grows.
    """
    left = WHOLE
    for which, share in reversed(split):
        left -= share
        if at >= left and share:
            return which
    return next(which for which, share in split if share)
