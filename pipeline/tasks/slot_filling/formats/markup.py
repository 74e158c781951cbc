r"""Parse and render `[value](slot)` inside a text.

Rasa has no escapes: brackets that do not mark a slot are text, and a value cannot contain `]`. In
the `inline` format, a backslash before one of ``[ ] ( ) : \`` makes it text; any other backslash is
text itself.
"""

from __future__ import annotations

import json
import re
from typing import Any

from pipeline.tasks.slot_filling.records import Span

# A value, then `(slot)`, `(slot:synonym)` or `{"entity": ..., "role": ...}`.
PLAIN = re.compile(r"\[([^\]]+?)\](?:\(([^:)]+?)(?::[^)]*)?\)|(\{[^}]+?\}))")
ESCAPED = re.compile(
    r"\\[\[\]():\\]|"  # consume escapes, so that an escaped bracket opens nothing
    r"\[((?:\\.|[^\[\]\\])+)\](?:\(((?:\\.|[^:()\\])+)(?::(?:\\.|[^()\\])*)?\)|(\{[^}]+?\}))"
)
ESCAPE = re.compile(r"\\([\[\]():\\])")
# Text that only looks like a slot is more likely a typing error than intended.
SLIP = re.compile(r"\]\(|\]\{|\[\{")


class MarkupError(ValueError):
    """Text that looks like `[value](slot)` but is not; (what is wrong, what was expected)."""

    def __init__(self, wrong: str, expected: str = "[value](slot)") -> None:
        super().__init__(f"{wrong}; expected {expected}")
        self.wrong, self.expected = wrong, expected


def parse(marked: str, escapes: bool) -> tuple[str, tuple[Span, ...]]:
    """Return the text without markup, and its spans.

    Raises:
        MarkupError: Brackets are an incomplete slot.
    """
    pieces, spans, place, length = list[str](), list[Span](), 0, 0
    for match in (ESCAPED if escapes else PLAIN).finditer(marked):
        if match[1] is None:
            continue
        before = _text(marked[place : match.start()], escapes)
        value = _unescape(match[1]) if escapes else match[1]
        start = length + len(before)
        length = start + len(value)
        spans.append(Span(_slot(match, escapes), start, length))
        pieces += [before, value]
        place = match.end()
    return "".join([*pieces, _text(marked[place:], escapes)]), tuple(spans)


def render(text: str, spans: tuple[Span, ...], escapes: bool) -> str:
    """Return the text with its non-overlapping spans marked: the inverse of `parse`.

    Without escapes, not every text can be represented: callers must parse the result and compare.
    """
    brackets, place, pieces = "[]\\" if escapes else "", 0, list[str]()
    for slot, start, end in sorted(spans, key=lambda span: span.start):
        before, value = text[place:start], text[start:end]
        pieces += [_escape(before, brackets), f"[{_escape(value, brackets)}]"]
        pieces.append(f"({_escape(slot, '():' + brackets)})" if escapes else _plain_slot(slot))
        place = end
    return "".join([*pieces, _escape(text[place:], brackets)])


def _plain_slot(slot: str) -> str:
    if not re.search(r"[():\n]", slot):
        return f"({slot})"
    return (
        "{" + json.dumps({"entity": slot}, ensure_ascii=False)[1:-1].replace("}", "\\u007d") + "}"
    )


def _slot(match: re.Match[str], escapes: bool) -> str:
    """Return the slot's name: the entity, followed by the role if there is one (`city.departure`).

    `value` and `group` are ignored.
    """
    if match[2]:
        return _unescape(match[2]) if escapes else match[2]
    expected = '{"entity": name}, optionally with "role": name'
    try:
        attributes: Any = json.loads(match[3])
    except ValueError as error:
        raise MarkupError(f"{match[3]} is not valid JSON ({error})", expected) from error
    names = [attributes.get("entity"), *([attributes["role"]] if "role" in attributes else [])]
    if not all(isinstance(name, str) and name for name in names):
        raise MarkupError(f"{match[3]} names no entity", expected)
    return ".".join(names)


def _text(piece: str, escapes: bool) -> str:
    bare = ESCAPE.sub("  ", piece) if escapes else piece
    if slip := SLIP.search(bare):
        near = piece[max(slip.start() - 20, 0) : slip.end() + 20]
        hint = "[value](slot)" + (", or \\[ and \\] for brackets in the text" if escapes else "")
        raise MarkupError(f"{near!r} is an incomplete slot", hint)
    return _unescape(piece) if escapes else piece


def _escape(text: str, characters: str) -> str:
    return "".join(f"\\{c}" if c in characters else c for c in text)


def _unescape(text: str) -> str:
    return ESCAPE.sub(r"\1", text)
