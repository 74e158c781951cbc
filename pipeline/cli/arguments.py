"""Arguments that several verbs take, and what becomes of them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from pipeline.config import Config
    from pipeline.task import Task

Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Override a setting, e.g. train.epochs=3."),
]
ConfigFile = Annotated[
    str, typer.Argument(metavar="CONFIG", help="A YAML file, or a shipped one: flights_slots.")
]
Model = Annotated[
    Path, typer.Argument(metavar="MODEL", help="saved_models/<name>, or one version's folder.")
]

Json = Annotated[
    Path | None, typer.Option("--json", metavar="FILE", help="Write what was found there.")
]
Name = Annotated[
    str, typer.Argument(metavar="NAME", help="A model's name, or saved_models/<name>.")
]
ModelsFolder = Annotated[Path, typer.Option(help="Of <name>/<version>/.")]


def load(
    path: str | Path, overrides: list[str] | None, name: str | None = None
) -> tuple[Task, Config]:
    """The task and the settings of a config file.

    Raises:
        InputError: There is no such file, or a setting in it is wrong.
    """
    from pipeline.config import load_config
    from pipeline.tasks import find_task, schema_of

    config = load_config(path, schema_of, overrides or (), name)
    return find_task(config.task), config


def short(path: Path) -> Path:
    """A path as one would type it from here."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def opened(model: Path) -> tuple[Task, Config, Any, Path]:
    """Open a run or a published model: task, config, outputs, and the folder of vocabularies."""
    from pipeline.predictor import load as load_version
    from pipeline.runs import RunFolder, VersionFolder
    from pipeline.stages.run import open_run
    from pipeline.stages.training.assembly import outputs_of

    if RunFolder(model).config.is_file():
        run = open_run(model)
        return run.task, run.config, outputs_of(run.best.service), run.folder.vocabularies
    predictor = load_version(model)
    vocabularies = VersionFolder(predictor.version).vocabularies
    return predictor.task, predictor.config, predictor.outputs, vocabularies


def program() -> list[str]:
    """The command that starts this program again in a process of its own."""
    from pipeline.config import ROOT

    return [sys.executable, str(ROOT / "main.py")]
