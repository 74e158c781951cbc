"""JSONL: `{"text", "intent", "slots": [{"slot", "start", "end"}]}`, the embedded form."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pipeline.datasets.lines import OnError, read_objects, stop
from pipeline.errors import DataError
from pipeline.tasks.slot_filling.formats.objects import (
    parts_of,
    span_of,
    tokens_of,
    write_lines,
)
from pipeline.tasks.slot_filling.records import INTENT_SEPARATOR, Utterance, to_json
from pipeline.tasks.slot_filling.settings import ColumnSettings


def read(path: Path, columns: ColumnSettings, on_error: OnError = stop) -> Iterator[Utterance]:
    """Read one object per line; ignore keys that the settings do not name.

    Spans may have any shape that `objects.span_of` accepts. `tokens`, `parts` and the intent are
    optional.
    """
    for number, row in read_objects(path, on_error):
        try:
            yield _utterance(path, number, row, columns)
        except DataError as error:
            on_error(error)


def write(utterances: Sequence[Utterance], path: Path, scheme: str = "") -> None:
    """Write the embedded form, which can represent every utterance."""
    del scheme  # no tags here
    write_lines(path, [to_json(utterance.to_record()) for utterance in utterances])


def _utterance(path: Path, number: int, row: dict[str, Any], columns: ColumnSettings) -> Utterance:
    text = row.get(columns.text)
    if not isinstance(text, str):
        raise DataError(path, number, f"`{columns.text}` is {text!r}", "a string")
    slots = row.get(columns.slots)
    if not isinstance(slots, list):
        raise DataError(path, number, f"`{columns.slots}` is {slots!r}", "a list of spans")
    return Utterance(
        text=text,
        intent=_intent(path, number, row, columns.intent) if columns.intent in row else "",
        spans=tuple(span_of(path, number, text, slot) for slot in slots),
        tokens=tokens_of(path, number, row.get("tokens", [])),
        parts=parts_of(path, number, row.get("parts", [])),
        source=f"{path}:{number}",
    )


def _intent(path: Path, number: int, row: dict[str, Any], key: str) -> str:
    intent = row[key]
    if isinstance(intent, list):
        intent = INTENT_SEPARATOR.join(map(str, intent))
    if not isinstance(intent, str) or not intent:
        raise DataError(path, number, f"`{key}` is {intent!r}", "the intent's name")
    return intent
