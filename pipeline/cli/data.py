"""Commands for your own data: init, validate, convert."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.arguments import (
    ConfigFile,
    Set,
    load,
)
from pipeline.errors import InputError
from pipeline.start import quiet_start

if TYPE_CHECKING:
    pass

app = typer.Typer()


@app.command()
def init(
    data: Annotated[Path, typer.Option(metavar="FILE", help="Your file or folder.")],
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Default: configs/<name of the data>.yaml.")
    ] = None,
    task: Annotated[str, typer.Option(help="What to train.")] = "slot_filling",
    format_: Annotated[
        str | None, typer.Option("--format", help="The data's format, if detected wrongly.")
    ] = None,
) -> None:
    """Write a config for your own data."""
    with quiet_start():
        from pipeline.stages.data import init as stage
        from pipeline.tasks import TASKS, find_task
    others = (find_task(name) for name in TASKS if name != task)
    target = config or Path("configs") / f"{data.name.split('.')[0]}.yaml"
    print(stage.run(find_task(task), data, target, format_, others))
    print(f"wrote {target}; next: python main.py run {target}")


@app.command()
def validate(
    config: ConfigFile,
    set_: Set = None,
    fix: Annotated[
        bool, typer.Option("--fix", help="Write FILE.fixed.EXT with what is safe to mend mended.")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Leave with 2 for odd things, too, such as overlaps.")
    ] = False,
) -> None:
    """Print every bad line of a config's data, and what is odd about the rest."""
    with quiet_start():
        from pipeline.stages.data import validate as stage
    task, settings = load(config, set_)
    problems = stage.run(task, settings, fix, strict)
    if problems:
        raise InputError(f"{settings.name}: {len(problems)} bad lines; the first: {problems[0]}")


@app.command()
def convert(
    source: Annotated[Path, typer.Argument(help="A file, or the folder of one set.")],
    target: Annotated[Path, typer.Argument(help="What to write; must not exist.")],
    from_: Annotated[
        str | None, typer.Option("--from", metavar="FORMAT", help="Default: detected, and said.")
    ] = None,
    to: Annotated[
        str | None, typer.Option("--to", metavar="FORMAT", help="Default: by TARGET's ending.")
    ] = None,
    tags: Annotated[
        str | None, typer.Option(metavar="SCHEME", help="BIO (default), BIOES, BILOU, BMES, IO.")
    ] = None,
    task: Annotated[str, typer.Option(help="Whose formats.")] = "slot_filling",
) -> None:
    """Write annotated data in another format, whole or not at all."""
    with quiet_start():
        from pipeline.stages.data import convert as stage
        from pipeline.tasks import find_task
    print(stage.run(find_task(task), source, target, from_, to, tags))
