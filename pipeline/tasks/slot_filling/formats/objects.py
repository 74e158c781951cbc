"""What the JSON formats share: a list's objects with their lines, spans in all usual shapes."""

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
    """An object of a JSON list, and where it stands in the file's text: [start, end), its line."""

    line: int
    value: Any
    start: int
    end: int


def read_list(path: Path, on_error: OnError) -> Iterator[tuple[int, Any]]:
    """Yields (line its brace opens on, value) of the file's one JSON list."""
    content = "\n".join(line for _, line in read_lines(path, on_error))
    for element in elements(path, content, on_error):
        yield element.line, element.value


def elements(path: Path, content: str, on_error: OnError) -> Iterator[Element]:
    """The values of the one JSON list that `content` holds."""
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
            # Where one object ends is unknown now, so the rest of the file is, too.
            on_error(DataError(path, line, f"not valid JSON ({error})", "an object of the list"))
            return
        yield Element(line, value, place, end)
        place = end


def span_of(path: Path, number: int, text: str, item: Any) -> Span:
    """A span from `[start, end, slot]`, or an object with such keys as tools write.

    The slot may stand under `slot`, `label`, `entity` or `type`, the edges under `start` and `end`
    or `start_offset` and `end_offset`. A `value` beside it must equal the text of the span.
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
    """Refuses a span whose stated value is not the text that it covers."""
    slot, start, end = span
    covered = text[max(start, 0) : max(end, 0)]
    if value == covered:
        return
    wrong = f"span {slot} [{start}, {end}) covers {covered!r}"
    found = only_place(text, value)
    fix = f"[{found[0]}, {found[1]}), the only place of {value!r}" if found else ""
    utterance = Utterance(text, "", (), source=f"{path}:{number}")
    raise utterance.error(wrong, f"its value {value!r}", span, fix=fix, safe=bool(found))


def only_place(text: str, value: Any) -> tuple[int, int] | None:
    """Where a value stands in a text, if it does so once."""
    if not isinstance(value, str) or not value:
        return None
    start = text.find(value)
    once = start >= 0 and text.find(value, start + 1) < 0
    return (start, start + len(value)) if once else None


def first_of(row: dict[str, Any], keys: Sequence[str]) -> Any:
    """The value of the first key that is there, else None."""
    return next((row[key] for key in keys if key in row), None)


def tokens_of(path: Path, number: int, tokens: Any) -> tuple[tuple[int, int], ...]:
    """The source's own tokens, `[[start, end], ...]`."""
    try:
        return tuple((index(start), index(end)) for start, end in tokens)
    except (TypeError, ValueError) as error:
        wrong = f"`tokens` is {str(tokens)[:80]}"
        raise DataError(path, number, wrong, "a list of [start, end]") from error


def parts_of(path: Path, number: int, parts: Any) -> tuple[str, ...]:
    """The parts of a split that an example belongs to, a list of names."""
    if not (isinstance(parts, list) and all(isinstance(part, str) for part in parts)):
        raise DataError(path, number, f"`parts` is {parts!r}", "a list of names")
    return tuple(parts)


def own_keys(utterance: Utterance) -> dict[str, Any]:
    """`tokens` and `parts`, which other tools do not know and pass over."""
    keys: dict[str, Any] = {}
    if utterance.tokens:
        keys["tokens"] = [list(token) for token in utterance.tokens]
    if utterance.parts:
        keys["parts"] = list(utterance.parts)
    return keys


def write_list(path: Path, rows: Sequence[Any]) -> None:
    """A JSON list, one object a line."""
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    path.write_text(f"[\n{lines}\n]\n" if rows else "[]\n", encoding="utf-8", newline="\n")


def write_lines(path: Path, rows: Sequence[Any]) -> None:
    """JSONL, one object a line."""
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_text(lines, encoding="utf-8", newline="\n")
