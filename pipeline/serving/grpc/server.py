"""The gRPC servers, their limits, and the health service."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from tensorflow_serving.apis import model_service_pb2_grpc, prediction_service_pb2_grpc

from pipeline.errors import InputError
from pipeline.serving.grpc.model_service import ModelService
from pipeline.serving.grpc.prediction_service import PredictionService
from pipeline.serving.settings import Settings
from pipeline.serving.state import ServerState

THREADS = 64  # each blocks on one call
SERVICES = (
    "",
    "ModelService",
    "PredictionService",
    "tensorflow.serving.ModelService",
    "tensorflow.serving.PredictionService",
)


class Health(health.HealthServicer):
    """A health service with Check but without Watch.

    The library's Watch sends while it holds the lock that the end of a Watch waits for, in the one
    thread that also completes sends. A few clients that disconnected at the wrong moment blocked
    all of gRPC and the watcher of versions permanently. Watch also stores every service name that a
    client invents, and its endless stream delays shutdown until the grace period ends. By the
    protocol, a client that gets UNIMPLEMENTED from Watch assumes that the server is healthy.
    """

    def Watch(self, request: Any, context: Any, send_response_callback: Any = None) -> Any:  # noqa: N802
        """Abort with UNIMPLEMENTED."""
        context.abort(grpc.StatusCode.UNIMPLEMENTED, "Watch is not supported; use Check")


def start(server: ServerState) -> Any | None:
    """Start the gRPC server for clients; return None if the settings disable it.

    Raises:
        InputError: The port is in use.
    """
    port = server.settings.grpc_port
    if port is None:
        return None
    grpc_server = _new_server(THREADS, server)
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(
        PredictionService(server), grpc_server
    )
    models = ModelService(server, server.keys)
    model_service_pb2_grpc.add_ModelServiceServicer_to_server(models, grpc_server)
    servicer = Health(experimental_non_blocking=False)
    health_pb2_grpc.add_HealthServicer_to_server(servicer, grpc_server)
    server.models.after_poll = lambda: _set_health(servicer, server)
    return _listen(grpc_server, f"{server.settings.host}:{port}", server.settings)


def start_admin(server: ServerState) -> Any | None:
    """Start the administrator's ModelService with ReloadConfig; return None if it is disabled.

    Raises:
        InputError: The port is in use.
    """
    port = server.settings.admin_grpc_port
    if port is None:
        return None
    grpc_server = _new_server(1, server)
    models = ModelService(server, server.admin_keys, server.admin)
    model_service_pb2_grpc.add_ModelServiceServicer_to_server(models, grpc_server)
    return _listen(grpc_server, f"{server.settings.admin_host}:{port}", server.settings)


def _new_server(threads: int, server: ServerState) -> Any:
    return grpc.server(
        ThreadPoolExecutor(threads, "grpc"),
        options=[
            ("grpc.max_receive_message_length", server.limits.body),
            ("grpc.max_send_message_length", -1),
            ("grpc.so_reuseport", 0),
        ],
        maximum_concurrent_rpcs=server.limits.concurrent,
    )


def _listen(grpc_server: Any, address: str, settings: Settings) -> Any:
    try:
        if settings.tls_cert is None or settings.tls_key is None:
            grpc_server.add_insecure_port(address)
        else:
            pair = (settings.tls_key.read_bytes(), settings.tls_cert.read_bytes())
            grpc_server.add_secure_port(address, grpc.ssl_server_credentials([pair]))
    except RuntimeError as error:
        raise InputError(f"gRPC cannot listen on {address}; is the port in use?") from error
    grpc_server.start()
    return grpc_server


def _set_health(servicer: Any, server: ServerState) -> None:
    serving = server.models.not_ready_reason() is None
    status = health_pb2.HealthCheckResponse
    for name in SERVICES:
        servicer.set(name, status.SERVING if serving else status.NOT_SERVING)


def stop(grpc_server: Any, grace_seconds: float) -> None:
    """Refuse new calls and wait for those in flight."""
    grpc_server.stop(grace_seconds).wait()
