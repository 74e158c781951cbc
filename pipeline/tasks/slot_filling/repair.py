"""Repair spans that can be corrected without asking the author of a file.

White space at the edges of spans is removed, and so are exact repeats of a span. A span whose
stated value occurs exactly once in the text, elsewhere, is moved there. Everything else in the file
stays, byte for byte, unreadable lines included.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.config import data_path
from pipeline.datasets.lines import UTF_8
from pipeline.errors import DataError
from pipeline.tasks.slot_filling.formats import doccano, objects
from pipeline.tasks.slot_filling.records import Span, trimmed
from pipeline.tasks.slot_filling.settings import ColumnSettings, DataSettings
from pipeline.userfiles.repair import Repairs, Written, repair_files, repair_lines

MARKED = re.compile(r'(?<!\\)\[([^\[\]\\]*)\](\([^()\\]+\)|\{"[^}\\]+\})')
NOTHING_LEFT = "a span of only whitespace removed"
EDGE_KEYS = (("start", "end"), ("start_offset", "end_offset"), ("start_idx", "end_idx"))


class ObjectLayout(NamedTuple):
    """How a JSON object stores its text and spans.

    Args:
        text: Maps the object to its text.
        spans: Maps the object to its list of spans, which is changed in place.
        inclusive: 1 if the stated end is the span's last character, otherwise 0.
        code_units: Whether edges count UTF-16 code units.
    """

    text: Callable[[Any], Any]
    spans: Callable[[Any], Any]
    inclusive: int = 0
    code_units: bool = False


def repair(data: DataSettings) -> Iterator[Written]:
    """Write a repaired copy of every file that needs one; see `repair_files`."""
    paths = dict.fromkeys(map(data_path, data.files.values()))
    text_repair = functools.partial(repair_text, data=data)
    # Folders are `triples`: tags have no edges to repair.
    return repair_files({path: (UTF_8, text_repair) for path in paths if not path.is_dir()})


def repair_text(text: str, data: DataSettings) -> tuple[str, Repairs]:
    """Return a file's text with safe repairs, and (line, what was changed) of each."""
    layout = _layouts(data.columns).get(data.format)
    if data.format in ("inline", "rasa"):
        return repair_lines(text, _repair_brackets)
    if data.format in ("jsonl", "doccano") and layout:
        return repair_lines(text, lambda line: _repair_object(line, layout))
    if layout:
        return _repair_list(text, layout)
    return text, []  # tags have no edges to repair


def _repair_brackets(line: str) -> tuple[str, str]:
    new = MARKED.sub(_move_space_out, line)
    return new, "whitespace moved out of the brackets" if new != line else ""


def _move_space_out(match: re.Match[str]) -> str:
    value = match[1].strip()
    if not value:
        return match[0]
    left, _, right = match[1].partition(value)
    return f"{left}[{value}]{match[2]}{right}"


def _repair_object(line: str, layout: ObjectLayout) -> tuple[str, str]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return line, ""  # `validate` reports the line
    what = _repair_row(row, layout)
    return (json.dumps(row, ensure_ascii=False), what) if what else (line, "")


def _repair_list(text: str, layout: ObjectLayout) -> tuple[str, Repairs]:
    pieces, place, repairs = list[str](), 0, Repairs()
    try:
        for element in objects.elements(Path(), text, lambda _: None):
            if what := _repair_row(element.value, layout):
                new = json.dumps(element.value, ensure_ascii=False)
                pieces += [text[place : element.start], new]
                place = element.end
                repairs.append((element.line, what))
    except DataError:
        return text, []  # no list; `validate` reports it
    return "".join([*pieces, text[place:]]), repairs


def _repair_row(row: Any, layout: ObjectLayout) -> str:
    """Repair the object's spans in place; return what was changed, empty if nothing was."""
    try:
        text, items = layout.text(row), layout.spans(row)
    except (TypeError, KeyError, IndexError):
        return ""
    if not (isinstance(text, str) and isinstance(items, list)):
        return ""
    done, kept, seen = list[str](), list[Any](), set[tuple[Any, ...]]()
    for item in items:
        what, span = _repair_span(item, text, layout)
        repeated = span is not None and span in seen
        done += [what] if what else ["a repeated span removed"] if repeated else []
        if what == NOTHING_LEFT or repeated:
            continue
        kept.append(item)
        if span is not None:
            seen.add(span)
    items[:] = kept
    return "; ".join(dict.fromkeys(done))


def _repair_span(item: Any, text: str, layout: ObjectLayout) -> tuple[str, tuple[Any, ...] | None]:
    """Repair one span in place; return what was changed and the span, None if it is no span."""
    inner = item.get("value") if isinstance(item, dict) else None
    holder = inner if isinstance(inner, dict) else item  # Label Studio nests the edges
    start_key, end_key = _edge_keys(holder)
    if start_key is None:
        return "", None
    start, end = holder[start_key], holder[end_key]
    if type(start) is not int or type(end) is not int:
        return "", None
    places = doccano.code_units(text) if layout.code_units else list(range(len(text) + 1))
    try:
        span = Span("", places.index(start), places.index(end + layout.inclusive))
    except ValueError:
        span = Span("", -1, -1)  # outside the text; its stated value may still be in it
    better, what = _better(span, text, holder)
    if better is not None and what:
        holder[start_key], holder[end_key] = (
            places[better.start],
            places[better.end] - layout.inclusive,
        )
        for key in ("value", "text") if isinstance(holder, dict) else ():
            if isinstance(holder.get(key), str):
                holder[key] = text[better.start : better.end]
    return what, (_slot(holder), holder[start_key], holder[end_key])


def _better(span: Span, text: str, holder: Any) -> tuple[Span | None, str]:
    stated = objects.first_of(holder, ("value", "text")) if isinstance(holder, dict) else None
    covered = text[span.start : span.end] if span.start >= 0 else None
    if isinstance(stated, str) and stated != covered:
        found = objects.only_place(text, stated)
        # Edges after an emoji may count code units, which the reader accepts.
        if found is None or max(text) > "\uffff":
            return span, ""
        moved = trimmed(text, Span("", *found))
        return (moved, "a span moved to its value") if moved else (None, NOTHING_LEFT)
    if covered is None or span.start >= span.end:
        return span, ""
    inner = trimmed(text, span)
    if inner is None:
        return None, NOTHING_LEFT
    return inner, "whitespace at a span's edge removed" if inner != span else ""


def _edge_keys(holder: Any) -> tuple[Any, Any]:
    if isinstance(holder, list) and len(holder) == 3:
        return 0, 1
    for start, end in EDGE_KEYS if isinstance(holder, dict) else ():
        if start in holder and end in holder:
            return start, end
    return None, None


def _slot(holder: Any) -> str:
    names = ("labels", *objects.SLOT_KEYS)
    return str(holder[2] if isinstance(holder, list) else objects.first_of(holder, names))


def _layouts(columns: ColumnSettings) -> dict[str, ObjectLayout]:
    first_of = objects.first_of
    return {
        "jsonl": ObjectLayout(lambda row: row[columns.text], lambda row: row[columns.slots]),
        "doccano": ObjectLayout(
            lambda row: first_of(row, doccano.TEXT_KEYS),
            lambda row: first_of(row, doccano.SPAN_KEYS),
            code_units=True,
        ),
        "smp": ObjectLayout(lambda row: row["text"], lambda row: row["entities"], inclusive=1),
        "label_studio": ObjectLayout(
            lambda row: row["data"][columns.text],
            lambda row: row["annotations"][0]["result"] if len(row["annotations"]) == 1 else None,
        ),
    }
