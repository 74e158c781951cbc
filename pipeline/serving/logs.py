"""One line of JSON an event, on standard error; never a user's text."""

from __future__ import annotations

import logging
import re
import sys
import uuid
from datetime import UTC, datetime
from typing import Any

import orjson

GOOD_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")


def log(event: str, **facts: Any) -> None:
    """Writes one event, whole even where threads write at once."""
    line = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": event, **facts}
    sys.stderr.buffer.write(orjson.dumps(line, default=str) + b"\n")
    sys.stderr.buffer.flush()


def request_id(given: str | None) -> str:
    """The id that a client gave, if it is a plain word; else a new one."""
    return given if given and GOOD_ID.fullmatch(given) else uuid.uuid4().hex


class JsonHandler(logging.Handler):
    """What libraries log, as events."""

    def emit(self, record: logging.LogRecord) -> None:
        """Writes a record."""
        log("log", level=record.levelname, logger=record.name, message=record.getMessage())
