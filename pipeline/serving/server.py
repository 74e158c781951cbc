"""Starts the server: a main process that holds the port, and one worker that answers requests.

The main process does not import TensorFlow. It restarts a worker that died, and on SIGTERM it lets
the worker finish the requests in flight. A worker stops when its main process is gone. REST and
gRPC share the worker, so that each model is in memory only once.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import socket
import tempfile
import threading
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from granian import Granian
from granian.constants import Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

from pipeline.errors import InputError
from pipeline.serving import memory, runtime
from pipeline.serving.keys import read_keys
from pipeline.serving.settings import Settings, changed
from pipeline.serving.telemetry import tracing
from pipeline.serving.versions.folders import list_versions

OTHER_FILES = 1024  # opened by models, gRPC and the process itself
LOOPBACK = ("127.0.0.1", "::1", "localhost")
# Read by TensorFlow when it is imported; variables that are already set take precedence.
TENSORFLOW = {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    # oneDNN keeps code and buffers for each shape and thread, so memory grows with requests.
    # docs/decisions/0021 has the gain and the cost.
    "TF_ENABLE_ONEDNN_OPTS": "0",
}
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"json": {"class": "pipeline.serving.telemetry.logs.JsonHandler"}},
    "root": {"level": "WARNING", "handlers": ["json"]},
    "loggers": {"granian.access": {"level": "ERROR"}},
}


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT.

    Raises:
        InputError: The folder of models or a file for TLS or keys is missing, or a port is in use.
    """
    _check(settings)
    _allow_connections(settings.limits.connections)
    granian = Granian(
        "pipeline.serving.app:build",
        address=settings.host,
        port=settings.rest_port,
        interface=Interfaces.ASGI,
        websockets=False,
        http1_settings=HTTP1Settings(
            header_read_timeout=int(settings.limits.header_seconds * 1000)
        ),
        backpressure=settings.limits.connections,
        ssl_cert=settings.tls_cert,
        ssl_key=settings.tls_key,
        respawn_failed_workers=True,
        workers_kill_timeout=int(settings.grace_seconds) + 10,
        log_level=LogLevels.warning,
        log_dictconfig=LOGGING,
    )
    scheme = "https" if settings.tls_cert else "http"
    print(
        f"REST {scheme}://{settings.host}:{settings.rest_port}/v1/models/<name>:predict"
        f"   gRPC {settings.host}:{settings.grpc_port}   page {scheme}://"
        f"{settings.host}:{settings.rest_port}/",
        flush=True,
    )
    granian.serve(target_loader=partial(_build, settings), wrap_loader=False)


def serve_with(
    models: Path, host: str, rest_port: int, grpc_port: int, overrides: Sequence[str]
) -> None:
    """Serve with the arguments of the command line; a negative `grpc_port` disables gRPC."""
    grpc = None if grpc_port < 0 else grpc_port
    serve(changed(Settings(models, host, rest_port, grpc), overrides))


def _check(settings: Settings) -> None:
    if not settings.models.is_dir():
        raise InputError(f"{settings.models}: no such folder; expected one of <name>/<version>/")
    _refuse_one_model(settings.models)
    if (settings.tls_cert is None) != (settings.tls_key is None):
        raise InputError("TLS needs tls_cert and tls_key; received only one of them")
    for file in (settings.tls_cert, settings.tls_key):
        if file and not file.is_file():
            raise InputError(f"{file}: no such file; expected PEM")
    if settings.tracing:
        tracing.require()
    for keys in filter(None, (settings.api_keys, settings.admin_keys)):
        read_keys(keys)
    admin_ports = (settings.admin_port, settings.admin_grpc_port)
    if any(admin_ports) and not settings.admin_keys and settings.admin_host not in LOOPBACK:
        raise InputError(
            f"admin_host={settings.admin_host}: an admin port beyond loopback needs admin_keys"
        )
    for port in filter(None, (settings.rest_port, settings.grpc_port)):
        _refuse_taken(settings.host, port)
    for port in filter(None, admin_ports):
        _refuse_taken(settings.admin_host, port)


def _refuse_one_model(folder: Path) -> None:
    """Refuse the folder of one model or version: it contains no models, so all requests get 404."""
    inside = [folder, *list_versions(folder).values()]
    if any((each / "saved_model.pb").is_file() for each in inside):
        raise InputError(
            f"{folder}: this is one model; expected the folder above it with <name>/<version>/"
        )


def _allow_connections(connections: int) -> None:
    """Raise the limit of open files, 1024 on many systems; each connection needs one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))


def _refuse_taken(host: str, port: int) -> None:
    """Refuse a port in use: Granian would share it, and each server would get half the requests."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as error:
            raise InputError(f"cannot listen on {host}:{port}: {error.strerror}") from error


def _stop_with_main_process() -> None:
    """Send SIGTERM to the worker when the main process is gone, for example after kill -9.

    Otherwise the worker would hold the ports, and the next server could not start.
    """
    main = multiprocessing.parent_process()
    if main is not None:
        main.join()
        os.kill(os.getpid(), signal.SIGTERM)


def _build(settings: Settings) -> Any:
    """Build the application in the worker; suppress what TensorFlow prints when imported."""
    memory.limit_arenas()  # before threads are started
    for name, value in TENSORFLOW.items():
        os.environ.setdefault(name, value)
    threading.Thread(target=_stop_with_main_process, name="main", daemon=True).start()
    stderr = os.dup(2)
    with tempfile.TemporaryFile() as output:
        os.dup2(output.fileno(), 2)
        try:
            with runtime.without_keras():
                from pipeline.serving.app import build
        except BaseException:
            output.seek(0)
            os.write(stderr, output.read())
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
    return build(settings)
