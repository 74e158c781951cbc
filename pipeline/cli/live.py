"""Commands for a model in use: predict, drift, label-next."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.arguments import (
    Json,
    Model,
    example,
)
from pipeline.errors import DriftError, InputError
from pipeline.start import quiet_start

app = typer.Typer()


@app.command(epilog=example('predict saved_models/flights_slots "fly to Oslo"'))
def predict(
    model: Model,
    texts: Annotated[
        list[str] | None, typer.Argument(metavar="[TEXT ...]", help="Texts to answer.")
    ] = None,
    input_: Annotated[
        Path | None,
        typer.Option(
            "--input", metavar="FILE", help="File of texts: lines, or .jsonl with the key text."
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="File to write. Default: standard output. With --input, a job that was"
            " interrupted continues.",
        ),
    ] = None,
) -> None:
    """Answer texts, one JSON object on each line."""
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


@app.command(epilog=example("drift saved_models/flights_slots --data live.jsonl"))
def drift(
    model: Model,
    data: Annotated[
        Path, typer.Option(metavar="FILE", help="Texts: lines, .jsonl or annotated data.")
    ],
    false_alarms: Annotated[
        float, typer.Option(metavar="RATE", help="Accepted rate of false alarms, between 0 and 1.")
    ] = 0.05,
    json_: Json = None,
) -> None:
    """Test whether texts differ from the training data.

    Exits with status 4 if they do.
    """
    with quiet_start():
        from pipeline.artifacts import write_json
        from pipeline.predictor import load
        from pipeline.stages.data.texts import texts_of
        from pipeline.stages.live import drift as stage
    predictor = load(model)
    result = stage.run(predictor, texts_of(predictor.task, predictor.config, data), false_alarms)
    stage.print_drift(f"{predictor.config.name}: {data.name}", result)
    if json_:
        write_json(json_, {"model": str(model), "data": str(data), **result.as_dict()})
    if result.over:
        raise DriftError(f"{data}: over the threshold: {', '.join(result.over)}")


@app.command(
    "label-next",
    epilog=example("label-next saved_models/mine --data a.txt --output b.jsonl"),
)
def label_next(
    model: Model,
    data: Annotated[
        Path, typer.Option(metavar="FILE", help="Texts: lines, .jsonl or annotated data.")
    ],
    output: Annotated[Path, typer.Option(metavar="FILE", help="File to write; must not exist.")],
    count: Annotated[int, typer.Option(min=1, metavar="N", help="Number of texts to choose.")] = 50,
    to: Annotated[
        str | None,
        typer.Option(
            "--to", metavar="FORMAT", help="Format of the output. Default: by its suffix."
        ),
    ] = None,
    curve: Annotated[
        bool, typer.Option(help="Estimate the gain of more rows (takes a minute).")
    ] = True,
) -> None:
    """Choose the texts to annotate next.

    They are written with the model's annotations as suggestions.
    """
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
    written = stage.write(task, chosen, output, to)
    stage.print_chosen(config.name, chosen)
    estimated = stage.curve(task, config, version) if curve else None
    if estimated:
        stage.print_gain(task, config, version, estimated, len(chosen))
    print(f"wrote {output}: {len(chosen)} texts with suggested annotations, {written}")
