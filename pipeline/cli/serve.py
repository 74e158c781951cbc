"""The command that serves published models."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.arguments import (
    ModelsFolder,
    Set,
)

if TYPE_CHECKING:
    pass

app = typer.Typer()


@app.command()
def serve(
    models: ModelsFolder = Path("saved_models"),
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    rest_port: Annotated[int, typer.Option(help="Of HTTP.")] = 8501,
    grpc_port: Annotated[int, typer.Option(help="Of gRPC; -1 for none.")] = 8500,
    set_: Set = None,
) -> None:
    """Serve published models over HTTP and gRPC, as TensorFlow Serving does."""
    from pipeline.serving import server

    server.serve_with(models, host, rest_port, grpc_port, set_ or ())
