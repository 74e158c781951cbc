"""The verbs for a model that is out: what it meets, where it comes from, the way back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.errors import DriftError
from pipeline.start import quiet_start
from pipeline.verbs.arguments import Json, Model, ModelsFolder, Name, short

app = typer.Typer()


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
        from pipeline.stages import drift as stage
        from pipeline.stages.texts import texts_of
    predictor = load(model)
    found = stage.run(predictor, texts_of(predictor.task, data), false_alarms)
    stage.print_drift(f"{predictor.config.name}: {data.name}", found)
    if json_:
        write_json(json_, {"model": str(model), "data": str(data), **found.as_dict()})
    if found.over:
        raise DriftError(f"{data}: over the threshold: {', '.join(found.over)}")


@app.command()
def versions(name: Name, models: ModelsFolder = Path("saved_models")) -> None:
    """Show a model's line of descent: data, config, scores, verdict of each version."""
    from pipeline.stages import versions as stage

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
    from pipeline.stages import rollback as stage
    from pipeline.stages.versions import find_home

    print(short(stage.run(find_home(name, models), version)))
