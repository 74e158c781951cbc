"""JSONL: `{"text", "intent", "slots": [{"slot", "start", "end"}]}`, the embedded form."""

from __future__ import annotations

from collections.abc import Iterator
from operator import index
from pathlib import Path
from typing import Any

from pipeline.datasets.lines import OnError, read_objects, stop
from pipeline.errors import DataError
from pipeline.tasks.slot_filling.config import ColumnSettings
from pipeline.tasks.slot_filling.utterance import INTENT_SEPARATOR, Span, Utterance

SLOT_KEYS = ("slot", "label", "entity", "type")


def read(path: Path, columns: ColumnSettings, on_error: OnError = stop) -> Iterator[Utterance]:
    """Reads one object a line; keys other than those named are passed over.

    A slot's name may stand under `slot`, `label`, `entity` or `type`; a `value` beside it must
    equal the text of the span. `tokens` and `parts` are optional.
    """
    for number, row in read_objects(path, on_error):
        try:
            yield _utterance(path, number, row, columns)
        except DataError as error:
            on_error(error)


def _utterance(path: Path, number: int, row: dict[str, Any], columns: ColumnSettings) -> Utterance:
    text = row.get(columns.text)
    if not isinstance(text, str):
        raise DataError(path, number, f"`{columns.text}` is {text!r}", "a string")
    intent = row.get(columns.intent)
    if isinstance(intent, list):
        intent = INTENT_SEPARATOR.join(map(str, intent))
    if not isinstance(intent, str) or not intent:
        raise DataError(path, number, f"`{columns.intent}` is {intent!r}", "the intent's name")
    slots = row.get(columns.slots)
    if not isinstance(slots, list):
        raise DataError(path, number, f"`{columns.slots}` is {slots!r}", "a list of spans")
    return Utterance(
        text=text,
        intent=intent,
        spans=tuple(_span(path, number, text, slot) for slot in slots),
        tokens=_tokens(path, number, row.get("tokens", [])),
        parts=_parts(path, number, row.get("parts", [])),
        source=f"{path}:{number}",
    )


def _span(path: Path, number: int, text: str, slot: Any) -> Span:
    expected = '{"slot": name, "start": int, "end": int}'
    if not isinstance(slot, dict):
        raise DataError(path, number, f"a span is {slot!r}", expected)
    name = next((slot[key] for key in SLOT_KEYS if key in slot), None)
    start, end = slot.get("start"), slot.get("end")
    if not (isinstance(name, str) and name and type(start) is int and type(end) is int):
        raise DataError(path, number, f"a span is {slot!r}", expected)
    if "value" in slot and slot["value"] != text[start:end]:
        wrong = f"span {name} [{start}, {end}) covers {text[start:end]!r}"
        raise DataError(path, number, wrong, f"its value {slot['value']!r}")
    return Span(name, start, end)


def _tokens(path: Path, number: int, tokens: Any) -> tuple[tuple[int, int], ...]:
    try:
        return tuple((index(start), index(end)) for start, end in tokens)
    except (TypeError, ValueError) as error:
        wrong = f"`tokens` is {str(tokens)[:80]}"
        raise DataError(path, number, wrong, "a list of [start, end]") from error


def _parts(path: Path, number: int, parts: Any) -> tuple[str, ...]:
    if not (isinstance(parts, list) and all(isinstance(part, str) for part in parts)):
        raise DataError(path, number, f"`parts` is {parts!r}", "a list of names")
    return tuple(parts)
