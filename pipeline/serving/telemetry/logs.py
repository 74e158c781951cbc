"""Logs events to standard error, one JSON object per line; never a user's text."""

from __future__ import annotations

import contextlib
import json
import logging
import re
import sys
import uuid
from datetime import UTC, datetime
from typing import Any

import orjson

VALID_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")


def log(event: str, **fields: Any) -> None:
    """Write one event with a single call, so that lines of several threads do not mix.

    An event that cannot be written (full disk, closed pipe) is lost: requests must still be
    answered and models watched.
    """
    line = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": event, **fields}
    try:
        data = orjson.dumps(line, default=str)
    except TypeError:  # lone surrogates, as in file names that are not UTF-8
        data = json.dumps(line, default=str).encode()
    with contextlib.suppress(OSError):
        sys.stderr.buffer.write(data + b"\n")
        sys.stderr.buffer.flush()


def request_id(sent: str | None) -> str:
    """Return the id that a client sent if it is a plain word, otherwise a new one."""
    return sent if sent and VALID_ID.fullmatch(sent) else uuid.uuid4().hex


class JsonHandler(logging.Handler):
    """A logging handler that writes the records of libraries as events."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        log("log", level=record.levelname, logger=record.name, message=record.getMessage())
