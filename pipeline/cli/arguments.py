"""Arguments that several commands share, and how they are resolved."""

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
    typer.Option(
        "--set", metavar="KEY=VALUE", help="Override a setting, e.g. train.epochs=3. Repeatable."
    ),
]
ConfigFile = Annotated[
    str, typer.Argument(metavar="CONFIG", help="A YAML file, or the name of a shipped one.")
]
Model = Annotated[
    Path,
    typer.Argument(
        metavar="MODEL", help="A model, saved_models/<name>, or the folder of a version."
    ),
]
ModelOrRun = Annotated[
    Path, typer.Argument(metavar="MODEL_OR_RUN", help="A model, a version or a run.")
]
Json = Annotated[
    Path | None, typer.Option("--json", metavar="FILE", help="Also write the results to this file.")
]
Name = Annotated[
    str, typer.Argument(metavar="NAME", help="Name of a model, or saved_models/<name>.")
]
ModelsFolder = Annotated[Path, typer.Option(metavar="FOLDER", help="Folder of <name>/<version>/.")]


def example(arguments: str) -> str:
    """Return the example for the end of a command's help, with its line breaks kept."""
    return f"\b\nExample:\n  python main.py {arguments}"


def load(
    path: str | Path, overrides: list[str] | None, name: str | None = None
) -> tuple[Task, Config]:
    """Load the task and the settings of a config file.

    Raises:
        InputError: There is no such file, or one of its settings is wrong.
    """
    from pipeline.config import load_config
    from pipeline.tasks import find_task, schema_of

    config = load_config(path, schema_of, overrides or (), name)
    return find_task(config.task), config


def short(path: Path) -> Path:
    """Return a path as a user would type it in the working folder."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def open_model(model: Path) -> tuple[Task, Config, Any, Path]:
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
    """Return the command that starts this program in another process."""
    from pipeline.config import ROOT

    return [sys.executable, str(ROOT / "main.py")]
