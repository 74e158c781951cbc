"""Read a new file of pairs in the direction of the model, whichever side comes first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.tasks.translation.settings import UNKNOWN, LanguageSettings

SIDES = ("source", "target")


def in_direction(languages: LanguageSettings, detected: Mapping[str, Any]) -> dict[str, Any]:
    """Return a detected data section with the model's languages, its sides swapped if necessary.

    A file with English before Chinese has the same pairs for a model from Chinese to English. If
    the languages of the file are not both known, or are others, its first side stays the source.

    Args:
        languages: The model's languages.
        detected: The data section for the new file.
    """
    ours = (languages.source, languages.target)
    if UNKNOWN in ours:
        return dict(detected)
    theirs = detected.get("languages", {})
    kept = {**detected, "languages": dict(zip(SIDES, ours, strict=True))}
    if [_base(theirs.get(side, UNKNOWN)) for side in SIDES] != [_base(code) for code in ours[::-1]]:
        return kept
    files = {split: _swapped(file) for split, file in detected["files"].items()}
    columns = {"columns": _swapped(detected["columns"])} if "columns" in detected else {}
    return {**kept, "files": files, **columns}


def _base(code: str) -> str:
    """Return `pt` for `pt-BR`."""
    return code.lower().replace("_", "-").split("-")[0]


def _swapped(sides: Any) -> Any:
    """Swap two columns or two aligned files; a file that holds both sides stays."""
    if not isinstance(sides, Mapping):
        return sides
    return {**sides, "source": sides["target"], "target": sides["source"]}
