"""The ASGI application: REST under `/v1/`, health, metrics, and what starts and ends with it."""

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

from pipeline.serving import runtime
from pipeline.serving.grpc import server as grpc_server
from pipeline.serving.http import admin_app, openapi, page
from pipeline.serving.http.rest_app import Receive, RestApp, Scope, Send
from pipeline.serving.settings import Settings
from pipeline.serving.state import Server
from pipeline.serving.telemetry import logs
from pipeline.serving.versions import memory

METRICS_PATH = "/monitoring/prometheus/metrics"


class App:
    """Sends what begins with `/v1/` to REST, past all that the other pages need."""

    def __init__(self, server: Server) -> None:
        self.rest, self.pages = RestApp(server), pages(server)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] == "http" and scope["path"][:4].lower() == "/v1/":
            await self.rest(scope, receive, send)
        else:
            await self.pages(scope, receive, send)


def build(settings: Settings) -> App:
    """Everything for one worker process; nothing is loaded before the application starts."""
    logging.getLogger("absl").addFilter(lambda record: record.levelno >= logging.ERROR)
    tf.config.threading.set_intra_op_parallelism_threads(settings.op_threads)
    runtime.register_text_ops()
    app = App(Server(settings))
    memory.settle_in()
    return app


def pages(server: Server) -> Starlette:
    """The page, health and metrics, and the lifespan of models and gRPC."""

    async def livez(_: Request) -> Response:
        return PlainTextResponse("ok")

    async def readyz(_: Request) -> Response:
        return readiness(server)

    async def prometheus(_: Request) -> Response:
        return Response(server.metrics.page(), media_type="text/plain")

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
async def lifespan(server: Server) -> AsyncIterator[None]:
    """Models are loaded while the ports are open already, so that a probe gets its answer."""
    server.models.watch(server.settings.poll_seconds)
    served = [grpc_server.start(server), grpc_server.start_admin(server)]
    pages = admin_app.pages(server.admin, server.admin_keys, server.limits)
    admin = admin_app.listener(pages, server.settings)
    listening = None if admin is None else asyncio.create_task(admin.serve())
    yield
    server.draining = True
    logs.log("draining")
    if admin is not None and listening is not None:
        admin.stop()  # type: ignore[no-untyped-call]
        await listening
    for calls in filter(None, served):
        await asyncio.to_thread(grpc_server.stop, calls, server.settings.grace_seconds)
    await asyncio.to_thread(server.models.stop)
    await asyncio.to_thread(server.executor.shutdown)
    await asyncio.to_thread(server.shadow.stop)
    if server.spans is not None:
        await asyncio.to_thread(server.spans.stop)
    logs.log("stopped")


def readiness(server: Server) -> JSONResponse:
    """200 where requests are answered, even if something is wrong with some model."""
    trouble = server.models.ready()
    models = {
        model.name: {
            "serving": sorted(model.engines),
            "quarantined": {str(n): q.reason for n, q in model.quarantine.items()},
            "trouble": server.models.trouble(model),
        }
        for model in server.models.by_name.values()
    }
    degraded = any(m["quarantined"] or m["trouble"] or not m["serving"] for m in models.values())
    status = "degraded" if degraded else "ready"
    if server.draining or trouble:
        status = "draining" if server.draining else "not ready"
    body = {"status": status, "models": models}
    if trouble:
        body["reason"] = trouble.message
    return JSONResponse(body, 503 if server.draining or trouble else 200)
