"""The verbs for a model that is out: what it meets and learns, its origin, the way back."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from pipeline.errors import DriftError, InputError, RejectedError
from pipeline.start import quiet_start
from pipeline.verbs.arguments import Json, Model, ModelsFolder, Name, Set, short

app = typer.Typer()


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
        from pipeline.config import ROOT
        from pipeline.stages.evaluation import report
        from pipeline.stages.retraining import retrain as stage
        from pipeline.stages.retraining import watch_folder
    if watch:
        files = [("--exam", exam), ("--old-data", old_data)]
        options = [f"--set={setting}" for setting in set_ or ()]
        options += [f"{option}={file}" for option, file in files if file]
        options.append(f"--test-rows={test_rows}")
        command = [sys.executable, str(ROOT / "main.py"), "retrain", str(model), *options]
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
        print(f"report: {short(outcome.folder)}/{report.FILE}")
        if outcome.version is None:
            raise RejectedError(f"rejected, nothing published: {outcome.verdict.reason}")
        print(f"model: {short(outcome.version)}")


@app.command()
def drift(
    model: Model,
    data: Annotated[
        Path, typer.Option(metavar="FILE", help="Texts: lines, .jsonl, or annotated data.")
    ],
    false_alarms: Annotated[
        float, typer.Option(help="Share of batches that are told though nothing has drifted.")
    ] = 0.05,
    json_: Json = None,
) -> None:
    """Tell whether texts are unlike those of training; leaves with 4 where they are."""
    with quiet_start():
        from pipeline.artifacts import write_json
        from pipeline.predictor import load
        from pipeline.stages.data.texts import texts_of
        from pipeline.stages.live import drift as stage
    predictor = load(model)
    found = stage.run(predictor, texts_of(predictor.task, predictor.config, data), false_alarms)
    stage.print_drift(f"{predictor.config.name}: {data.name}", found)
    if json_:
        write_json(json_, {"model": str(model), "data": str(data), **found.as_dict()})
    if found.over:
        raise DriftError(f"{data}: over the threshold: {', '.join(found.over)}")


@app.command("label-next")
def label_next(
    model: Model,
    data: Annotated[
        Path, typer.Option(metavar="FILE", help="Texts: lines, .jsonl, or annotated data.")
    ],
    output: Annotated[Path, typer.Option(metavar="FILE", help="What to write; must not exist.")],
    count: Annotated[int, typer.Option(min=1, help="How many texts to choose.")] = 50,
    to: Annotated[
        str | None, typer.Option("--to", metavar="FORMAT", help="Default: by OUTPUT's ending.")
    ] = None,
    curve: Annotated[bool, typer.Option(help="Say what more rows may bring (a minute).")] = True,
) -> None:
    """Choose the texts to annotate next, written with the model's suggestions."""
    with quiet_start():
        from pipeline.predictor import load
        from pipeline.stages.data.convert import refuse
        from pipeline.stages.data.texts import texts_of
        from pipeline.stages.live import label_next as stage
    refuse(output)
    predictor = load(model)
    task, config, version = predictor.task, predictor.config, predictor.version
    texts = texts_of(task, config, data)
    chosen = stage.run(task, config, version, texts, count)
    said = stage.write(task, chosen, output, to)
    stage.print_chosen(config.name, chosen)
    found = stage.curve(task, config, version) if curve else None
    if found:
        stage.print_gain(task, config, version, found, len(chosen))
    print(f"wrote {output}: {len(chosen)} texts with suggested annotations, {said}")


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
