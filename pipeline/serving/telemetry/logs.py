"""One line of JSON an event, on standard error; never a user's text."""

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

GOOD_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")


def log(event: str, **facts: Any) -> None:
    """Writes one event, whole even where threads write at once.

    Where it cannot be written, on a full disk or to a reader that left, it is lost: that is no
    reason not to answer a request, nor to stop watching the models.
    """
    line = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": event, **facts}
    try:
        data = orjson.dumps(line, default=str)
    except TypeError:  # half surrogates, as names of files that are not UTF-8 have
        data = json.dumps(line, default=str).encode()
    with contextlib.suppress(OSError):
        sys.stderr.buffer.write(data + b"\n")
        sys.stderr.buffer.flush()


def request_id(given: str | None) -> str:
    """The id that a client gave, if it is a plain word; else a new one."""
    return given if given and GOOD_ID.fullmatch(given) else uuid.uuid4().hex


class JsonHandler(logging.Handler):
    """What libraries log, as events."""

    def emit(self, record: logging.LogRecord) -> None:
        """Writes a record."""
        log("log", level=record.levelname, logger=record.name, message=record.getMessage())
