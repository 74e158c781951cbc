"""Bytes to a JSON object, as TensorFlow Serving's parser takes them (contract b2.1, b2.2).

orjson reads what is plain JSON; the rest takes the slow path: NaN and infinities, bytes after the
first value, and keys that stand twice, of which the first counts.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any

import orjson

from pipeline.serving.errors import ServingError, invalid

SHOWN = 256  # bytes of a value in an error
DEEPEST = 512  # lists and objects inside each other
KEY = re.compile(rb'"\s*:')
# A string may lack its end; it is still one token, and no part of it is looked at again (`*+`).
# Else "\"\"\"... would take time by the square of its length, and a long string 118 bytes a letter.
STRING = r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)'
TOKEN = re.compile(rf"{STRING}|-?\bInf\b|[\[\]{{}}]", re.DOTALL)
KINDS = {type(None): "Null", dict: "Object", list: "Array", str: "String"}
KINDS |= {int: "Number", float: "Number"}


def parse_object(body: bytes) -> dict[str, Any]:
    """Reads the object that a request's body holds.

    Raises:
        ServingError: INVALID_ARGUMENT; the body is empty, no JSON, or no object.
    """
    if not body:
        raise _parse_error("The document is empty")
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        value = _parse_slowly(body)
    else:
        if isinstance(value, dict) and _may_repeat_keys(body, value):
            value = _parse_slowly(body)
    if not isinstance(value, dict):
        raise invalid(f"JSON Value: {shown(value)} Is not object")
    return value


def shown(value: Any) -> str:
    """A JSON value for an error: at most `SHOWN` bytes."""
    try:
        text = json.dumps(value, ensure_ascii=False)
    except RecursionError:
        text = "[[...]]"
    encoded = text.encode("utf-8", "replace")
    return text if len(encoded) <= SHOWN else encoded[:SHOWN].decode("utf-8", "ignore") + "..."


def kind(value: Any) -> str:
    """The name of a JSON value's type, as errors give it."""
    return str(value) if isinstance(value, bool) else KINDS[type(value)]


def _parse_error(reason: str, offset: int | None = None) -> ServingError:
    where = "" if offset is None else f" at offset: {offset}"
    return invalid(f"JSON Parse error: {reason}{where}")


def _may_repeat_keys(body: bytes, value: dict[str, Any]) -> bool:
    """True if more `":` stand in the text than keys came out of it.

    A colon that begins a string counts, too; then the slow path is taken for nothing.
    """
    written = sum(1 for _ in KEY.finditer(body))
    return written > len(value) and written > _count_keys(value)


def _count_keys(value: Any) -> int:
    count, waiting = 0, [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            count += len(item)
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(inner for inner in item if isinstance(inner, list | dict))
    return count


def _parse_slowly(body: bytes) -> Any:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _parse_error("Invalid UTF-8", error.start) from error
    text = "".join(_plain_tokens(text)).lstrip(" \t\n\r")
    try:
        value, _ = DECODER.raw_decode(text)
        _refuse_lone_surrogates(text, value)
    except json.JSONDecodeError as error:
        raise _parse_error(error.msg, error.pos) from error
    except RecursionError as error:
        raise _parse_error("Nested too deeply") from error
    except ValueError as error:
        raise _parse_error("Number too big to be stored in double") from error
    return value


def _plain_tokens(text: str) -> Iterator[str]:
    """The text with `Inf` written as Python reads it; refuses what is nested too deeply."""
    depth = end = 0
    for match in TOKEN.finditer(text):
        token = match[0]
        if token in ("[", "{"):
            depth += 1
            if depth > DEEPEST:
                raise _parse_error("Nested too deeply", match.start())
        elif token in ("]", "}"):
            depth -= 1
        elif not token.startswith('"'):
            yield text[end : match.start()]
            yield token + "inity"
            end = match.end()
        if depth < 0:
            break
    yield text[end:]


def _first_wins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read: dict[str, Any] = {}
    for key, value in pairs:
        read.setdefault(key, value)
    return read


def _float(text: str) -> float:
    value = float(text)
    if math.isinf(value):  # Infinity itself does not come here
        raise ValueError(text)
    return value


DECODER = json.JSONDecoder(object_pairs_hook=_first_wins, parse_float=_float)


def _refuse_lone_surrogates(text: str, value: Any) -> None:
    """Half a character has no UTF-8, and no tensor could hold it."""
    if "\\ud" not in text.lower():
        return
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError as error:
        reason = "The surrogate pair in string is invalid"
        raise _parse_error(reason, error.start) from error
