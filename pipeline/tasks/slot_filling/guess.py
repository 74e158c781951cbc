"""A config for a user's own file: its format, columns and splits, detected and said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline.datasets.lines import read_header, read_lines, read_objects, require
from pipeline.errors import InputError
from pipeline.tasks.slot_filling.formats.triples import FILES

SPLIT_NAMES = {"train": ("train",), "valid": ("valid", "dev", "validation"), "test": ("test",)}
COLUMN_NAMES = {
    "text": ("text", "utterance", "sentence", "query", "words", "tokens"),
    "intent": ("intent", "intents", "label", "class"),
    "slots": ("slots", "entities", "spans", "labels"),
    "tags": ("tags", "slots", "bio", "ner_tags", "labels"),
}
EXPECTED = (
    "JSONL with text, intent and slots; CSV or TSV with text, BIO tags and intent; a folder with"
    " seq.in, seq.out and label (or train/, dev/ and test/ of such); or SMP's JSON list"
)


def guess(path: Path) -> tuple[dict[str, Any], str]:
    """The data section of a config for this file or folder, and one line on what was seen.

    Raises:
        InputError: The file is none of the formats that can be read.
    """
    require(path)
    if path.is_dir():
        return _folder(path)
    if {".csv", ".tsv"} & set(path.suffixes):
        return _table(path)
    first = next((line for _, line in read_lines(path) if line.strip()), "").lstrip()
    if first.startswith("["):
        return {"format": "smp", "files": _files(path)}, f"{path}: a JSON list as SMP2019 has it"
    if first.startswith("{"):
        return _jsonl(path)
    raise InputError(f"{path}: the format was not recognised; expected {EXPECTED}")


def _folder(path: Path) -> tuple[dict[str, Any], str]:
    if all((path / name).is_file() for name in FILES):
        return {"format": "triples", "files": {"train": str(path)}}, f"{path}: {', '.join(FILES)}"
    found = {
        split: str(path / name)
        for split, names in SPLIT_NAMES.items()
        for name in names
        if (path / name / FILES[0]).is_file()
    }
    if "train" not in found:
        raise InputError(f"{path}: no annotated utterances here; expected {EXPECTED}")
    return {
        "format": "triples",
        "files": found,
    }, f"{path}: {', '.join(FILES)} in {', '.join(found)}"


def _table(path: Path) -> tuple[dict[str, Any], str]:
    header = read_header(path)
    columns = _columns(path, header, ("text", "tags", "intent"))
    return (
        {"format": "table", "files": _files(path), "columns": columns},
        f"{path}: a table with columns {', '.join(header)}",
    )


def _jsonl(path: Path) -> tuple[dict[str, Any], str]:
    _, row = next(read_objects(path))
    columns = _columns(path, list(row), ("text", "slots", "intent"))
    return (
        {"format": "jsonl", "files": _files(path), "columns": columns},
        f"{path}: JSONL with keys {', '.join(row)}",
    )


def _columns(path: Path, present: list[str], wanted: tuple[str, ...]) -> dict[str, str]:
    columns: dict[str, str] = {}
    for role in wanted:
        free = [name for name in present if name not in columns.values()]
        match = [name for known in COLUMN_NAMES[role] for name in free if name.lower() == known]
        if not match:
            names = ", ".join(present)
            raise InputError(
                f"{path}: no column for the {role} among {names}; expected one of"
                f" {', '.join(COLUMN_NAMES[role])} (or name it in the config: data.columns.{role})"
            )
        columns[role] = match[0]
    return columns


def _files(path: Path) -> dict[str, str]:
    """The file as `train`, with the `valid` and `test` files that stand beside it."""
    files = {"train": str(path)}
    if path.name.startswith("train"):
        rest = path.name.removeprefix("train")
        for split in ("valid", "test"):
            for name in SPLIT_NAMES[split]:
                if (path.parent / f"{name}{rest}").is_file():
                    files[split] = str(path.parent / f"{name}{rest}")
    return files
