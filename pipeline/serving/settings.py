"""The server's settings: frozen, picklable, the same for every part of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

MIB = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """What a request may ask for, checked before any work is done. Sizes in bytes, times in s."""

    body: int = 64 * MIB
    inflated: int = 100 * MIB  # of a gzip body; TensorFlow Serving's own limit
    body_seconds: float = 30.0  # from the first byte of a body to its last
    discard_seconds: float = 1.0  # reading on after a body was found too large
    header_seconds: float = 10.0
    rows: int = 4096
    elements: int = 4 * MIB  # values of one tensor
    text: int = 64 * 1024  # of one string
    waiting: int = 512  # requests in the queue of one signature; more get 429
    concurrent: int = 1024  # requests inside the server
    seconds: float = 30.0  # to answer a request, unless the client gives less


@dataclass(frozen=True)
class Settings:
    """How to serve.

    Args:
        models: Folder of `<name>/<version>/`.
        host: Address to listen on.
        rest_port: Of HTTP.
        grpc_port: Of gRPC; None for no gRPC, 0 for any free one.
        poll_seconds: Between two looks at `models`.
        grace_seconds: For requests in flight after SIGTERM.
        max_batch: Rows of one run of a model; a request with more is run alone.
        threads: Batches that are computed at the same time, of all models.
        op_threads: Threads inside one op of TensorFlow. One is fastest for small models.
        need_manifest: Refuse versions that were not published by this project.
        key_digests: SHA-256 of the keys that clients must send one of; none for an open server.
        cors: Let pages of other origins call the REST API.
        log_requests: One line of JSON a request.
        limits: What a request may ask for.
    """

    models: Path
    host: str = "127.0.0.1"
    rest_port: int = 8501
    grpc_port: int | None = 8500
    poll_seconds: float = 1.0
    grace_seconds: float = 30.0
    max_batch: int = 32
    threads: int = 4
    op_threads: int = 1
    need_manifest: bool = True
    key_digests: tuple[str, ...] = ()
    cors: bool = False
    log_requests: bool = True
    limits: Limits = Limits()
