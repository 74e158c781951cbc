"""What can be mended in a file without asking its author, line by line.

Mended are white space at the edges of spans, spans that repeat another exactly, and spans whose
stated value stands in the text just once, elsewhere. All else in the file stays as it is, byte for
byte, unreadable lines too.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.config import data_path
from pipeline.datasets.mending import BYTE_ORDER_MARK, Mended, fixed_name
from pipeline.errors import DataError, InputError
from pipeline.tasks.slot_filling.formats import doccano, objects
from pipeline.tasks.slot_filling.records import Span, trimmed
from pipeline.tasks.slot_filling.settings import ColumnSettings, DataSettings

MARKED = re.compile(r'(?<!\\)\[([^\[\]\\]*)\](\([^()\\]+\)|\{"[^}\\]+\})')
NOTHING_LEFT = "a span of white space alone dropped"
EDGE_KEYS = (("start", "end"), ("start_offset", "end_offset"), ("start_idx", "end_idx"))


class Keys(NamedTuple):
    """Where a JSON object keeps its text and spans, and how a span counts.

    Args:
        text: From the object to its text.
        spans: From the object to its list of spans, which is changed in place.
        beyond: What is added to the stated end to make it exclusive.
        units: Whether edges count UTF-16 code units.
    """

    text: Callable[[Any], Any]
    spans: Callable[[Any], Any]
    beyond: int = 0
    units: bool = False


def repair(data: DataSettings) -> Iterator[tuple[Path, Path, Mended]]:
    """Writes a mended copy of every file that has something to mend.

    `train.jsonl` becomes `train.fixed.jsonl` beside it; the file itself is not touched.

    Yields:
        The file, its copy, and (line, what was mended) of each line.

    Raises:
        InputError: A copy is there already.
    """
    for path in dict.fromkeys(map(data_path, data.files.values())):
        if path.is_dir():
            continue  # triples: tags have no edges to mend
        raw = path.read_bytes()
        try:
            text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8")
        except UnicodeDecodeError:
            continue  # validate tells of the damaged line; until it is mended nothing is certain
        content, mended = mend(text.removeprefix(BYTE_ORDER_MARK), data)
        if not mended:
            continue
        target = fixed_name(path)
        if target.exists():
            raise InputError(f"{target}: exists; move it away before --fix writes it anew")
        mark = BYTE_ORDER_MARK if text.startswith(BYTE_ORDER_MARK) else ""
        target.write_bytes((mark + content).encode("utf-8"))
        yield path, target, mended


def mend(text: str, data: DataSettings) -> tuple[str, Mended]:
    """A file's text with what is safe mended, and (line, what) of each change."""
    keys = _keys(data.columns).get(data.format)
    if data.format in ("inline", "rasa"):
        return _mend_lines(text, _mend_brackets)
    if data.format in ("jsonl", "doccano") and keys:
        return _mend_lines(text, lambda line: _mend_object(line, keys))
    if keys:
        return _mend_list(text, keys)
    return text, []  # tags have no edges to mend


def _mend_lines(text: str, change: Callable[[str], tuple[str, str]]) -> tuple[str, Mended]:
    lines, mended = text.split("\n"), Mended()
    for place, line in enumerate(lines):
        body = line.removesuffix("\r")
        new, what = change(body)
        if what:
            lines[place] = new + line[len(body) :]
            mended.append((place + 1, what))
    return "\n".join(lines), mended


def _mend_brackets(line: str) -> tuple[str, str]:
    new = MARKED.sub(_outside, line)
    return new, "white space moved out of the brackets" if new != line else ""


def _outside(match: re.Match[str]) -> str:
    value = match[1].strip()
    if not value:
        return match[0]
    left, _, right = match[1].partition(value)
    return f"{left}[{value}]{match[2]}{right}"


def _mend_object(line: str, keys: Keys) -> tuple[str, str]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return line, ""  # validate tells of it
    what = _mend_row(row, keys)
    return (json.dumps(row, ensure_ascii=False), what) if what else (line, "")


def _mend_list(text: str, keys: Keys) -> tuple[str, Mended]:
    pieces, place, mended = list[str](), 0, Mended()
    try:
        for element in objects.elements(Path(), text, lambda _: None):
            if what := _mend_row(element.value, keys):
                new = json.dumps(element.value, ensure_ascii=False)
                pieces += [text[place : element.start], new]
                place = element.end
                mended.append((element.line, what))
    except DataError:
        return text, []  # no list; validate tells of it
    return "".join([*pieces, text[place:]]), mended


def _mend_row(row: Any, keys: Keys) -> str:
    """Changes the object's spans in place; says what was done, nothing where nothing was."""
    try:
        text, items = keys.text(row), keys.spans(row)
    except (TypeError, KeyError, IndexError):
        return ""
    if not (isinstance(text, str) and isinstance(items, list)):
        return ""
    done, kept, seen = list[str](), list[Any](), set[tuple[Any, ...]]()
    for item in items:
        what, span = _mend_span(item, text, keys)
        repeated = span is not None and span in seen
        done += [what] if what else ["a span that repeats another dropped"] if repeated else []
        if what == NOTHING_LEFT or repeated:
            continue
        kept.append(item)
        if span is not None:
            seen.add(span)
    items[:] = kept
    return "; ".join(dict.fromkeys(done))


def _mend_span(item: Any, text: str, keys: Keys) -> tuple[str, tuple[Any, ...] | None]:
    """Changes one span in place; gives what was done and the span, None if it is no span."""
    inner = item.get("value") if isinstance(item, dict) else None
    holder = inner if isinstance(inner, dict) else item  # Label Studio's edges stand one deeper
    start_key, end_key = _edge_keys(holder)
    if start_key is None:
        return "", None
    start, end = holder[start_key], holder[end_key]
    if type(start) is not int or type(end) is not int:
        return "", None
    places = doccano.code_units(text) if keys.units else list(range(len(text) + 1))
    try:
        span = Span("", places.index(start), places.index(end + keys.beyond))
    except ValueError:
        span = Span("", -1, -1)  # outside the text; its stated value may still be found
    better, what = _better(span, text, holder)
    if better is not None and what:
        holder[start_key], holder[end_key] = places[better.start], places[better.end] - keys.beyond
        for key in ("value", "text") if isinstance(holder, dict) else ():
            if isinstance(holder.get(key), str):
                holder[key] = text[better.start : better.end]
    return what, (_slot(holder), holder[start_key], holder[end_key])


def _better(span: Span, text: str, holder: Any) -> tuple[Span | None, str]:
    stated = objects.first_of(holder, ("value", "text")) if isinstance(holder, dict) else None
    covered = text[span.start : span.end] if span.start >= 0 else None
    if isinstance(stated, str) and stated != covered:
        found = objects.only_place(text, stated)
        # Edges after an emoji may count code units, which the reader understands.
        if found is None or max(text) > "\uffff":
            return span, ""
        moved = trimmed(text, Span("", *found))
        return (moved, "a span moved to its value") if moved else (None, NOTHING_LEFT)
    if covered is None or span.start >= span.end:
        return span, ""
    inner = trimmed(text, span)
    if inner is None:
        return None, NOTHING_LEFT
    return inner, "white space at a span's edge left out" if inner != span else ""


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


def _keys(columns: ColumnSettings) -> dict[str, Keys]:
    first_of = objects.first_of
    return {
        "jsonl": Keys(lambda row: row[columns.text], lambda row: row[columns.slots]),
        "doccano": Keys(
            lambda row: first_of(row, doccano.TEXT_KEYS),
            lambda row: first_of(row, doccano.SPAN_KEYS),
            units=True,
        ),
        "smp": Keys(lambda row: row["text"], lambda row: row["entities"], beyond=1),
        "label_studio": Keys(
            lambda row: row["data"][columns.text],
            lambda row: row["annotations"][0]["result"] if len(row["annotations"]) == 1 else None,
        ),
    }
