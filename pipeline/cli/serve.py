"""The command that serves published models."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.arguments import ModelsFolder, example

app = typer.Typer()


@app.command(epilog=example("serve --rest-port 8080 --set max_batch=64"))
def serve(
    models: ModelsFolder = Path("saved_models"),
    host: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Address to listen on.")
    ] = "127.0.0.1",
    rest_port: Annotated[int, typer.Option(metavar="PORT", help="Port of HTTP.")] = 8501,
    grpc_port: Annotated[
        int, typer.Option(metavar="PORT", help="Port of gRPC; -1 turns it off.")
    ] = 8500,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="Override a setting of the server, e.g. max_batch=64. Repeatable.",
        ),
    ] = None,
) -> None:
    """Serve published models over HTTP and gRPC.

    The API is that of TensorFlow Serving. `settings serve` lists all settings.
    """
    from pipeline.serving import server

    server.serve_with(models, host, rest_port, grpc_port, set_ or ())
