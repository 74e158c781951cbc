"""Parses a JSON object as TensorFlow Serving's parser does (contract b2.1, b2.2).

orjson reads plain JSON. A slow path reads the rest: NaN and infinities, bytes after the first
value, and repeated keys, of which the first counts.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator

import orjson

from pipeline.serving.errors import ServingError, invalid

MAX_QUOTED_BYTES = 256  # of a JSON value in an error
MAX_DEPTH = 512  # of nested lists and objects
KEY = re.compile(rb'"\s*:')
# An unterminated string is one token, too, and possessive quantifiers (`*+`) prevent backtracking.
# Otherwise "\"\"\"... takes quadratic time, and a long string 118 bytes per character.
STRING = r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)'
TOKEN = re.compile(rf"{STRING}|-?\bInf\b|[\[\]{{}}]", re.DOTALL)
KINDS = {type(None): "Null", dict: "Object", list: "Array", str: "String"}
KINDS |= {int: "Number", float: "Number"}


def parse_object(body: bytes) -> dict[str, object]:
    """Parse the JSON object in a request's body.

    Raises:
        ServingError: INVALID_ARGUMENT; the body is empty, not JSON, or not an object.
    """
    if not body:
        raise _parse_error("The document is empty")
    value: object
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        value = _parse_slowly(body)
    else:
        if isinstance(value, dict) and _may_repeat_keys(body, value):
            value = _parse_slowly(body)
    if not isinstance(value, dict):
        raise invalid(f"JSON Value: {abbreviate(value)} Is not object")
    return value


def abbreviate(value: object) -> str:
    """Quote a JSON value in an error with at most `MAX_QUOTED_BYTES` bytes."""
    try:
        text = json.dumps(value, ensure_ascii=False)
    except RecursionError:
        text = "[[...]]"
    encoded = text.encode("utf-8", "replace")
    return (
        text
        if len(encoded) <= MAX_QUOTED_BYTES
        else encoded[:MAX_QUOTED_BYTES].decode("utf-8", "ignore") + "..."
    )


def json_type(value: object) -> str:
    """Return the name of a JSON value's type for errors."""
    return str(value) if isinstance(value, bool) else KINDS[type(value)]


def _parse_error(reason: str, offset: int | None = None) -> ServingError:
    where = "" if offset is None else f" at offset: {offset}"
    return invalid(f"JSON Parse error: {reason}{where}")


def _may_repeat_keys(body: bytes, value: dict[str, object]) -> bool:
    """Whether the text has more `":` than the value has keys.

    A string that begins with a colon counts, too; the slow path is then taken needlessly.
    """
    written = sum(1 for _ in KEY.finditer(body))
    return written > len(value) and written > _count_keys(value)


def _count_keys(value: object) -> int:
    count = 0
    stack: list[object] = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            count += len(item)
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(inner for inner in item if isinstance(inner, list | dict))
    return count


def _parse_slowly(body: bytes) -> object:
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
    """Replace `Inf` by Python's `Infinity`; refuse text that is nested too deeply."""
    depth = end = 0
    for match in TOKEN.finditer(text):
        token = match[0]
        if token in ("[", "{"):
            depth += 1
            if depth > MAX_DEPTH:
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


def _keep_first(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result: dict[str, object] = {}
    for key, value in pairs:
        result.setdefault(key, value)
    return result


def _float(text: str) -> float:
    value = float(text)
    if math.isinf(value):  # the decoder handles the literal Infinity elsewhere
        raise ValueError(text)
    return value


DECODER = json.JSONDecoder(object_pairs_hook=_keep_first, parse_float=_float)


def _refuse_lone_surrogates(text: str, value: object) -> None:
    """Refuse lone surrogates, which have no UTF-8 encoding."""
    if "\\ud" not in text.lower():
        return
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError as error:
        reason = "The surrogate pair in string is invalid"
        raise _parse_error(reason, error.start) from error
