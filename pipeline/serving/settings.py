"""The server's settings: frozen, picklable, the same for every part of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from pipeline.errors import InputError

MIB = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """What a request may ask for, checked before any work is done. Sizes in bytes, times in s."""

    body: int = 64 * MIB
    inflated: int = 100 * MIB  # of a gzip body; TensorFlow Serving's own limit
    body_seconds: float = 30.0  # from the first byte of a body to its last
    discard_seconds: float = 1.0  # reading on after a body was found too large
    header_seconds: float = 10.0
    rows: int = 4096  # of one request: instances, examples, the first dimension of tensors
    elements: int = 4 * MIB  # values of one tensor
    text: int = 64 * 1024  # of one string, and of one serialized example
    padded: int = 512 * 1024  # rows of a run times its longest string: memory grows with it
    waiting: int = 512  # requests in the queue of one signature; more get 429
    concurrent: int = 1024  # requests inside the server
    connections: int = 8192  # open at once, most of them idle; the next wait to be accepted
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
        api_keys: File of the keys that clients must send one of; None for an open server.
        tls_cert: PEM file of the certificate chain; None for plain HTTP and gRPC.
        tls_key: PEM file of its key.
        cors: Let pages of other origins call the REST API.
        log_requests: One line of JSON a request.
        tracing: Spans of requests for OpenTelemetry.
        admin_port: Of the administrator's HTTP; None for none.
        admin_grpc_port: Of gRPC with ReloadConfig; None for none.
        admin_host: Address of both. Another than loopback needs `admin_keys`.
        admin_keys: As `api_keys`, for the administrator alone.
        sticky_header: Whose value decides a request's share of split traffic (gRPC: metadata);
            without it each request is dealt by chance.
        shadow_folder: Where disagreements of shadow traffic are written, with users' texts; None
            for no shadow traffic.
        shadow_bytes: Of one model's file there.
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
    api_keys: Path | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None
    cors: bool = False
    log_requests: bool = True
    tracing: bool = False
    admin_port: int | None = None
    admin_grpc_port: int | None = None
    admin_host: str = "127.0.0.1"
    admin_keys: Path | None = None
    sticky_header: str = "x-request-id"
    shadow_folder: Path | None = None
    shadow_bytes: int = 256 * MIB
    limits: Limits = Limits()


def _truth(text: str) -> bool:
    return {"true": True, "false": False}[text.lower()]


READERS: dict[str, Callable[[str], Any]] = {
    "bool": _truth,
    "float": float,
    "int": int,
    "int | None": int,
    "Path | None": Path,
    "str": str,
}


def changed(settings: Settings, overrides: Sequence[str]) -> Settings:
    """The settings with some changed: `cors=true`, `limits.body=1000`.

    Raises:
        InputError: No such setting, or no such value.
    """
    for override in overrides:
        name, equals, text = override.partition("=")
        inner, of_limits = name.removeprefix("limits."), name.startswith("limits.")
        value = _read(settings.limits if of_limits else settings, inner, text, override)
        if not equals:
            raise InputError(f"{override!r}: expected NAME=VALUE")
        if of_limits:
            settings = replace(settings, limits=replace(settings.limits, **{inner: value}))
        else:
            settings = replace(settings, **{inner: value})
    return settings


def _read(record: Any, name: str, text: str, override: str) -> Any:
    kinds = {field.name: str(field.type) for field in fields(record)}
    readable = {key: kind for key, kind in kinds.items() if kind in READERS}
    if name not in readable:
        raise InputError(f"{override!r}: no setting {name!r}; expected {', '.join(readable)}")
    try:
        return READERS[readable[name]](text)
    except (KeyError, ValueError) as error:
        raise InputError(f"{override!r}: expected a value of type {readable[name]}") from error
