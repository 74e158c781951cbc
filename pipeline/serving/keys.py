"""API keys: kept as digests, compared in the same time whether right or wrong."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from pathlib import Path

from pipeline.errors import InputError
from pipeline.serving.errors import Code, ServingError

SCHEME = "bearer "
SHORTEST = 16


def read_keys(file: Path) -> tuple[str, ...]:
    """The digests of the keys in a file, one key a line; lines that begin with # are none.

    Raises:
        InputError: There is no such file, no key in it, or one that is easily guessed.
    """
    try:
        lines = [line.strip() for line in file.read_text(encoding="utf-8").splitlines()]
    except OSError as error:
        raise InputError(f"{file}: {error.strerror}; expected a file with a key a line") from error
    keys = [line for line in lines if line and not line.startswith("#")]
    if not keys or min(map(len, keys)) < SHORTEST:
        raise InputError(f"{file}: expected keys of at least {SHORTEST} characters, one a line")
    return tuple(digest(key) for key in keys)


def digest(key: str) -> str:
    """SHA-256 of a key, hexadecimal."""
    return hashlib.sha256(key.encode()).hexdigest()


class Keys:
    """Those that open the server; without any it is open.

    Args:
        digests: SHA-256 of each.
    """

    def __init__(self, digests: Sequence[str]) -> None:
        self.digests = tuple(digests)

    def check(self, authorization: str) -> None:
        """Lets `Bearer KEY` pass, where KEY is one of them.

        Raises:
            ServingError: UNAUTHENTICATED; HTTP 401.
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
