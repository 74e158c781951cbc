"""The page to try a model in a browser: a few plain files, and texts to begin with."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pipeline.serving.errors import ServingError
from pipeline.serving.state import Server
from pipeline.serving.versions.traffic import Target

FOLDER = Path(__file__).with_name("page")
KINDS = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
# Whatever a model answers, the page can run no other script and fetch nothing from elsewhere.
HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; script-src 'self';"
    " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "cache-control": "no-cache",
}


def routes(server: Server) -> list[Route]:
    """The page, what it is made of, and examples for a model."""
    found = [_file("/", FOLDER / "index.html")]
    found += [_file(f"/page/{file.name}", file) for file in sorted(FOLDER.iterdir())]

    async def examples(request: Request) -> Response:
        try:
            server.keys.check(request.headers.get("authorization", ""))
            engine = server.models.find(Target(request.path_params["name"]))
        except ServingError as error:
            return JSONResponse({"error": error.message}, error.http_status)
        return JSONResponse({"examples": engine.examples})

    return [*found, Route("/page/examples/{name}", examples)]


def _file(path: str, file: Path) -> Route:
    body, kind = file.read_bytes(), KINDS[file.suffix]

    async def endpoint(_: Request) -> Response:
        return Response(body, headers=HEADERS, media_type=f"{kind}; charset=utf-8")

    return Route(path, endpoint)
