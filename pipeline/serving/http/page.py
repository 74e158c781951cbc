"""A page on which to try a model in a browser: static files and example texts."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pipeline.serving.errors import ServingError
from pipeline.serving.state import ServerState
from pipeline.serving.versions.traffic import Target

FOLDER = Path(__file__).with_name("page")
MEDIA_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
# Whatever a model answers, the page cannot run other scripts or fetch from other origins.
HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; script-src 'self';"
    " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "cache-control": "no-cache",
}


def routes(server: ServerState) -> list[Route]:
    """Return the routes of the page, its files, and the examples of a model."""
    static = [_file("/", FOLDER / "index.html")]
    static += [_file(f"/page/{file.name}", file) for file in sorted(FOLDER.iterdir())]

    async def examples(request: Request) -> Response:
        try:
            server.keys.check(request.headers.get("authorization", ""))
            engine = server.models.find(Target(request.path_params["name"]))
        except ServingError as error:
            return JSONResponse({"error": error.message}, error.http_status)
        return JSONResponse({"examples": engine.examples})

    return [*static, Route("/page/examples/{name}", examples)]


def _file(path: str, file: Path) -> Route:
    body, media_type = file.read_bytes(), MEDIA_TYPES[file.suffix]

    async def endpoint(_: Request) -> Response:
        return Response(body, headers=HEADERS, media_type=f"{media_type}; charset=utf-8")

    return Route(path, endpoint)
