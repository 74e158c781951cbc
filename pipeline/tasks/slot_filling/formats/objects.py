"""Functions that the JSON formats share: read lists with line numbers, parse spans, write JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from operator import index
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.datasets.lines import OnError, read_lines
from pipeline.errors import DataError
from pipeline.tasks.slot_filling.records import Span, Utterance

SLOT_KEYS = ("slot", "label", "entity", "type")
START_KEYS, END_KEYS = ("start", "start_offset"), ("end", "end_offset")
SPAN = '{"slot": name, "start": int, "end": int}'


class Element(NamedTuple):
    """An element of a JSON list, with its line and its position [start, end) in the content."""

    line: int
    value: Any
    start: int
    end: int


def read_list(path: Path, on_error: OnError) -> Iterator[tuple[int, Any]]:
    """Yield (line that the element begins on, value) of the file's single JSON list."""
    content = "\n".join(line for _, line in read_lines(path, on_error))
    for element in elements(path, content, on_error):
        yield element.line, element.value


def elements(path: Path, content: str, on_error: OnError) -> Iterator[Element]:
    """Yield the elements of the single JSON list in `content`."""
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
            value, end = decoder.raw_decode(content, place)
        except (ValueError, RecursionError) as error:
            # The end of this object is unknown, so the rest of the file cannot be read.
            on_error(DataError(path, line, f"not valid JSON ({error})", "an object of the list"))
            return
        yield Element(line, value, place, end)
        place = end


def span_of(path: Path, number: int, text: str, item: Any) -> Span:
    """Return the span of `[start, end, slot]` or of an object with the keys of common tools.

    The slot may be under `slot`, `label`, `entity` or `type`; the offsets may be under `start` and
    `end` or `start_offset` and `end_offset`. A `value` beside them must equal the span's text.

    Raises:
        DataError: The item is not a span, or its `value` differs from the text.
    """
    if isinstance(item, list) and len(item) == 3:
        start, end, name = item
    elif isinstance(item, dict):
        name, start, end = (first_of(item, keys) for keys in (SLOT_KEYS, START_KEYS, END_KEYS))
    else:
        name = start = end = None
    if not (isinstance(name, str) and name and type(start) is int and type(end) is int):
        raise DataError(path, number, f"a span is {item!r}", SPAN)
    span = Span(name, start, end)
    if isinstance(item, dict) and "value" in item:
        agree(path, number, text, span, item["value"])
    return span


def agree(path: Path, number: int, text: str, span: Span, value: Any) -> None:
    """Raise an error if the stated value of a span is not the text that it covers."""
    slot, start, end = span
    covered = text[max(start, 0) : max(end, 0)]
    if value == covered:
        return
    wrong = f"span {slot} [{start}, {end}) covers {covered!r}"
    place = only_place(text, value)
    fix = f"[{place[0]}, {place[1]}), the only occurrence of {value!r}" if place else ""
    utterance = Utterance(text, "", (), source=f"{path}:{number}")
    raise utterance.error(wrong, f"its value {value!r}", span, fix=fix, safe=bool(place))


def only_place(text: str, value: Any) -> tuple[int, int] | None:
    """Return the offsets of a value in a text if it occurs exactly once."""
    if not isinstance(value, str) or not value:
        return None
    start = text.find(value)
    once = start >= 0 and text.find(value, start + 1) < 0
    return (start, start + len(value)) if once else None


def first_of(row: dict[str, Any], keys: Sequence[str]) -> Any:
    """Return the value of the first key that is present, or None."""
    return next((row[key] for key in keys if key in row), None)


def tokens_of(path: Path, number: int, tokens: Any) -> tuple[tuple[int, int], ...]:
    """Return the tokens of the source, given as `[[start, end], ...]`."""
    try:
        return tuple((index(start), index(end)) for start, end in tokens)
    except (TypeError, ValueError) as error:
        wrong = f"`tokens` is {str(tokens)[:80]}"
        raise DataError(path, number, wrong, "a list of [start, end]") from error


def parts_of(path: Path, number: int, parts: Any) -> tuple[str, ...]:
    """Return the parts of a split that an example belongs to, given as a list of names."""
    if not (isinstance(parts, list) and all(isinstance(part, str) for part in parts)):
        raise DataError(path, number, f"`parts` is {parts!r}", "a list of names")
    return tuple(parts)


def own_keys(utterance: Utterance) -> dict[str, Any]:
    """Return `tokens` and `parts`, the keys of this project, which other tools ignore."""
    keys: dict[str, Any] = {}
    if utterance.tokens:
        keys["tokens"] = [list(token) for token in utterance.tokens]
    if utterance.parts:
        keys["parts"] = list(utterance.parts)
    return keys


def write_list(path: Path, rows: Sequence[Any]) -> None:
    """Write a JSON list, one object per line."""
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    path.write_text(f"[\n{lines}\n]\n" if rows else "[]\n", encoding="utf-8", newline="\n")


def write_lines(path: Path, rows: Sequence[Any]) -> None:
    """Write JSONL, one object per line."""
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_text(lines, encoding="utf-8", newline="\n")
