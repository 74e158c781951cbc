"""Commands that train and score: run, train, evaluate, compare, report."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.arguments import (
    ConfigFile,
    Json,
    ModelOrRun,
    Set,
    example,
    load,
    open_model,
    program,
    short,
)
from pipeline.errors import InputError
from pipeline.start import quiet_start

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.config import Config
    from pipeline.stages.evaluation.evaluate import Result
    from pipeline.stages.run import Run
    from pipeline.task import Task

app = typer.Typer()


@app.command(epilog=example("run flights_slots --set train.epochs=3"))
def run(
    configs: Annotated[
        list[str] | None,
        typer.Argument(metavar="[CONFIG ...]", help="Default: the example of every task."),
    ] = None,
    set_: Set = None,
    seeds: Annotated[
        int,
        typer.Option(
            min=1,
            metavar="N",
            help="Train N models, print mean and spread, publish the best on valid.",
        ),
    ] = 1,
    folds: Annotated[
        int | None,
        typer.Option(
            min=2,
            metavar="N",
            help="Cross-validate instead, and list likely label errors in train.",
        ),
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, metavar="N", help="Configs to run in parallel.")] = 1,
) -> None:
    """Prepare data, train, evaluate and publish models."""
    if folds and seeds > 1:
        raise InputError("run: expected either --seeds or --folds, received both")
    if jobs > 1 and configs and len(configs) > 1:  # without TensorFlow, which is slow to import
        _run_side_by_side(configs, jobs, set_, seeds, folds)
        return
    with quiet_start():
        from pipeline.tasks import TASKS, find_task
    names = configs or [find_task(task).example for task in TASKS]
    if jobs > 1 and len(names) > 1:
        _run_side_by_side(names, jobs, set_, seeds, folds)
        return
    finished = []
    for name in names:
        task, config = load(name, set_)
        if folds:
            _cross_validate(task, config, folds)
        else:
            finished.append(_train_and_publish(task, config, seeds))
    for each in finished:
        _print_published(*each)


def _train_and_publish(
    task: Task, config: Config, seeds: int
) -> tuple[Run, Sequence[Result], Path]:
    """Return the run (of several seeds the best on valid), its results and the new version."""
    from pipeline.stages.evaluation import evaluate, report
    from pipeline.stages.experiments import seeds as seeds_stage
    from pipeline.stages.publishing import export
    from pipeline.stages.training import train

    if seeds > 1:
        runs = seeds_stage.run(task, config, seeds)
        seeds_stage.print_spreads(config.name, task.headline, runs)
        run, results = runs[0].run, runs[0].results
    else:
        run = train.run(task, config)
        results = evaluate.of_run(run)
    evaluate.print_detail(next(result for result in results if result.split == "test"))
    report.run(run, results)
    version = export.run(run)
    run.release()
    return run, results, version


def _print_published(run: Run, results: Sequence[Result], version: Path) -> None:
    from pipeline.stages.evaluation import evaluate

    evaluate.print_results(run.config.name, run.task.headline, results)
    print(f"report: {short(run.folder.report)}")
    print(f"run: {short(run.folder.path)}   wrong predictions: {short(run.folder.errors)}")
    print(f"model: {short(version)}")
    print(f'try it: python main.py predict {short(version.parent)} "TEXT"')
    print("serve: python main.py serve")


def _run_side_by_side(
    names: list[str], jobs: int, set_: list[str] | None, seeds: int, folds: int | None
) -> None:
    """Run each config in a process of its own.

    They start in the given order; put the longest first, so that no core is idle at the end.
    """
    from pipeline.config import find_config
    from pipeline.stages.experiments import parallel

    for name in names:
        find_config(name)  # report a wrong name now, not when its turn comes

    options = ["--seeds", str(seeds), *(["--folds", str(folds)] if folds else [])]
    options += [f"--set={override}" for override in set_ or ()]
    commands = {name: [*program(), "run", name, *options] for name in names}
    found = parallel.run(commands, jobs)
    sys.stdout.write("".join(found[name] for name in names))


def _cross_validate(task: Task, config: Config, folds: int) -> None:
    """Cross-validate; nothing is published, since no model has seen all the data."""
    from pipeline.runs import RunFolder
    from pipeline.stages.experiments import cross_validation as stage

    found = stage.run(task, config, folds)
    stage.print_spreads(config.name, task.headline, found)
    print(f"folds: {short(found.folder)}")
    if found.label_errors is None:
        print("likely label errors: unknown, since the answers do not score every label")
    else:
        file = short(RunFolder(found.folder).label_errors)
        print(f"likely label errors: {len(found.label_errors)}, most likely first, in {file}")


@app.command(epilog=example("train flights_slots --resume"))
def train(
    config: ConfigFile,
    set_: Set = None,
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Continue the newest run after its last finished epoch."),
    ] = False,
) -> None:
    """Train a model in a new run folder under runs/."""
    with quiet_start():
        from pipeline.stages.training import train as stage
    task, settings = load(config, set_)
    print(short(stage.run(task, settings, resume=resume).folder.path))


@app.command(epilog=example("evaluate saved_models/flights_slots --stress"))
def evaluate(
    model: ModelOrRun,
    data: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Examples to use instead of the config's.")
    ] = None,
    split: Annotated[
        str, typer.Option(metavar="SPLIT", help="A split, or a part of one, e.g. test/zh.")
    ] = "test",
    stress: Annotated[
        bool, typer.Option("--stress", help="Also score harder variants of the examples.")
    ] = False,
    baseline: Annotated[
        bool,
        typer.Option("--baseline", help="Also score a cheap reference model (extra baseline)."),
    ] = False,
    json_: Json = None,
) -> None:
    """Score a published model or a run on a split."""
    with quiet_start():
        from pipeline.artifacts import write_json
        from pipeline.runs import RunFolder
        from pipeline.stages.evaluation import evaluate as stage
    task, config, outputs, vocabularies = open_model(model)
    results = stage.of_version(
        task, config, outputs, split, data, vocabularies, stress=stress, baseline=baseline
    )
    stage.print_results(config.name, task.headline, results)
    stage.print_comparisons(results)
    stage.print_detail(results[0])
    run = RunFolder(model)
    if run.config.is_file() and data is None and (stress or baseline):  # a run keeps them
        stage.add_scores(run.scores, results)
    if json_:
        rows = {result.split: result.as_dict() for result in results[1:]}
        scores = results[0].as_dict()
        write_json(json_, {"task": task.name, "model": str(model), **scores, "rows": rows})


@app.command(epilog=example("compare saved_models/mine/1 saved_models/mine/2"))
def compare(
    first: ModelOrRun,
    second: ModelOrRun,
    data: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Examples to use instead of the config's.")
    ] = None,
    split: Annotated[
        str, typer.Option(metavar="SPLIT", help="A split, or a part of one, e.g. test/zh.")
    ] = "test",
) -> None:
    """Score two models on the same examples.

    A paired bootstrap tells which differences may be due to chance.
    """
    with quiet_start():
        from pipeline.stages.evaluation import evaluate as stage
    both = [open_model(model) for model in (first, second)]
    task, other = (each[0] for each in both)
    if task.name != other.name:
        raise InputError(
            f"compare: expected two models of one task; {first} is for {task.name}, {second} for"
            f" {other.name}"
        )
    ours, theirs = (
        stage.of_version(task, config, outputs, split, data, vocabularies)
        for task, config, outputs, vocabularies in both
    )
    print(f"first: {first}\nsecond: {second}")
    stage.compare(task.headline, ours, theirs)


@app.command(epilog=example("report runs/flights_slots/20260102-030405-000000"))
def report(
    folder: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run.")],
) -> None:
    """Write a run's report as one HTML page."""
    with quiet_start():
        from pipeline.stages.evaluation import report as stage
        from pipeline.stages.run import open_run
    print(short(stage.run(open_run(folder))))
