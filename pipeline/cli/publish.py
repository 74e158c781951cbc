"""Commands for published versions: export, retrain, versions, rollback."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from pipeline.cli.arguments import (
    Model,
    ModelsFolder,
    Name,
    Set,
    example,
    program,
    short,
)
from pipeline.errors import InputError, RejectedError
from pipeline.start import quiet_start

app = typer.Typer()


@app.command(epilog=example("export runs/flights_slots/20260102-030405-000000"))
def export(
    folder: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run.")],
) -> None:
    """Publish a run's best weights as the next version."""
    with quiet_start():
        from pipeline.stages.publishing import export as stage
        from pipeline.stages.run import open_run
    print(short(stage.run(open_run(folder))))


@app.command(epilog=example("retrain saved_models/flights_slots --data new.jsonl"))
def retrain(
    model: Model,
    data: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="New annotated rows, in any format of the task."),
    ] = None,
    watch: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Instead of --data: every file added to this folder."),
    ] = None,
    set_: Set = None,
    exam: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Exam rows to use instead of the stored ones."),
    ] = None,
    old_data: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Old training rows to use instead of the stored sample."),
    ] = None,
    test_rows: Annotated[
        Literal["refuse", "leave-out", "learn"],
        typer.Option(help="How to treat new rows that are also exam rows."),
    ] = "refuse",
    force: Annotated[
        str | None,
        typer.Option(
            metavar="REASON", help="Publish even if the gate rejects; the reason is stored."
        ),
    ] = None,
) -> None:
    """Retrain a published model with new data.

    Publishes the candidate if it passes the gate. Otherwise exits with status 3 and gives the
    reason.
    """
    if (data is None) == (watch is None):
        raise InputError("retrain: expected either --data FILE or --watch FOLDER")
    if watch and force is not None:
        raise InputError("retrain: --force gives the reason for one file; expected --data with it")
    if force is not None and not force.strip():
        raise InputError("retrain: --force is empty; expected the reason for publishing anyway")
    with quiet_start():
        from pipeline.stages.evaluation import report
        from pipeline.stages.retraining import retrain as stage
        from pipeline.stages.retraining import watch_folder
    if watch:
        files = [("--exam", exam), ("--old-data", old_data)]
        options = [f"--set={setting}" for setting in set_ or ()]
        options += [f"{option}={file}" for option, file in files if file]
        command = [*program(), "retrain", str(model), *options, f"--test-rows={test_rows}"]
        watch_folder.run(model, watch, command, set_ or (), exam, old_data)
    if data:
        outcome = stage.run(
            model, data, set_ or (), exam=exam, old_data=old_data, exam_rows=test_rows, force=force
        )
        print(f"report: {short(report.run(outcome.run))}")
        if outcome.version is None:
            raise RejectedError(f"rejected, nothing published: {outcome.verdict.reason}")
        print(f"model: {short(outcome.version)}")


@app.command(epilog=example("versions flights_slots"))
def versions(name: Name, models: ModelsFolder = Path("saved_models")) -> None:
    """Show the history of a model's versions.

    Lists data, config, scores and verdict of each version.
    """
    from pipeline.stages.publishing import versions as stage

    home = stage.find_home(name, models)
    stage.print_versions(home.name, stage.run(home))


@app.command(epilog=example("rollback flights_slots 3"))
def rollback(
    name: Name,
    version: Annotated[
        int | None,
        typer.Argument(metavar="[VERSION]", help="Default: the one before the newest."),
    ] = None,
    models: ModelsFolder = Path("saved_models"),
) -> None:
    """Publish an older version again as the newest.

    A running server switches to it.
    """
    from pipeline.stages.publishing import rollback as stage
    from pipeline.stages.publishing.versions import find_home

    print(short(stage.run(find_home(name, models), version)))
