"""The versions on the disk (contract b6.2), and whether their files are still the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

LABELS = "labels.json"
LARGEST = 2**63 - 1


def list_models(root: Path) -> dict[str, Path]:
    """The folders under `root` that have a version below them, by name."""
    found = {}
    for entry in sorted(root.iterdir()):
        if not entry.name.startswith(".") and entry.is_dir() and list_versions(entry):
            found[entry.name] = entry
    return found


def list_versions(folder: Path) -> dict[int, Path]:
    """Children whose whole name is a number; of two names for one number the shorter counts."""
    found: dict[int, Path] = {}
    for entry in sorted(folder.iterdir(), key=lambda path: (len(path.name), path.name)):
        name = entry.name
        if not (name.isascii() and name.isdecimal() and entry.is_dir()) or int(name) > LARGEST:
            continue
        found.setdefault(int(name), entry)
    return found


def read_labels(folder: Path) -> dict[str, int]:
    """The labels of a model: `labels.json` beside its versions, such as {"stable": 3}.

    Raises:
        ValueError: The file holds something else.
    """
    try:
        document = json.loads((folder / LABELS).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return parse_labels(document, str(folder / LABELS))


def parse_labels(document: Any, where: str) -> dict[str, int]:
    """Labels from JSON.

    Raises:
        ValueError: It is something else, or a label is a number; begins with `where`.
    """
    if not isinstance(document, dict) or not all(type(v) is int for v in document.values()):
        raise ValueError(f"{where}: expected an object of labels with their version")
    if any(not label or label.isdecimal() for label in document):
        raise ValueError(f"{where}: a label is a word; numbers are versions")
    return document


def stamp(folder: Path) -> int:
    """Changes when a file below is written, added or removed."""
    facts = []
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            seen = file.stat()
            facts.append((file.relative_to(folder).as_posix(), seen.st_mtime_ns, seen.st_size))
    return hash(tuple(facts))
