"""doccano's exports: JSONL with `label`, `labels` or `entities`, and `cats` for the intent.

Offsets count UTF-16 code units, as the tool's JavaScript does (doccano#2290). They differ from
character offsets only after characters beyond U+FFFF, such as emoji.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pipeline.datasets.lines import OnError, read_objects, stop
from pipeline.errors import DataError
from pipeline.tasks.slot_filling.formats.objects import (
    first_of,
    own_keys,
    parts_of,
    span_of,
    tokens_of,
    write_lines,
)
from pipeline.tasks.slot_filling.records import INTENT_SEPARATOR, Span, Utterance
from pipeline.tasks.slot_filling.settings import ColumnSettings

TEXT_KEYS, SPAN_KEYS = ("text", "data"), ("label", "labels", "entities")


def read(path: Path, columns: ColumnSettings, on_error: OnError = stop) -> Iterator[Utterance]:
    """Read an export of "sequence labeling" or "intent detection and slot filling"."""
    del columns  # this format has fixed keys
    for number, row in read_objects(path, on_error):
        try:
            yield _utterance(path, number, row)
        except DataError as error:
            on_error(error)


def write(utterances: Sequence[Utterance], path: Path, scheme: str = "") -> None:
    """Write lines that doccano imports; utterances without an intent have no `cats`."""
    del scheme  # no tags here
    write_lines(path, [_row(utterance) for utterance in utterances])


def _row(utterance: Utterance) -> dict[str, Any]:
    place = code_units(utterance.text)
    spans = [[place[start], place[end], slot] for slot, start, end in utterance.spans]
    if not utterance.intent:
        return {"text": utterance.text, "label": spans, **own_keys(utterance)}
    cats = utterance.intent.split(INTENT_SEPARATOR)
    return {"text": utterance.text, "cats": cats, "entities": spans, **own_keys(utterance)}


def _utterance(path: Path, number: int, row: dict[str, Any]) -> Utterance:
    text, spans, cats = first_of(row, TEXT_KEYS), first_of(row, SPAN_KEYS), row.get("cats", [])
    if not isinstance(text, str):
        raise DataError(path, number, f"`text` is {text!r}", "a string")
    if not isinstance(spans, list):
        raise DataError(path, number, f"`label` is {spans!r}", "a list of [start, end, label]")
    if not (isinstance(cats, list) and all(isinstance(cat, str) for cat in cats)):
        raise DataError(path, number, f"`cats` is {cats!r}", "a list of intent names")
    place = {unit: index for index, unit in enumerate(code_units(text))}
    return Utterance(
        text=text,
        intent=INTENT_SEPARATOR.join(cats),
        spans=tuple(_span(path, number, text, item, place) for item in spans),
        tokens=tokens_of(path, number, row.get("tokens", [])),
        parts=parts_of(path, number, row.get("parts", [])),
        source=f"{path}:{number}",
    )


def _span(path: Path, number: int, text: str, item: Any, place: dict[int, int]) -> Span:
    slot, start, end = span_of(path, number, text, item)
    for edge in (start, end):
        # Keep offsets outside the text: a later check rejects them and shows the text.
        if edge not in place and 0 <= edge <= max(place):
            wrong = f"span {slot} [{start}, {end}) splits a character of two UTF-16 code units"
            raise DataError(path, number, wrong, "offsets between characters")
    beyond = len(text) - max(place)
    return Span(slot, place.get(start, start + beyond), place.get(end, end + beyond))


def code_units(text: str) -> list[int]:
    """Return the offset of each character, and of the end of the text, in UTF-16 code units."""
    places = [0]
    for character in text:
        places.append(places[-1] + (2 if character > "\uffff" else 1))
    return places
