"""A new file of pairs for a translator, whichever way the file was found to go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.tasks.translation.settings import UNKNOWN, DataSettings

SIDES = ("source", "target")


def like(data: DataSettings, found: Mapping[str, Any]) -> dict[str, Any]:
    """What `guess` found, with the model's languages, turned round where it goes the other way.

    English before Chinese is the same pairs to a model from Chinese to English. Where the file's
    languages are not both known, or are others, its first side stays the source.

    Args:
        data: What the model was trained with.
        found: The data section for the new file.
    """
    ours = (data.languages.source, data.languages.target)
    if UNKNOWN in ours:
        return dict(found)
    theirs = found.get("languages", {})
    kept = {**found, "languages": dict(zip(SIDES, ours, strict=True))}
    if [_base(theirs.get(side, UNKNOWN)) for side in SIDES] != [_base(code) for code in ours[::-1]]:
        return kept
    files = {split: _turned(file) for split, file in found["files"].items()}
    columns = {"columns": _turned(found["columns"])} if "columns" in found else {}
    return {**kept, "files": files, **columns}


def _base(code: str) -> str:
    """`pt` of `pt-BR`."""
    return code.lower().replace("_", "-").split("-")[0]


def _turned(sides: Any) -> Any:
    """Two columns or two aligned files change places; one file with both stays."""
    if not isinstance(sides, Mapping):
        return sides
    return {**sides, "source": sides["target"], "target": sides["source"]}
