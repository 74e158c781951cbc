"""What a REST path asks for (contract b1.1 to b1.5).

Paths are matched whole, with their query string, and without regard to case.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from pipeline.serving.errors import ServingError, invalid
from pipeline.serving.versions.traffic import Target

WHICH = r"(?:/versions/(?P<version>[0-9]+)|/labels/(?P<label>[^/:]+))?"
POST = re.compile(rf"/v1/models/(?P<name>[^/:]+){WHICH}:(?P<verb>classify|regress|predict)", re.I)
GET = re.compile(rf"/v1/models(?:/(?P<name>[^/:]+))?{WHICH}(?:/(?P<verb>metadata))?", re.I)
VERBS = frozenset({"classify", "regress", "predict", "metadata", "status"})
LARGEST = 2**63 - 1


@dataclass(frozen=True)
class Call:
    """A verb and what it is asked of."""

    verb: str
    target: Target


def parse(method: str, path: str) -> Call:
    """Reads a request's line.

    Args:
        method: GET, POST, ...
        path: As it was sent: percent-encoded, with its query string; a letter a byte (Latin-1).

    Raises:
        ServingError: INVALID_ARGUMENT, in TensorFlow Serving's words.
    """
    pattern = {"POST": POST, "GET": GET}.get(method)
    match = pattern.fullmatch(path) if pattern else None
    if match is None:
        raise _malformed(method, path)
    verb = match["verb"] or "status"
    if verb not in VERBS:  # the pattern takes :PREDICT, the table of verbs does not
        raise _malformed(method, path)
    if match["name"] is None:
        raise invalid("Missing model name in request.")
    label = None if match["label"] is None else _decoded(match["label"])
    return Call(verb, Target(_decoded(match["name"]), _number(match["version"]), label))


def _malformed(method: str, path: str) -> ServingError:
    return invalid(f"Malformed request: {method} {path}")


def _decoded(text: str) -> str:
    """Only ever a key to look up, never a part of a file's path."""
    return unquote_to_bytes(text.encode("latin-1")).decode("utf-8", "replace")


def _number(digits: str | None) -> int | None:
    if digits is None:
        return None
    significant = digits.lstrip("0") or "0"  # Python reads no more than 4300 digits, zeros or not
    if len(significant) > len(str(LARGEST)) or int(significant) > LARGEST:
        raise invalid(f"Failed to convert version: {digits} to numeric.")
    return int(significant)
