"""SMP2019's JSON: a list of objects whose `entities` have INCLUSIVE `end_idx`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pipeline.datasets.lines import OnError, stop
from pipeline.errors import DataError
from pipeline.tasks.slot_filling.formats.objects import (
    own_keys,
    parts_of,
    read_list,
    tokens_of,
    write_list,
)
from pipeline.tasks.slot_filling.records import Span, Utterance
from pipeline.tasks.slot_filling.settings import ColumnSettings


def read(path: Path, columns: ColumnSettings, on_error: OnError = stop) -> Iterator[Utterance]:
    """Read the file's single list; an object's line is that of its opening brace."""
    del columns  # this format has fixed keys
    for number, row in read_list(path, on_error):
        try:
            yield _utterance(path, number, row)
        except DataError as error:
            on_error(error)


def write(utterances: Sequence[Utterance], path: Path, scheme: str = "") -> None:
    """Write the list, one object per line.

    Raises:
        RowError: An utterance has no intent.
    """
    del scheme  # no tags here
    for utterance in utterances:
        if not utterance.intent:
            raise utterance.error("it has no intent", "one: SMP's JSON requires it")
    write_list(path, [_row(utterance) for utterance in utterances])


def _row(utterance: Utterance) -> dict[str, Any]:
    entities = [
        {"type": slot, "start_idx": start, "end_idx": end - 1}
        for slot, start, end in utterance.spans
    ]
    row = {"text": utterance.text, "intent": utterance.intent, "entities": entities}
    return row | own_keys(utterance)


def _utterance(path: Path, number: int, row: Any) -> Utterance:
    expected = '{"text", "intent", "entities": [{"type", "start_idx", "end_idx"}]}'
    try:
        text, intent, entities = row["text"], row["intent"], row["entities"]
        spans = [Span(e["type"], e["start_idx"], e["end_idx"] + 1) for e in entities]
    except (TypeError, KeyError) as error:
        raise DataError(path, number, f"{error!r} in {str(row)[:80]}", expected) from error
    if not (isinstance(text, str) and isinstance(intent, str) and intent):
        raise DataError(path, number, f"`text` is {text!r}, `intent` is {intent!r}", "two strings")
    for slot, start, end in spans:
        if not (isinstance(slot, str) and slot and type(start) is int and type(end) is int):
            raise DataError(path, number, f"`entities` is {str(entities)[:80]}", expected)
    return Utterance(
        text,
        intent,
        tuple(spans),
        tokens=tokens_of(path, number, row.get("tokens", [])),
        parts=parts_of(path, number, row.get("parts", [])),
        source=f"{path}:{number}",
    )
