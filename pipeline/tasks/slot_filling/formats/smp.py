"""SMP2019's JSON: a list of objects whose `entities` have INCLUSIVE `end_idx`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline.datasets.lines import OnError, read_lines, stop
from pipeline.errors import DataError
from pipeline.tasks.slot_filling.config import ColumnSettings
from pipeline.tasks.slot_filling.utterance import Span, Utterance


def read(path: Path, columns: ColumnSettings, on_error: OnError = stop) -> Iterator[Utterance]:
    """Reads the file's one list; an object's line is the one its brace opens on."""
    del columns  # this format has fixed keys
    for number, row in _objects(path, on_error):
        try:
            yield _utterance(path, number, row)
        except DataError as error:
            on_error(error)


def _objects(path: Path, on_error: OnError) -> Iterator[tuple[int, Any]]:
    lines = list(read_lines(path, on_error))
    content = "\n".join(line for _, line in lines)
    decoder, place, line, seen = json.JSONDecoder(), content.find("[") + 1, 1, 0
    if not place or content[: place - 1].strip():
        raise DataError(path, 1, "the file does not begin with `[`", "one JSON list of objects")
    while True:
        while place < len(content) and content[place] in " \t\r\n,":
            place += 1
        line, seen = line + content.count("\n", seen, place), place
        if content[place : place + 1] == "]":
            return
        try:
            row, place = decoder.raw_decode(content, place)
        except (ValueError, RecursionError) as error:
            # Where one object ends is unknown now, so the rest of the file is, too.
            on_error(DataError(path, line, f"not valid JSON ({error})", "an object of the list"))
            return
        yield line, row


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
    return Utterance(text, intent, tuple(spans), source=f"{path}:{number}")
