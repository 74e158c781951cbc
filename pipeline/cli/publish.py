"""Commands for published versions: export, retrain, versions, rollback."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from pipeline.cli.arguments import (
    Model,
    ModelsFolder,
    Name,
    Set,
    program,
    short,
)
from pipeline.errors import InputError, RejectedError
from pipeline.start import quiet_start

if TYPE_CHECKING:
    pass

app = typer.Typer()


@app.command()
def export(folder: Annotated[Path, typer.Argument(metavar="RUN")]) -> None:
    """Publish a run's best weights as the next version."""
    with quiet_start():
        from pipeline.stages.publishing import export as stage
        from pipeline.stages.run import open_run
    print(short(stage.run(open_run(folder))))


@app.command()
def retrain(
    model: Model,
    data: Annotated[
        Path | None, typer.Option(metavar="FILE", help="New annotated rows, any format.")
    ] = None,
    watch: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Instead: every file that comes there, until Ctrl-C."),
    ] = None,
    set_: Set = None,
    exam: Annotated[
        Path | None, typer.Option(help="Rows to examine with, not those that travel.")
    ] = None,
    old_data: Annotated[
        Path | None, typer.Option(help="The old training rows, not the sample that travels.")
    ] = None,
    test_rows: Annotated[
        Literal["refuse", "leave-out", "learn"],
        typer.Option(help="What becomes of new rows that stand in the exam, too."),
    ] = "refuse",
    force: Annotated[
        str | None, typer.Option(metavar="REASON", help="Publish whatever the gate says, and why.")
    ] = None,
) -> None:
    """Train a published model on; publish it if it is better, or leave with 3 and say why not."""
    if (data is None) == (watch is None):
        raise InputError("retrain: expected either --data FILE or --watch FOLDER")
    if watch and force is not None:
        raise InputError("retrain: --force is the reason for one file; expected it with --data")
    if force is not None and not force.strip():
        raise InputError("retrain: --force: no reason; expected why it is to be published anyway")
    with quiet_start():
        from pipeline.stages.evaluation import report
        from pipeline.stages.retraining import retrain as stage
        from pipeline.stages.retraining import watch_folder
    if watch:
        files = [("--exam", exam), ("--old-data", old_data)]
        options = [f"--set={setting}" for setting in set_ or ()]
        options += [f"{option}={file}" for option, file in files if file]
        options.append(f"--test-rows={test_rows}")
        command = [*program(), "retrain", str(model), *options]
        watch_folder.run(model, watch, command, set_ or (), exam, old_data)
    if data:
        outcome = stage.run(
            model,
            data,
            set_ or (),
            exam=exam,
            old_data=old_data,
            exam_rows=test_rows,
            force=force,
        )
        print(f"report: {short(report.run(outcome.run))}")
        if outcome.version is None:
            raise RejectedError(f"rejected, nothing published: {outcome.verdict.reason}")
        print(f"model: {short(outcome.version)}")


@app.command()
def versions(name: Name, models: ModelsFolder = Path("saved_models")) -> None:
    """Show a model's line of descent: data, config, scores, verdict of each version."""
    from pipeline.stages.publishing import versions as stage

    home = stage.find_home(name, models)
    stage.print_versions(home.name, stage.run(home))


@app.command()
def rollback(
    name: Name,
    version: Annotated[
        int | None,
        typer.Argument(metavar="[VERSION]", help="Default: what served before the newest."),
    ] = None,
    models: ModelsFolder = Path("saved_models"),
) -> None:
    """Publish an older version's content as the newest; a running server follows."""
    from pipeline.stages.publishing import rollback as stage
    from pipeline.stages.publishing.versions import find_home

    print(short(stage.run(find_home(name, models), version)))
