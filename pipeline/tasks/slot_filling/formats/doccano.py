"""doccano's exports: JSONL with `label`, `labels` or `entities`, and `cats` for the intent.

Edges count UTF-16 code units, as the tool's own JavaScript does (doccano#2290); they differ from
characters only after an emoji and the like.
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
    """Reads an export of "sequence labeling" or "intent detection and slot filling"."""
    del columns  # this format has fixed keys
    for number, row in read_objects(path, on_error):
        try:
            yield _utterance(path, number, row)
        except DataError as error:
            on_error(error)


def write(utterances: Sequence[Utterance], path: Path, scheme: str = "") -> None:
    """Writes what doccano imports: "intent detection and slot filling", or without `cats`."""
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
        raise DataError(path, number, f"`cats` is {cats!r}", "a list of the intents' names")
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
        # Outside the text they are left as they are, to be refused with the text beside them.
        if edge not in place and 0 <= edge <= max(place):
            wrong = f"span {slot} [{start}, {end}) cuts a character of two UTF-16 code units"
            raise DataError(path, number, wrong, "edges between characters")
    beyond = len(text) - max(place)
    return Span(slot, place.get(start, start + beyond), place.get(end, end + beyond))


def code_units(text: str) -> list[int]:
    """The place of each character, and of the text's end, in UTF-16 code units."""
    places = [0]
    for character in text:
        places.append(places[-1] + (2 if character > "\uffff" else 1))
    return places
