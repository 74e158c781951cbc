"""Commands that compare many trainings: tune."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.arguments import (
    ConfigFile,
    Set,
    load,
    short,
)
from pipeline.start import quiet_start

if TYPE_CHECKING:
    pass

app = typer.Typer()


@app.command()
def tune(
    config: ConfigFile,
    trials: Annotated[
        int, typer.Option(min=1, help="In all, those of earlier calls included.")
    ] = 30,
    budget: Annotated[
        str | None, typer.Option(metavar="TIME", help="For this call: 90s, 20m, 1h30m.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Copy the best config there.")
    ] = None,
    set_: Set = None,
) -> None:
    """Search for better settings on valid; goes on where it was cut (extra `tune`)."""
    with quiet_start():
        from pipeline.artifacts import write_file
        from pipeline.stages.experiments import tune as stage
    seconds = stage.seconds_of(budget) if budget is not None else None
    task, settings = load(config, set_)
    found = stage.run(task, settings, trials, seconds)
    stage.print_trials(settings.name, task.headline, found)
    if output:
        write_file(output, found.file.read_bytes())
    best = short(output or found.file)
    print(f"best: {best}; next: python main.py run {best}")
