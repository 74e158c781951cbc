"""Parses REST paths (contract b1.1 to b1.5).

A pattern must match the whole path with its query string; case is ignored.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from pipeline.serving.errors import ServingError, invalid
from pipeline.serving.versions.traffic import Target

VERSION = r"(?:/versions/(?P<version>[0-9]+)|/labels/(?P<label>[^/:]+))?"
POST = re.compile(rf"/v1/models/(?P<name>[^/:]+){VERSION}:(?P<verb>classify|regress|predict)", re.I)
GET = re.compile(rf"/v1/models(?:/(?P<name>[^/:]+))?{VERSION}(?:/(?P<verb>metadata))?", re.I)
VERBS = frozenset({"classify", "regress", "predict", "metadata", "status"})
MAX_VERSION = 2**63 - 1


@dataclass(frozen=True)
class RestCall:
    """A verb and the model that it addresses."""

    verb: str
    target: Target


def parse_path(method: str, path: str) -> RestCall:
    """Parse the method and path of a request.

    Args:
        method: GET, POST, ...
        path: The path as sent: percent-encoded, with its query string, one character per byte
            (Latin-1).

    Raises:
        ServingError: INVALID_ARGUMENT, with TensorFlow Serving's message.
    """
    pattern = {"POST": POST, "GET": GET}.get(method)
    match = pattern.fullmatch(path) if pattern else None
    if match is None:
        raise _malformed(method, path)
    verb = match["verb"] or "status"
    if verb not in VERBS:  # the pattern matches :PREDICT, the set of verbs does not contain it
        raise _malformed(method, path)
    if match["name"] is None:
        raise invalid("Missing model name in request.")
    label = None if match["label"] is None else _decoded(match["label"])
    return RestCall(verb, Target(_decoded(match["name"]), _number(match["version"]), label))


def _malformed(method: str, path: str) -> ServingError:
    return invalid(f"Malformed request: {method} {path}")


def _decoded(text: str) -> str:
    """Decode a name; it is only used as a dictionary key, never as part of a file's path."""
    return unquote_to_bytes(text.encode("latin-1")).decode("utf-8", "replace")


def _number(digits: str | None) -> int | None:
    if digits is None:
        return None
    significant = digits.lstrip("0") or "0"  # int() rejects more than 4300 digits, zeros included
    if len(significant) > len(str(MAX_VERSION)) or int(significant) > MAX_VERSION:
        raise invalid(f"Failed to convert version: {digits} to numeric.")
    return int(significant)
