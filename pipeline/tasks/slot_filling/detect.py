"""Detect how a user's file of annotated utterances is to be read."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.datasets.lines import (
    read_header,
    read_objects,
    refuse_semicolons,
    require,
    stop,
)
from pipeline.errors import DataError, IncompleteDataError, InputError
from pipeline.task import Detected, Purpose
from pipeline.tasks.slot_filling import schemes
from pipeline.tasks.slot_filling.formats import conll, markup, objects, table, triples
from pipeline.tasks.slot_filling.formats.triples import FILES
from pipeline.tasks.slot_filling.loader import READERS
from pipeline.tasks.slot_filling.settings import ColumnSettings, DataSettings
from pipeline.userfiles.adopt import known_columns, on_one_file
from pipeline.userfiles.columns import no_columns, unused, usual_column
from pipeline.userfiles.detect import (
    MAX_ROWS,
    SPLIT_NAMES,
    TRAIN,
    files_beside,
    first_lines,
    require_format,
    training_file,
)

COLUMN_NAMES = {
    "text": ("text", "utterance", "sentence", "query", "words", "tokens", "文本", "句子"),
    "intent": ("intent", "intents", "label", "class", "意图"),
    "slots": ("slots", "entities", "spans", "labels", "label", "槽位", "实体"),
    "tags": ("tags", "slots", "bio", "ner_tags", "labels", "标注"),
}
EXPECTED = (
    "JSONL with text, intent and slots; CSV or TSV with text, BIO tags and intent; a folder with"
    " seq.in, seq.out and label (or train/, dev/ and test/ of these); CoNLL columns; lines with"
    " [value](slot); Rasa's YAML; doccano's JSONL; Label Studio's or SMP's JSON list"
)
NO_INTENT = "none"  # `data.intent` for files that state no intents
SEEN = {
    "smp": "a JSON list in the form of SMP2019",
    "label_studio": "a JSON export of Label Studio",
    "doccano": "a JSONL export of doccano",
    "conll": "CoNLL columns",
    "inline": "lines with [value](slot)",
    "rasa": "Rasa's YAML",
}


def detect(
    path: Path, format_: str | None = None, known: Mapping[str, str] | None = None
) -> Detected:
    """Return the data section of a config for a file or folder.

    Args:
        path: The user's file or folder.
        format_: The format, if the user states it; otherwise it is detected.
        known: Columns, as in `data.columns`, that are preferred to those with usual names.

    Raises:
        InputError: The file has no format that can be read.
    """
    require(path)
    known = known or {}
    require_format(format_, READERS)
    if path.is_dir():
        return _folder(path, format_, known)
    format_ = format_ or _format_of(path)
    if format_ == "triples":
        raise InputError(f"{path}: a file; the format triples is a folder with {', '.join(FILES)}")
    settings: dict[str, Any] = {"format": format_, "files": files_beside(path)}
    if format_ == "table":
        return _table(path, settings, known)
    if format_ == "jsonl":
        return _jsonl(path, settings, known)
    seen = f"{path}: {SEEN[format_]}"
    if format_ == "conll":
        blocks = list(conll.blocks(path, lambda _: None))
        scheme = schemes.detect([row[-1] for _, row in block.rows] for block in blocks)
        seen += f", {scheme} tags"
    utterances = READERS[format_](path, ColumnSettings(), lambda _: None)
    if {utterance.intent for utterance in itertools.islice(utterances, MAX_ROWS)} == {""}:
        return _without_intents(settings, seen)
    return Detected(settings, seen)


def adopt(
    data: DataSettings, path: Path, renamed: Mapping[str, Any], purpose: Purpose
) -> DataSettings:
    """Return the settings that read a new file for a model trained with `data`.

    Utterances without intents get the one that the model's config names.

    Args:
        data: The model's data settings.
        path: The new file.
        renamed: As in `retrain.columns`.
        purpose: What the file is read for.

    Raises:
        IncompleteDataError: The purpose is `learn`, and the file states no intents, but the model
            was trained on stated ones. It would learn the intent `none` for these sentences,
            against what it knows of similar ones.
        InputError: The file has no format that can be read.
    """
    settings = detect(path, known=known_columns(data.columns, renamed)).settings
    if settings.get("intent") == NO_INTENT:
        if purpose == "learn" and not data.intent:
            raise IncompleteDataError(
                f"{path}: it states no intents, which the model predicts; state them, or give all"
                " of its rows one with --set data.intent=NAME"
            )
        settings["intent"] = data.intent or NO_INTENT
    return on_one_file(data, settings, purpose)


def columns_of(data: DataSettings) -> dict[str, Any]:
    """Return the columns of the training file, as in `data.columns`."""
    return data.columns.model_dump()


def _format_of(path: Path) -> str:
    if {".csv", ".tsv"} & set(path.suffixes):
        return "table"
    lines = first_lines(path)
    first = lines[0].strip() if lines else ""
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
    """Tell whether spans are as in doccano, and intents, if any, in `cats`."""
    rows = [next(read_objects(path))[1]]  # damage on the first line is reported now
    rows += [row for _, row in itertools.islice(read_objects(path, lambda _: None), MAX_ROWS)]
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
    """Tell whether the last column of blocks holds tags, and spans among them."""
    refused: list[DataError] = []
    blocks = itertools.islice(conll.blocks(path, refused.append), MAX_ROWS)
    tags = [row[-1] for block in blocks for _, row in block.rows]
    good = [tag for tag in tags if conll.TAG.fullmatch(tag)]
    # One row is not enough to decide; a few bad ones among many are reported by `validate`.
    return len(tags) > 1 and len(good) > 0.9 * len(tags) and set(good) != {"O"}


def _has_slot(line: str) -> bool:
    try:
        return bool(markup.parse(line, escapes=True)[1])
    except markup.MarkupError:
        return False


def _folder(path: Path, format_: str | None, known: Mapping[str, str]) -> Detected:
    names = ", ".join(FILES)
    if all((path / name).is_file() for name in FILES):
        settings: dict[str, Any] = {"format": "triples", "files": {TRAIN: str(path)}}
        return Detected(settings, f"{path}: {names}, {triples.scheme_of(path)} tags")
    files: dict[str, str] = {}
    for split, folders in {TRAIN: (TRAIN,), **SPLIT_NAMES}.items():
        for folder in folders:
            if (path / folder / FILES[0]).is_file():
                files.setdefault(split, str(path / folder))
    if TRAIN in files:
        settings = {"format": "triples", "files": files}
        return Detected(settings, f"{path}: {names} in {', '.join(files)}")
    if training := training_file(path):
        return detect(training, format_, known)
    raise InputError(f"{path}: no annotated utterances here; expected {EXPECTED}")


def _table(path: Path, settings: dict[str, Any], known: Mapping[str, str]) -> Detected:
    header = read_header(path)
    refuse_semicolons(path, header)
    columns = _columns(path, header, ("text", "tags", "intent"), known)
    scheme = table.scheme_of(path, columns["tags"])
    seen = f"{path}: a table with columns {', '.join(header)}"
    seen += unused(header, [*columns.values(), table.PARTS])
    return Detected(settings | {"columns": columns}, f"{seen}; {scheme} tags")


def _jsonl(path: Path, settings: dict[str, Any], known: Mapping[str, str]) -> Detected:
    _, row = next(read_objects(path))
    seen = f"{path}: JSONL with keys {', '.join(row)}"
    lists = [key for key, value in row.items() if isinstance(value, list)]
    columns = _columns(path, list(row), ("text",), known)
    free = [key for key in lists if key != columns["text"]]
    columns |= _columns(path, free, ("slots",), known, list(row))
    intents = (*COLUMN_NAMES["intent"], known.get("intent", ""))
    seen += unused(list(row), [*columns.values(), *intents, "tokens", "parts"])
    free = [key for key in row if key not in columns.values()]
    if not any(key in intents or key.lower() in intents for key in free):
        return _without_intents(settings | {"columns": columns}, seen)
    columns |= _columns(path, free, ("intent",), known)
    return Detected(settings | {"columns": columns}, seen)


def _without_intents(settings: dict[str, Any], seen: str) -> Detected:
    seen = f"{seen}; it states no intents: all get `{NO_INTENT}`"
    return Detected(settings | {"intent": NO_INTENT}, seen)


def _columns(
    path: Path,
    names: Sequence[str],
    roles: Sequence[str],
    known: Mapping[str, str],
    shown: Sequence[str] = (),
) -> dict[str, str]:
    """Return the column of each role among these names; an error shows `shown` instead of them."""
    columns: dict[str, str] = {}
    for role in roles:
        free = [name for name in names if name not in columns.values()]
        name = known.get(role, "")
        column = name if name in free else usual_column(free, COLUMN_NAMES[role])
        if not column:
            expected = f"one of {', '.join(COLUMN_NAMES[role])}"
            what = f"no column for the {role}"
            raise no_columns(path, what, shown or names, expected, (role,))
        columns[role] = column
    return columns
