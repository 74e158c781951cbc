"""Records to a file in a user's format, read back before anyone relies on it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from pipeline.datasets.lines import stop
from pipeline.errors import DataError, InputError
from pipeline.tasks.slot_filling import schemes
from pipeline.tasks.slot_filling.formats import (
    conll,
    doccano,
    inline,
    jsonl,
    label_studio,
    rasa,
    smp,
    table,
    triples,
)
from pipeline.tasks.slot_filling.loader import READERS
from pipeline.tasks.slot_filling.records import Utterance, UtteranceRecord, from_record
from pipeline.tasks.slot_filling.settings import ColumnSettings

WRITERS = {
    "jsonl": jsonl.write,
    "triples": triples.write,
    "conll": conll.write,
    "table": table.write,
    "inline": inline.write,
    "rasa": rasa.write,
    "smp": smp.write,
    "doccano": doccano.write,
    "label_studio": label_studio.write,
}
# What a file's ending says; `.json` and `.jsonl` have more than one meaning, and jsonl is ours.
ENDINGS = {
    ".jsonl": "jsonl",
    ".conll": "conll",
    ".bio": "conll",
    ".iob": "conll",
    ".csv": "table",
    ".tsv": "table",
    ".txt": "inline",
    ".md": "inline",
    ".yml": "rasa",
    ".yaml": "rasa",
    "": "triples",
}


HOLDS = "what the format can hold (jsonl holds anything)"


def write(
    records: Iterable[UtteranceRecord], path: Path, format_: str | None, tags: str | None
) -> str:
    """Writes records to a new file or folder and reads it back; gives the format.

    Args:
        records: As `loader.read` gives them.
        path: What to write; its name's ending says the format where `format_` does not.
        format_: One of `WRITERS`.
        tags: One of `schemes.SCHEMES`, BIO by default; for formats that have tags.

    Raises:
        DataError: The format cannot hold an utterance: its own file and line, and what.
        InputError: The format or the scheme is unknown.
    """
    format_ = format_ or ENDINGS.get(path.suffix)
    if format_ not in WRITERS:
        known = ", ".join(WRITERS)
        wrong = f"format `{format_}`" if format_ else f"its ending `{path.suffix}` says no format"
        raise InputError(f"{path.name}: {wrong}; expected --to with one of {known}")
    if tags and (tags not in schemes.SCHEMES or format_ not in ("triples", "conll", "table")):
        known = ", ".join(schemes.SCHEMES)
        raise InputError(f"--tags {tags}: expected one of {known}, with triples, conll or table")
    utterances = [from_record(record) for record in records]
    WRITERS[format_](utterances, path, tags or schemes.BIO)
    _compare(utterances, path, format_)
    return format_


def _compare(utterances: Sequence[Utterance], path: Path, format_: str) -> None:
    """Refuses what does not come back as it was."""
    try:
        found = list(READERS[format_](path, ColumnSettings(), stop))
    except DataError as error:
        raise _culprit(utterances, path, format_, error.wrong) from error
    if len(found) != len(utterances):
        wrong = f"{len(found)} examples come back of {len(utterances)}"
        raise _culprit(utterances, path, format_, wrong)
    if format_ == "rasa":  # whose examples stand together intent by intent
        first = {each.intent: place for place, each in reversed(list(enumerate(utterances)))}
        utterances = sorted(utterances, key=lambda each: first[each.intent])
    for written, back in zip(utterances, found, strict=True):
        for key, value in _content(written).items():
            other = _content(back)[key]
            if value != other and not (key == "tokens" and not value):  # formats may add tokens
                wrong = f"its {key} {_short(value)} comes back from {format_} as {_short(other)}"
                raise written.error(wrong, HOLDS)


def _culprit(utterances: Sequence[Utterance], path: Path, format_: str, wrong: str) -> DataError:
    """The error of reading back, at the first utterance that fails by itself, too."""
    for utterance in utterances:
        WRITERS[format_]([utterance], path, schemes.BIO)
        try:
            alone = len(list(READERS[format_](path, ColumnSettings(), stop))) == 1
        except DataError as error:
            return utterance.error(f"{format_} cannot hold it: {error.wrong}", HOLDS)
        if not alone:
            return utterance.error(f"{format_} cannot hold it: it does not come back", HOLDS)
    return DataError(path, 0, f"as {format_} not read back: {wrong}", HOLDS)


def _content(utterance: Utterance) -> dict[str, Any]:
    return {
        "text": utterance.text,
        "intent": utterance.intent,
        "spans": sorted((start, end, slot) for slot, start, end in utterance.spans),
        "tokens": utterance.tokens,
        "parts": utterance.parts,
    }


def _short(value: Any) -> str:
    said = repr(value)
    return said if len(said) <= 80 else f"{said[:80]}…"
