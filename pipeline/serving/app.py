"""The ASGI application: REST under `/v1/`, health, metrics, and the lifespan of the server."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import tensorflow as tf
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from pipeline.serving import memory, runtime
from pipeline.serving.grpc import server as grpc_server
from pipeline.serving.http import admin_app, openapi, page
from pipeline.serving.http.rest_app import Receive, RestApp, Scope, Send
from pipeline.serving.settings import Settings
from pipeline.serving.state import ServerState
from pipeline.serving.telemetry import logs

METRICS_PATH = "/monitoring/prometheus/metrics"


class App:
    """An ASGI application that routes `/v1/` straight to REST and everything else to Starlette."""

    def __init__(self, server: ServerState) -> None:
        self.rest, self.pages = RestApp(server), build_pages(server)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI event."""
        if scope["type"] == "http" and scope["path"][:4].lower() == "/v1/":
            await self.rest(scope, receive, send)
        else:
            await self.pages(scope, receive, send)


def build(settings: Settings) -> App:
    """Build the application of a worker process; models are loaded when its lifespan starts."""
    logging.getLogger("absl").addFilter(lambda record: record.levelno >= logging.ERROR)
    tf.config.threading.set_intra_op_parallelism_threads(settings.op_threads)
    runtime.register_text_ops()
    app = App(ServerState(settings))
    memory.freeze_loaded_objects()
    return app


def build_pages(server: ServerState) -> Starlette:
    """Build the routes outside `/v1/`; their lifespan starts and stops models and gRPC."""

    async def livez(_: Request) -> Response:
        return PlainTextResponse("ok")

    async def readyz(_: Request) -> Response:
        return readiness(server)

    async def prometheus(_: Request) -> Response:
        return Response(server.metrics.render(), media_type="text/plain")

    async def description(_: Request) -> Response:
        return JSONResponse(openapi.document())

    routes = [
        *page.routes(server),
        Route("/openapi.json", description),
        Route("/livez", livez),
        Route("/readyz", readyz),
        Route(METRICS_PATH, prometheus),
    ]
    return Starlette(routes=routes, lifespan=lambda _: lifespan(server))


@asynccontextmanager
async def lifespan(server: ServerState) -> AsyncIterator[None]:
    """Start everything, and stop it after SIGTERM.

    Models are loaded after the ports are open, so that probes are answered meanwhile.
    """
    server.models.watch(server.settings.poll_seconds)
    grpc_servers = [grpc_server.start(server), grpc_server.start_admin(server)]
    pages = admin_app.build_app(server.admin, server.admin_keys, server.limits)
    admin = admin_app.embedded_server(pages, server.settings)
    admin_task = None if admin is None else asyncio.create_task(admin.serve())
    yield
    server.draining = True
    logs.log("draining")
    if admin is not None and admin_task is not None:
        admin.stop()  # type: ignore[no-untyped-call]
        await admin_task
    for running in filter(None, grpc_servers):
        await asyncio.to_thread(grpc_server.stop, running, server.settings.grace_seconds)
    await asyncio.to_thread(server.models.stop)
    await asyncio.to_thread(server.executor.shutdown)
    await asyncio.to_thread(server.shadow.stop)
    if server.spans is not None:
        await asyncio.to_thread(server.spans.stop)
    logs.log("stopped")


def readiness(server: ServerState) -> JSONResponse:
    """Return 200 if requests can be answered, even if some model has problems; else 503."""
    reason = server.models.not_ready_reason()
    models = {
        model.name: {
            "serving": sorted(model.engines),
            "quarantined": {str(n): q.reason for n, q in model.quarantine.items()},
            "trouble": server.models.problems(model),
        }
        for model in server.models.by_name.values()
    }
    degraded = any(m["quarantined"] or m["trouble"] or not m["serving"] for m in models.values())
    status = "degraded" if degraded else "ready"
    if server.draining or reason:
        status = "draining" if server.draining else "not ready"
    body = {"status": status, "models": models}
    if reason:
        body["reason"] = reason.message
    return JSONResponse(body, 503 if server.draining or reason else 200)
