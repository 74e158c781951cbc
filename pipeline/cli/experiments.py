"""Commands that compare many trainings: tune."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.arguments import (
    ConfigFile,
    Set,
    example,
    load,
    short,
)
from pipeline.start import quiet_start

app = typer.Typer()


@app.command(epilog=example("tune flights_slots --trials 30 --budget 20m"))
def tune(
    config: ConfigFile,
    trials: Annotated[
        int, typer.Option(min=1, metavar="N", help="Trials in total, with those of earlier calls.")
    ] = 30,
    budget: Annotated[
        str | None, typer.Option(metavar="TIME", help="Time limit of this call: 90s, 20m, 1h30m.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Copy the best config to this file.")
    ] = None,
    set_: Set = None,
) -> None:
    """Search for better settings on the validation rows.

    An interrupted search continues. The search space is the config's `tune`, by default the task's.
    Needs the extra `tune`: pip install optuna.
    """
    with quiet_start():
        from pipeline.artifacts import write_file
        from pipeline.stages.experiments import tune as stage
    seconds = stage.seconds_of(budget) if budget is not None else None
    task, settings = load(config, set_)
    result = stage.run(task, settings, trials, seconds)
    stage.print_trials(settings.name, task.headline, result)
    if output:
        write_file(output, result.file.read_bytes())
    best = short(output or result.file)
    print(f"best: {best}; next: python main.py run {best}")
