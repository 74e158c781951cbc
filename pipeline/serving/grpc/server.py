"""The gRPC face: its server, its limits, and the health service."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from tensorflow_serving.apis import model_service_pb2_grpc, prediction_service_pb2_grpc

from pipeline.errors import InputError
from pipeline.serving.grpc.models import ModelService
from pipeline.serving.grpc.prediction import PredictionService
from pipeline.serving.settings import Settings
from pipeline.serving.state import Server

THREADS = 64  # each waits for one answer
SERVICES = (
    "",
    "ModelService",
    "PredictionService",
    "tensorflow.serving.ModelService",
    "tensorflow.serving.PredictionService",
)


class Health(health.HealthServicer):
    """Tells who asks; whoever wants to be told of each change is refused.

    The library's Watch sends while it holds the lock that the end of a Watch waits for, in the one
    thread that also completes what is sent: a few clients that left at the wrong moment stopped
    all of gRPC and the watcher of versions for good. It also keeps each name that a client makes
    up, and a stream without end keeps a draining server until its grace is over. By the protocol
    a client whose Watch is UNIMPLEMENTED takes the server as healthy.
    """

    def Watch(self, request: Any, context: Any, send_response_callback: Any = None) -> Any:  # noqa: N802
        """UNIMPLEMENTED."""
        context.abort(grpc.StatusCode.UNIMPLEMENTED, "Health is told by Check; there is no Watch")


def start(server: Server) -> Any | None:
    """A running gRPC server, or None where the settings ask for none.

    Raises:
        InputError: The port is taken.
    """
    port = server.settings.grpc_port
    if port is None:
        return None
    calls = _new(THREADS, server)
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(
        PredictionService(server), calls
    )
    models = ModelService(server, server.keys)
    model_service_pb2_grpc.add_ModelServiceServicer_to_server(models, calls)
    servicer = Health(experimental_non_blocking=False)
    health_pb2_grpc.add_HealthServicer_to_server(servicer, calls)
    server.models.after_poll = lambda: _tell_health(servicer, server)
    return _started(calls, f"{server.settings.host}:{port}", server.settings)


def start_admin(server: Server) -> Any | None:
    """The administrator's ModelService, which takes ReloadConfig; None for none.

    Raises:
        InputError: The port is taken.
    """
    port = server.settings.admin_grpc_port
    if port is None:
        return None
    calls = _new(1, server)
    models = ModelService(server, server.admin_keys, server.admin)
    model_service_pb2_grpc.add_ModelServiceServicer_to_server(models, calls)
    return _started(calls, f"{server.settings.admin_host}:{port}", server.settings)


def _new(threads: int, server: Server) -> Any:
    return grpc.server(
        ThreadPoolExecutor(threads, "grpc"),
        options=[
            ("grpc.max_receive_message_length", server.limits.body),
            ("grpc.max_send_message_length", -1),
            ("grpc.so_reuseport", 0),
        ],
        maximum_concurrent_rpcs=server.limits.concurrent,
    )


def _started(calls: Any, address: str, settings: Settings) -> Any:
    try:
        if settings.tls_cert is None or settings.tls_key is None:
            calls.add_insecure_port(address)
        else:
            pair = (settings.tls_key.read_bytes(), settings.tls_cert.read_bytes())
            calls.add_secure_port(address, grpc.ssl_server_credentials([pair]))
    except RuntimeError as error:
        raise InputError(f"gRPC cannot listen on {address}; is the port taken?") from error
    calls.start()
    return calls


def _tell_health(servicer: Any, server: Server) -> None:
    serving = server.models.ready() is None
    status = health_pb2.HealthCheckResponse
    for name in SERVICES:
        servicer.set(name, status.SERVING if serving else status.NOT_SERVING)


def stop(calls: Any, grace_seconds: float) -> None:
    """Takes no more calls, and waits for those in flight."""
    calls.stop(grace_seconds).wait()
