"""A config for a user's own file: its format, columns and splits, detected and said."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.datasets.lines import (
    read_header,
    read_lines,
    read_objects,
    refuse_semicolons,
    require,
    stop,
)
from pipeline.errors import DataError, InputError
from pipeline.tasks.slot_filling import schemes
from pipeline.tasks.slot_filling.formats import conll, markup, objects, table, triples
from pipeline.tasks.slot_filling.formats.triples import FILES
from pipeline.tasks.slot_filling.loader import READERS
from pipeline.tasks.slot_filling.settings import ColumnSettings, DataSettings

SPLIT_NAMES = {"train": ("train",), "valid": ("valid", "dev", "validation"), "test": ("test",)}
COLUMN_NAMES = {
    "text": ("text", "utterance", "sentence", "query", "words", "tokens", "文本", "句子"),
    "intent": ("intent", "intents", "label", "class", "意图"),
    "slots": ("slots", "entities", "spans", "labels", "label", "槽位", "实体"),
    "tags": ("tags", "slots", "bio", "ner_tags", "labels", "标注"),
}
EXPECTED = (
    "JSONL with text, intent and slots; CSV or TSV with text, BIO tags and intent; a folder with"
    " seq.in, seq.out and label (or train/, dev/ and test/ of such); CoNLL columns; lines with"
    " [value](slot); Rasa's YAML; doccano's JSONL; Label Studio's or SMP's JSON list"
)
NO_INTENT = "none"  # what `data.intent` is set to where the file states no intents
LINES = 2000  # of a file that are looked at
SEEN = {
    "smp": "a JSON list as SMP2019 has it",
    "label_studio": "a JSON export of Label Studio",
    "doccano": "a JSONL export of doccano",
    "conll": "CoNLL columns",
    "inline": "lines with [value](slot)",
    "rasa": "Rasa's YAML",
}


def guess(
    path: Path, format_: str | None = None, known: Mapping[str, str] | None = None
) -> tuple[dict[str, Any], str]:
    """The data section of a config for this file or folder, and one line on what was seen.

    Args:
        path: The user's file or folder.
        format_: The format, where the user says it; else it is detected.
        known: Columns that count before usual ones where the file has them.

    Raises:
        InputError: The file is none of the formats that can be read.
    """
    require(path)
    known = known or {}
    if format_ is not None and format_ not in READERS:
        raise InputError(f"format `{format_}`: unknown; expected one of {', '.join(READERS)}")
    if path.is_dir():
        return _folder(path, format_, known)
    found = format_ or _detect(path)
    if found == "triples":
        raise InputError(f"{path}: a file; the format triples is a folder with {', '.join(FILES)}")
    section: dict[str, Any] = {"format": found, "files": _files(path)}
    if found == "table":
        return _table(path, section, known)
    if found == "jsonl":
        return _jsonl(path, section, known)
    seen = f"{path}: {SEEN[found]}"
    if found == "conll":
        blocks = list(conll.blocks(path, lambda _: None))
        scheme = schemes.detect([row[-1] for _, row in block.rows] for block in blocks)
        seen += f", {scheme} tags"
    utterances = READERS[found](path, ColumnSettings(), lambda _: None)
    if {utterance.intent for utterance in itertools.islice(utterances, LINES)} == {""}:
        return _without_intents(section, seen)
    return section, seen


def like(data: DataSettings, found: Mapping[str, Any]) -> dict[str, Any]:
    """What was found; where the file states no intents, the one that the model's config names."""
    if found.get("intent") == NO_INTENT and data.intent:
        return {**found, "intent": data.intent}
    return dict(found)


def unstated(data: DataSettings, found: DataSettings) -> str | None:
    """That a file states no intents, to a model which was trained on stated ones.

    It would learn that `none` is what these sentences ask for, against what it knew of the like.
    """
    if data.intent or found.intent != NO_INTENT:
        return None
    return (
        "it states no intents, which the model tells; state them, or give all of its rows one with"
        " --set data.intent=NAME"
    )


def _detect(path: Path) -> str:
    if {".csv", ".tsv"} & set(path.suffixes):
        return "table"
    lines = [line for _, line in itertools.islice(read_lines(path), LINES)]
    first = next((line.strip() for line in lines if line.strip()), "")
    if first[:1] == "[" and first[1:].strip()[:1] in ("", "{", "]"):
        _, row = next(objects.read_list(path, stop), (0, {}))
        return "label_studio" if "annotations" in row else "smp"
    if first.startswith("{"):
        return "doccano" if _is_doccano(path) else "jsonl"
    if {".yml", ".yaml"} & set(path.suffixes) or any(line.startswith("nlu:") for line in lines):
        return "rasa"
    if _is_conll(path):
        return "conll"
    if any(_has_slot(line) for line in lines):
        return "inline"
    raise InputError(f"{path}: the format was not recognised; expected {EXPECTED}")


def _is_doccano(path: Path) -> bool:
    """Whether there are no intents but in `cats`, and spans as doccano has them."""
    rows = [next(read_objects(path))[1]]  # damage on the first line is told at once
    rows += [row for _, row in itertools.islice(read_objects(path, lambda _: None), LINES)]
    if any(key.lower() in ("intent", "intents") for key in rows[0]):
        return False
    spans = [item for row in rows for item in row.get("label") or row.get("labels") or ()]
    spans += [item for row in rows for item in row.get("entities") or ()]
    return (
        "cats" in rows[0]
        or isinstance(rows[0].get("label"), list)
        or any(isinstance(item, list) or "start_offset" in item for item in spans)
    )


def _is_conll(path: Path) -> bool:
    """Whether blocks have columns whose last is a tag everywhere, and a span somewhere."""
    refused: list[DataError] = []
    blocks = itertools.islice(conll.blocks(path, refused.append), LINES)
    tags = [row[-1] for block in blocks for _, row in block.rows]
    good = [tag for tag in tags if conll.TAG.fullmatch(tag)]
    # One row by itself is too little to tell; a few bad ones among many are for `validate`.
    return len(tags) > 1 and len(good) > 0.9 * len(tags) and set(good) != {"O"}


def _has_slot(line: str) -> bool:
    try:
        return bool(markup.parse(line, escapes=True)[1])
    except markup.MarkupError:
        return False


def _folder(
    path: Path, format_: str | None, known: Mapping[str, str]
) -> tuple[dict[str, Any], str]:
    section: dict[str, Any] = {"format": "triples"}
    if all((path / name).is_file() for name in FILES):
        scheme = triples.scheme_of(path)
        section["files"] = {"train": str(path)}
        return section, f"{path}: {', '.join(FILES)}, {scheme} tags"
    section["files"] = {
        split: str(path / name)
        for split, names in SPLIT_NAMES.items()
        for name in names
        if (path / name / FILES[0]).is_file()
    }
    if "train" in section["files"]:
        return section, f"{path}: {', '.join(FILES)} in {', '.join(section['files'])}"
    training = sorted(file for file in path.glob("train.*") if file.is_file())
    if len(training) == 1:
        return guess(training[0], format_, known)
    raise InputError(f"{path}: no annotated utterances here; expected {EXPECTED}")


def _table(
    path: Path, section: dict[str, Any], known: Mapping[str, str]
) -> tuple[dict[str, Any], str]:
    header = read_header(path)
    refuse_semicolons(path, header)
    columns = _columns(path, header, ("text", "tags", "intent"), known)
    scheme = table.scheme_of(path, columns["tags"])
    unread = _unread(header, [*columns.values(), table.PARTS])
    seen = f"{path}: a table with columns {', '.join(header)}{unread}; {scheme} tags"
    return section | {"columns": columns}, seen


def _jsonl(
    path: Path, section: dict[str, Any], known: Mapping[str, str]
) -> tuple[dict[str, Any], str]:
    _, row = next(read_objects(path))
    seen = f"{path}: JSONL with keys {', '.join(row)}"
    lists = [key for key, value in row.items() if isinstance(value, list)]
    columns = _columns(path, list(row), ("text",), known)
    free = [key for key in lists if key != columns["text"]]
    columns |= _columns(path, free, ("slots",), known, list(row))
    intents = (*COLUMN_NAMES["intent"], known.get("intent", ""))
    seen += _unread(list(row), [*columns.values(), *intents, "tokens", "parts"])
    free = [key for key in row if key not in columns.values()]
    if not any(key in intents or key.lower() in intents for key in free):
        return _without_intents(section | {"columns": columns}, seen)
    columns |= _columns(path, free, ("intent",), known)
    return section | {"columns": columns}, seen


def _unread(present: Sequence[str], read: Sequence[str]) -> str:
    names = [name for name in present if name not in read]
    return f" (not read: {', '.join(names)})" if names else ""


def _without_intents(section: dict[str, Any], seen: str) -> tuple[dict[str, Any], str]:
    return section | {"intent": NO_INTENT}, f"{seen}; it states no intents: all get `{NO_INTENT}`"


def _columns(
    path: Path,
    present: Sequence[str],
    wanted: Sequence[str],
    known: Mapping[str, str],
    said: Sequence[str] = (),
) -> dict[str, str]:
    """Roles to the names that they have among those present; `said` are those to tell of."""
    columns: dict[str, str] = {}
    for role in wanted:
        free = [name for name in present if name not in columns.values()]
        usual = [name for word in COLUMN_NAMES[role] for name in free if name.lower() == word]
        match = [name for name in free if name == known.get(role)] + usual
        if not match:
            names = ", ".join(said or present)
            raise InputError(
                f"{path}: no column for the {role} among {names}; expected one of"
                f" {', '.join(COLUMN_NAMES[role])} (or name it in the config: data.columns.{role};"
                f" to retrain: --set retrain.columns.{role}=NAME)"
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
