"""Error codes of google.rpc and the HTTP status of each (contract b1.6)."""

from __future__ import annotations

from enum import IntEnum

from pipeline.errors import PipelineError

MAX_MESSAGE_BYTES = 1024  # of UTF-8; longer messages are truncated (contract b7.5)
TRUNCATED = "...TRUNCATED"


class Code(IntEnum):
    """The codes of google.rpc.Code, which gRPC and TensorFlow share."""

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
    """An error that ends a request.

    Args:
        code: Its code.
        message: The text that the client receives.
        http_status: Overrides the HTTP status of the code, such as 413.
    """

    def __init__(self, code: Code, message: str, http_status: int | None = None) -> None:
        super().__init__(message)
        self.code, self.message = code, message
        self.http_status = http_status or HTTP_STATUS.get(code, 500)

    def __str__(self) -> str:
        """Return `INVALID_ARGUMENT: message`, the format of TensorFlow."""
        return f"{self.code.name}: {self.message}"


def invalid(message: str) -> ServingError:
    """Return an error for an invalid request: INVALID_ARGUMENT, HTTP 400."""
    return ServingError(Code.INVALID_ARGUMENT, message)


def not_found(message: str) -> ServingError:
    """Return an error for an unknown model or version: NOT_FOUND, HTTP 404."""
    return ServingError(Code.NOT_FOUND, message)


def too_large(message: str) -> ServingError:
    """Return an error for a request that exceeds a limit: INVALID_ARGUMENT, HTTP 413."""
    return ServingError(Code.INVALID_ARGUMENT, message, http_status=413)


def deadline_exceeded() -> ServingError:
    """Return an error for a request that was not answered in time: HTTP 504."""
    return ServingError(Code.DEADLINE_EXCEEDED, "The request's deadline expired")


def truncate(message: str) -> str:
    """Return the message, truncated to `MAX_MESSAGE_BYTES` of UTF-8 with a mark if it is longer."""
    encoded = message.encode("utf-8", "replace")
    if len(encoded) <= MAX_MESSAGE_BYTES:
        return message
    return encoded[:MAX_MESSAGE_BYTES].decode("utf-8", "ignore") + TRUNCATED
