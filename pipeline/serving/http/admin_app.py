"""The administrator's HTTP interface, on a port of its own that is closed by default.

GET /models, POST /reload, PUT /models/NAME/labels, PUT /models/NAME/traffic; bodies are JSON.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson
from granian.constants import Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server as EmbeddedServer
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pipeline.serving.errors import ServingError, invalid
from pipeline.serving.http.body import ClientGoneError, read_body
from pipeline.serving.keys import ApiKeys
from pipeline.serving.settings import MIB, Limits, Settings
from pipeline.serving.versions.admin import Admin

Action = Callable[[Request, Any], Any]


def build_app(admin: Admin, keys: ApiKeys, limits: Limits) -> Starlette:
    """Build the ASGI application of the admin port.

    Args:
        admin: Carries out the requests.
        keys: The keys that it accepts.
        limits: The limits of bodies, lowered to 1 MiB.
    """
    small = replace(limits, body=min(limits.body, MIB), inflated=min(limits.inflated, MIB))

    async def answer(request: Request, action: Action) -> Response:
        try:
            keys.check(request.headers.get("authorization", ""))
            document = None
            if request.method == "PUT":
                headers = dict(request.scope["headers"])
                document = _read(await read_body(headers, request.receive, small))
            return JSONResponse(await asyncio.to_thread(action, request, document))
        except ClientGoneError:
            return JSONResponse({"error": "The request body is incomplete"}, 400)
        except ServingError as error:
            return JSONResponse({"error": error.message}, error.http_status)

    def route(path: str, method: str, action: Action) -> Route:
        async def endpoint(request: Request) -> Response:
            return await answer(request, action)

        return Route(path, endpoint, methods=[method])

    def name(request: Request) -> str:
        return str(request.path_params["name"])

    return Starlette(
        routes=[
            route("/models", "GET", lambda _, __: admin.describe_models()),
            route("/reload", "POST", lambda _, __: admin.reload()),
            route("/models/{name}/labels", "PUT", lambda r, body: admin.set_labels(name(r), body)),
            route("/models/{name}/traffic", "PUT", lambda r, doc: admin.set_traffic(name(r), doc)),
        ]
    )


def _read(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise invalid(f"JSON Parse error: {error}") from error


def embedded_server(app: Starlette, settings: Settings) -> EmbeddedServer | None:
    """Return a server for `app` in the running event loop, not started; None without a port."""
    if settings.admin_port is None:
        return None
    return EmbeddedServer(
        app,
        address=settings.admin_host,
        port=settings.admin_port,
        interface=Interfaces.ASGINL,
        websockets=False,
        backpressure=settings.limits.connections,
        log_enabled=False,
        ssl_cert=settings.tls_cert,
        ssl_key=settings.tls_key,
        http1_settings=HTTP1Settings(int(settings.limits.header_seconds * 1000)),
    )
