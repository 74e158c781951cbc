"""Commands for your own data: init, validate, convert."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.arguments import (
    ConfigFile,
    Set,
    example,
    load,
)
from pipeline.errors import InputError
from pipeline.start import quiet_start

app = typer.Typer()


@app.command(epilog=example("init --data mine.jsonl --task text_classification"))
def init(
    data: Annotated[Path, typer.Option(metavar="FILE", help="Your annotated file or folder.")],
    config: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The config to write. Default: configs/<data>.yaml."),
    ] = None,
    task: Annotated[
        str, typer.Option(metavar="TASK", help="slot_filling, text_classification or translation.")
    ] = "slot_filling",
    format_: Annotated[
        str | None,
        typer.Option("--format", metavar="FORMAT", help="Format of the data. Default: detected."),
    ] = None,
) -> None:
    """Write a config for your own data.

    The format and the columns are detected; an existing config is not overwritten.
    """
    with quiet_start():
        from pipeline.stages.data import init as stage
        from pipeline.tasks import TASKS, find_task
    others = (find_task(name) for name in TASKS if name != task)
    target = config or Path("configs") / f"{data.name.split('.')[0]}.yaml"
    print(stage.run(find_task(task), data, target, format_, others))
    print(f"wrote {target}; next: python main.py run {target}")


@app.command(epilog=example("validate configs/mine.yaml --fix"))
def validate(
    config: ConfigFile,
    set_: Set = None,
    fix: Annotated[
        bool, typer.Option("--fix", help="Write FILE.fixed.EXT with safe corrections.")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with status 2 for warnings, too.")
    ] = False,
) -> None:
    """Check a config's data and list every bad line.

    Warnings point out rows that are well formed but suspicious, such as duplicates and test rows
    that are also training rows.
    """
    with quiet_start():
        from pipeline.stages.data import validate as stage
    task, settings = load(config, set_)
    problems = stage.run(task, settings, fix, strict)
    if problems:
        raise InputError(f"{settings.name}: {len(problems)} bad lines; the first: {problems[0]}")


@app.command(epilog=example("convert mine.conll mine.jsonl"))
def convert(
    source: Annotated[
        Path, typer.Argument(metavar="SOURCE", help="A file, or the folder of one data set.")
    ],
    target: Annotated[
        Path, typer.Argument(metavar="TARGET", help="The file to write; must not exist.")
    ],
    from_: Annotated[
        str | None,
        typer.Option("--from", metavar="FORMAT", help="Format of SOURCE. Default: detected."),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="FORMAT", help="Format of TARGET. Default: by its suffix."),
    ] = None,
    tags: Annotated[
        str | None, typer.Option(metavar="SCHEME", help="BIO (default), BIOES, BILOU, BMES or IO.")
    ] = None,
    task: Annotated[
        str, typer.Option(metavar="TASK", help="The task whose formats to use.")
    ] = "slot_filling",
) -> None:
    """Write annotated data in another format.

    TARGET is written completely or not at all.
    """
    with quiet_start():
        from pipeline.stages.data import convert as stage
        from pipeline.tasks import find_task
    print(stage.run(find_task(task), source, target, from_, to, tags))
