"""The server's settings: frozen, picklable, the same for every part of it."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from pipeline.errors import InputError

MIB = 1024 * 1024


def _about(description: str) -> dict[str, str]:
    return {"description": description}


@dataclass(frozen=True)
class Limits:
    """Limits of a request, checked before any work is done."""

    body: int = field(default=64 * MIB, metadata=_about("Size of a request's body, in bytes."))
    inflated: int = field(
        default=100 * MIB,
        metadata=_about(
            "Size of a gzip body when decompressed, in bytes; as in TensorFlow Serving."
        ),
    )
    body_seconds: float = field(
        default=30.0, metadata=_about("Seconds from the first byte of a body to its last.")
    )
    discard_seconds: float = field(
        default=1.0, metadata=_about("Seconds of reading on after a body has turned out too large.")
    )
    header_seconds: float = field(
        default=10.0, metadata=_about("Seconds to receive the headers of a request.")
    )
    rows: int = field(
        default=4096,
        metadata=_about(
            "Rows of one request: instances, examples, or the first dimension of tensors."
        ),
    )
    elements: int = field(default=4 * MIB, metadata=_about("Values of one tensor."))
    text: int = field(
        default=64 * 1024, metadata=_about("Size of one string or serialized example, in bytes.")
    )
    padded: int = field(
        default=512 * 1024,
        metadata=_about(
            "Rows of a batch times the bytes of its longest string; memory grows with it."
        ),
    )
    waiting: int = field(
        default=512,
        metadata=_about(
            "Requests that wait for one signature; further ones are answered with status 429."
        ),
    )
    concurrent: int = field(
        default=1024, metadata=_about("Requests inside the server at the same time.")
    )
    connections: int = field(
        default=8192,
        metadata=_about("Open connections, most of them idle; further ones wait to be accepted."),
    )
    seconds: float = field(
        default=30.0, metadata=_about("Seconds to answer a request, unless the client sets fewer.")
    )


@dataclass(frozen=True)
class Settings:
    """How to serve."""

    models: Path = field(metadata=_about("Folder of `<name>/<version>/`."))
    host: str = field(default="127.0.0.1", metadata=_about("Address to listen on."))
    rest_port: int = field(default=8501, metadata=_about("Port of the REST API."))
    grpc_port: int | None = field(
        default=8500, metadata=_about("Port of gRPC; null turns it off, 0 is any free port.")
    )
    poll_seconds: float = field(
        default=1.0, metadata=_about("Seconds between two checks of `models` for versions.")
    )
    grace_seconds: float = field(
        default=30.0, metadata=_about("Seconds for requests in progress after SIGTERM.")
    )
    max_batch: int = field(
        default=32, metadata=_about("Most rows of a batch; a request with more is run alone.")
    )
    threads: int = field(
        default=4, metadata=_about("Batches of all models that are computed at the same time.")
    )
    op_threads: int = field(
        default=1,
        metadata=_about("Threads inside one TensorFlow operation; 1 is fastest for small models."),
    )
    need_manifest: bool = field(
        default=True,
        metadata=_about("Whether to reject versions that were not published by this project."),
    )
    api_keys: Path | None = field(
        default=None,
        metadata=_about("File of keys, of which clients must send one; null lets every client in."),
    )
    tls_cert: Path | None = field(
        default=None,
        metadata=_about("PEM file of the certificate chain; null means no encryption."),
    )
    tls_key: Path | None = field(
        default=None, metadata=_about("PEM file of the certificate's private key.")
    )
    cors: bool = field(
        default=False, metadata=_about("Whether pages of other origins may call the REST API.")
    )
    log_requests: bool = field(
        default=True, metadata=_about("Whether to log one line of JSON for each request.")
    )
    tracing: bool = field(
        default=False, metadata=_about("Whether to send spans of requests with OpenTelemetry.")
    )
    admin_port: int | None = field(
        default=None, metadata=_about("Port of the admin REST API; null turns it off.")
    )
    admin_grpc_port: int | None = field(
        default=None,
        metadata=_about("Port of the admin gRPC API with ReloadConfig; null turns it off."),
    )
    admin_host: str = field(
        default="127.0.0.1",
        metadata=_about("Address of both admin ports; other than loopback needs `admin_keys`."),
    )
    admin_keys: Path | None = field(
        default=None, metadata=_about("File of keys like `api_keys`, for the admin ports.")
    )
    sticky_header: str = field(
        default="x-request-id",
        metadata=_about(
            "Header (gRPC: metadata) whose value assigns a request to a version when traffic is"
            " split; without it the version is drawn at random."
        ),
    )
    shadow_folder: Path | None = field(
        default=None,
        metadata=_about(
            "Folder for the disagreements of shadow traffic, which contain users' texts; null turns"
            " shadow traffic off."
        ),
    )
    shadow_bytes: int = field(
        default=256 * MIB, metadata=_about("Size of one model's file in it, in bytes.")
    )
    limits: Limits = field(default=Limits(), metadata=_about("Limits of a request."))


def _boolean(text: str) -> bool:
    return {"true": True, "false": False}[text.lower()]


READERS: dict[str, Callable[[str], Any]] = {
    "bool": _boolean,
    "float": float,
    "int": int,
    "int | None": int,
    "Path | None": Path,
    "str": str,
}


def changed(settings: Settings, overrides: Sequence[str]) -> Settings:
    """Return the settings with some changed: `cors=true`, `limits.body=1000`.

    Raises:
        InputError: There is no such setting, or it does not accept the value.
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


def _read(group: Settings | Limits, name: str, text: str, override: str) -> Any:
    readable = {field.name: field for field in fields(group) if str(field.type) in READERS}
    if name not in readable:
        (near,) = difflib.get_close_matches(name, readable, n=1, cutoff=0.0)
        raise InputError(
            f"{override!r}: no setting {name!r}; expected {', '.join(readable)}; the nearest is"
            f" {near!r}: {readable[near].metadata['description']}"
        )
    kind, described = str(readable[name].type), readable[name].metadata["description"]
    try:
        return READERS[kind](text)
    except (KeyError, ValueError) as error:
        raise InputError(
            f"{override!r}: expected a value of type {kind}. It is: {described}"
        ) from error
