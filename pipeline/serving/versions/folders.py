"""The models, versions and labels on disk (contract b6.2), and fingerprints of their files."""

from __future__ import annotations

import json
from pathlib import Path

LABELS = "labels.json"
MAX_VERSION = 2**63 - 1


def list_models(root: Path) -> dict[str, Path]:
    """Return the folders under `root` that contain a version, by name."""
    models = {}
    for entry in sorted(root.iterdir()):
        if not entry.name.startswith(".") and entry.is_dir() and list_versions(entry):
            models[entry.name] = entry
    return models


def list_versions(folder: Path) -> dict[int, Path]:
    """Return the children whose name is a number; of two names for one number, the shorter."""
    versions: dict[int, Path] = {}
    for entry in sorted(folder.iterdir(), key=lambda path: (len(path.name), path.name)):
        name = entry.name
        if not (name.isascii() and name.isdecimal() and entry.is_dir()) or int(name) > MAX_VERSION:
            continue
        versions.setdefault(int(name), entry)
    return versions


def read_labels(folder: Path) -> dict[str, int]:
    """Read the labels of a model: `labels.json` beside its versions, such as {"stable": 3}.

    Raises:
        ValueError: The file has another content.
    """
    try:
        document = json.loads((folder / LABELS).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return parse_labels(document, str(folder / LABELS))


def parse_labels(document: object, where: str) -> dict[str, int]:
    """Parse labels.

    Raises:
        ValueError: The document is invalid or a label is a number; the message begins with `where`.
    """
    if not isinstance(document, dict) or not all(type(v) is int for v in document.values()):
        raise ValueError(f"{where}: expected an object that maps labels to version numbers")
    if any(not label or label.isdecimal() for label in document):
        raise ValueError(f"{where}: a label is a word; numbers are versions")
    return document


def fingerprint(folder: Path) -> int:
    """Return a number that changes when a file in the folder is written, added or removed."""
    facts = []
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            stat = file.stat()
            facts.append((file.relative_to(folder).as_posix(), stat.st_mtime_ns, stat.st_size))
    return hash(tuple(facts))
