"""How requests that name no version are shared among versions, and which ones are mirrored.

The file `traffic.json` beside a model's versions configures it, for example

    {"split": {"stable": 90, "canary": 10}, "shadow": {"to": "canary", "percent": 50}}

Versions are given by label or number. A request's key determines the version, so a key always gets
the same version, in every process; a key that gets a canary at 10 % also gets it at 20 %.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeGuard

FILE = "traffic.json"
ALL_PERCENT = 100.0

VersionRef = int | str  # a version's number, or a label


@dataclass(frozen=True)
class Target:
    """A model and one of its versions: a number, a label, or the newest if both are None."""

    name: str
    version: int | None = None
    label: str | None = None


@dataclass(frozen=True)
class Traffic:
    """The traffic of a model; shares are percentages.

    Args:
        split: Versions with their shares, which add up to 100; if empty, the newest gets all.
        shadow: A version to which requests are mirrored; None for none.
        percent: The share of requests that are mirrored.
    """

    split: tuple[tuple[VersionRef, float], ...] = ()
    shadow: VersionRef | None = None
    percent: float = ALL_PERCENT

    @property
    def referenced(self) -> tuple[VersionRef, ...]:
        """The versions in the split and the shadow."""
        shadow = () if self.shadow is None else (self.shadow,)
        return (*(version for version, _ in self.split), *shadow)

    def to_json(self) -> dict[str, object]:
        """Return the JSON document that `parse_traffic` reads."""
        document: dict[str, object] = {}
        if self.split:
            document["split"] = {str(version): share for version, share in self.split}
        if self.shadow is not None:
            document["shadow"] = {"to": str(self.shadow), "percent": self.percent}
        return document


def read_traffic(folder: Path) -> Traffic:
    """Read `traffic.json` in a model's folder; without the file, the newest gets all requests.

    Raises:
        ValueError: The file is invalid.
    """
    try:
        document = json.loads((folder / FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Traffic()
    return parse_traffic(document, str(folder / FILE))


def parse_traffic(document: object, where: str) -> Traffic:
    """Parse traffic.

    Raises:
        ValueError: The document is invalid; the message begins with `where`.
    """
    if not isinstance(document, dict) or not document.keys() <= {"split", "shadow"}:
        raise ValueError(f"{where}: expected an object with `split` and `shadow`, or one of them")
    split, shadow = document.get("split", {}), document.get("shadow")
    if not isinstance(split, dict) or not all(_is_share(share) for share in split.values()):
        raise ValueError(f"{where}: split: expected labels or versions with their percentages")
    total = sum(split.values())
    if split and abs(total - ALL_PERCENT) > 1e-6:
        raise ValueError(f"{where}: split: the shares add up to {total:g}; expected 100")
    shares = tuple((_version_ref(name), float(share)) for name, share in split.items())
    if shadow is None:
        return Traffic(shares)
    to, percent = _shadow(shadow)
    if not isinstance(to, str) or not _is_share(percent):
        raise ValueError(f'{where}: shadow: expected {{"to": LABEL or "VERSION", "percent": N}}')
    return Traffic(shares, _version_ref(to), float(percent))


def _shadow(shadow: object) -> tuple[object, object]:
    return (
        (shadow.get("to"), shadow.get("percent", ALL_PERCENT))
        if isinstance(shadow, dict)
        else (0, 0)
    )


def _is_share(value: object) -> TypeGuard[float]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return 0 <= value <= ALL_PERCENT


def _version_ref(name: str) -> VersionRef:
    return int(name) if name.isascii() and name.isdecimal() else name


def position_of(model: str, key: str) -> float:
    """Hash a key to a position in [0, 100): uniform and deterministic."""
    digest = hashlib.blake2b(f"{model}\0{key}".encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64 * ALL_PERCENT


def choose_version(split: Sequence[tuple[VersionRef, float]], position: float) -> VersionRef:
    """Return the version whose share contains a position; shares are laid out from 100 down.

    The last version gets the highest positions, so a canary written last keeps its keys when its
    share grows.
    """
    left = ALL_PERCENT
    for version, share in reversed(split):
        left -= share
        if position >= left and share:
            return version
    return next(version for version, share in split if share)
