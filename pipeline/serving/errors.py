"""What a request can end in: google.rpc's codes, and the HTTP status of each (contract b1.6)."""

from __future__ import annotations

from enum import IntEnum

from pipeline.errors import PipelineError

LONGEST_MESSAGE = 1024  # bytes; what is longer is cut (contract b7.5)
CUT = "...TRUNCATED"


class Code(IntEnum):
    """The numbers of google.rpc.Code, which gRPC and TensorFlow share."""

    OK = 0
    CANCELLED = 1
    UNKNOWN = 2
    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    ABORTED = 10
    OUT_OF_RANGE = 11
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14
    DATA_LOSS = 15
    UNAUTHENTICATED = 16


HTTP_STATUS = {
    Code.OK: 200,
    Code.INVALID_ARGUMENT: 400,
    Code.FAILED_PRECONDITION: 400,
    Code.OUT_OF_RANGE: 400,
    Code.UNAUTHENTICATED: 401,
    Code.PERMISSION_DENIED: 403,
    Code.NOT_FOUND: 404,
    Code.ALREADY_EXISTS: 409,
    Code.ABORTED: 409,
    Code.RESOURCE_EXHAUSTED: 429,
    Code.CANCELLED: 499,
    Code.UNIMPLEMENTED: 501,
    Code.UNAVAILABLE: 503,
    Code.DEADLINE_EXCEEDED: 504,
}


class ServingError(PipelineError):
    """A request that is refused or failed.

    Args:
        code: What it ended in.
        message: For the client.
        http_status: Where HTTP knows better than the code's own status (413).
    """

    def __init__(self, code: Code, message: str, http_status: int | None = None) -> None:
        super().__init__(message)
        self.code, self.message = code, message
        self.http_status = http_status or HTTP_STATUS.get(code, 500)

    def __str__(self) -> str:
        """As TensorFlow writes a status: `INVALID_ARGUMENT: message`."""
        return f"{self.code.name}: {self.message}"


def invalid(message: str) -> ServingError:
    """The client's fault, INVALID_ARGUMENT: HTTP 400."""
    return ServingError(Code.INVALID_ARGUMENT, message)


def not_found(message: str) -> ServingError:
    """No such model or version: HTTP 404."""
    return ServingError(Code.NOT_FOUND, message)


def too_large(message: str) -> ServingError:
    """More than a limit allows, told before any work is done: HTTP 413."""
    return ServingError(Code.INVALID_ARGUMENT, message, http_status=413)


def cut(message: str) -> str:
    """A message of at most `LONGEST_MESSAGE` bytes of UTF-8, and a mark where it was cut."""
    encoded = message.encode("utf-8", "replace")
    if len(encoded) <= LONGEST_MESSAGE:
        return message
    return encoded[:LONGEST_MESSAGE].decode("utf-8", "ignore") + CUT
