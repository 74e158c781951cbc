"""API keys, stored as digests and compared in constant time."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from pathlib import Path

from pipeline.errors import InputError
from pipeline.serving.errors import Code, ServingError

SCHEME = "bearer "
MIN_KEY_LENGTH = 16


def read_keys(file: Path) -> tuple[str, ...]:
    """Read a file with one key per line and return the keys' digests; `#` begins a comment line.

    Raises:
        InputError: The file cannot be read, has no key, or has a key that is too short.
    """
    try:
        lines = [line.strip() for line in file.read_text(encoding="utf-8").splitlines()]
    except OSError as error:
        raise InputError(
            f"{file}: {error.strerror}; expected a file with one key per line"
        ) from error
    keys = [line for line in lines if line and not line.startswith("#")]
    if not keys or min(map(len, keys)) < MIN_KEY_LENGTH:
        raise InputError(
            f"{file}: expected keys of at least {MIN_KEY_LENGTH} characters, one per line"
        )
    return tuple(digest(key) for key in keys)


def digest(key: str) -> str:
    """Return the SHA-256 of a key in hexadecimal."""
    return hashlib.sha256(key.encode()).hexdigest()


class ApiKeys:
    """The keys that a server accepts; without keys it accepts every request.

    Args:
        digests: The SHA-256 of each key.
    """

    def __init__(self, digests: Sequence[str]) -> None:
        self.digests = tuple(digests)

    def check(self, authorization: str) -> None:
        """Check the value of an Authorization header, `Bearer KEY`.

        Raises:
            ServingError: UNAUTHENTICATED; the key is missing or unknown.
        """
        if not self.digests:
            return
        sent = authorization[len(SCHEME) :] if authorization.lower().startswith(SCHEME) else ""
        given = digest(sent.strip())
        if sum(hmac.compare_digest(given, known) for known in self.digests) == 0:
            raise ServingError(
                Code.UNAUTHENTICATED,
                "Expected a header `Authorization: Bearer KEY` with a known key",
            )
