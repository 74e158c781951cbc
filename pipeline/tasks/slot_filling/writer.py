"""Write records to a file in a user's format."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from pipeline.errors import InputError
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
from pipeline.userfiles.write import Format, format_for, write_checked

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
# Formats by a file's ending. `.json` is not listed, since several formats use it.
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

TAGGED = ("triples", "conll", "table")  # formats with tags


def write(
    records: Iterable[UtteranceRecord], path: Path, format_: str | None, tags: str | None
) -> str:
    """Write records to a new file or folder, read it back, and return the format.

    Args:
        records: As `loader.read` yields them.
        path: The file or folder to write. Its ending decides the format if `format_` is None.
        format_: One of `WRITERS`.
        tags: One of `schemes.SCHEMES`, by default BIO, for formats with tags.

    Raises:
        DataError: The format cannot hold an utterance; names the utterance's own file and line.
        InputError: There is no such format or tag scheme.
    """
    format_ = format_for(path, format_, WRITERS, ENDINGS)
    if tags and (tags not in schemes.SCHEMES or format_ not in TAGGED):
        known = ", ".join(schemes.SCHEMES)
        raise InputError(f"--tags {tags}: expected one of {known}, with {', '.join(TAGGED)}")
    utterances = [from_record(record) for record in records]
    if format_ == "rasa":  # groups its examples by intent
        utterances = _by_intent(utterances)
    writer, reader = WRITERS[format_], READERS[format_]
    write_checked(
        utterances,
        path,
        Format(
            format_,
            lambda some, file: writer(some, file, tags or schemes.BIO),
            lambda file: reader(file, ColumnSettings()),
            _content,
        ),
    )
    return format_


def _by_intent(utterances: Sequence[Utterance]) -> list[Utterance]:
    first = {each.intent: index for index, each in reversed(list(enumerate(utterances)))}
    return sorted(utterances, key=lambda each: first[each.intent])


def _content(utterance: Utterance) -> Mapping[str, object]:
    """Return what must be kept; a format may add tokens where there were none."""
    tokens = {"tokens": utterance.tokens} if utterance.tokens else {}
    return {
        "text": utterance.text,
        "intent": utterance.intent,
        "spans": sorted((start, end, slot) for slot, start, end in utterance.spans),
        **tokens,
        "parts": utterance.parts,
    }
