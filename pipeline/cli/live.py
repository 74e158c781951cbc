"""Commands for a model in use: predict, drift, label-next."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.arguments import (
    Json,
    Model,
)
from pipeline.errors import DriftError, InputError
from pipeline.start import quiet_start

if TYPE_CHECKING:
    pass

app = typer.Typer()


@app.command()
def predict(
    model: Model,
    texts: Annotated[list[str] | None, typer.Argument(metavar="[TEXT ...]")] = None,
    input_: Annotated[
        Path | None, typer.Option("--input", metavar="FILE", help="Texts: lines, or .jsonl `text`.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(help="Default: standard output. With --input: of any size, and resumable."),
    ] = None,
) -> None:
    """Answer texts, one JSON object a line."""
    if bool(texts) == (input_ is not None):
        raise InputError("predict: expected either texts or --input FILE")
    with quiet_start():
        from pipeline.predictor import load
        from pipeline.stages.data.texts import read_texts
        from pipeline.stages.live import predict as stage
        from pipeline.stages.live import predict_file
    predictor = load(model)
    if input_ and output:
        written = predict_file.run(predictor, input_, output)
        if written.failed:
            count = f"{written.failed} of {written.rows} rows have an error"
            raise InputError(f"{output}: {count}; the first: {written.first}")
        return
    source = read_texts(input_) if input_ else iter(texts or [])
    if output is None:
        stage.run(predictor, source, sys.stdout)
        return
    if not output.parent.is_dir():
        raise InputError(f"{output.parent}: no such folder to write {output.name} into")
    with output.open("w", encoding="utf-8") as file:
        stage.run(predictor, source, file)


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
        from pipeline.runs import VersionFolder
        from pipeline.stages.data.convert import refuse
        from pipeline.stages.data.texts import texts_of
        from pipeline.stages.live import label_next as stage
    refuse(output)
    predictor = load(model)
    task, config = predictor.task, predictor.config
    version = VersionFolder(predictor.version)
    texts = texts_of(task, config, data)
    chosen = stage.run(task, config, version, texts, count)
    said = stage.write(task, chosen, output, to)
    stage.print_chosen(config.name, chosen)
    found = stage.curve(task, config, version) if curve else None
    if found:
        stage.print_gain(task, config, version, found, len(chosen))
    print(f"wrote {output}: {len(chosen)} texts with suggested annotations, {said}")
