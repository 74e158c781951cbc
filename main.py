"""The command line: parse, call one stage, nothing else.

What a verb needs is imported inside its branch, so that `--help` is instant.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.errors import InputError, PipelineError
from pipeline.start import quiet_start
from pipeline.verbs import release, search
from pipeline.verbs.arguments import ConfigFile, Json, Model, ModelsFolder, Set
from pipeline.verbs.arguments import load as _load
from pipeline.verbs.arguments import short as _short

if TYPE_CHECKING:
    from pipeline.config import Config
    from pipeline.task import Task

FAILED, USAGE, INTERRUPTED = 1, 2, 130

app = typer.Typer(
    help="Text files in, a served model out, retrained when new data comes.",
    epilog="An error is one line; --debug, anywhere, shows its traceback.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # rich's part of the help takes longer than all the rest
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.command()
def run(
    configs: Annotated[
        list[str] | None,
        typer.Argument(metavar="[CONFIG ...]", help="Default: every task's embedded example."),
    ] = None,
    set_: Set = None,
    seeds: Annotated[
        int, typer.Option(min=1, help="Train N models; mean and spread; the best on valid goes on.")
    ] = 1,
    folds: Annotated[
        int | None,
        typer.Option(min=2, help="Cross-validate instead, and list likely label errors of train."),
    ] = None,
    jobs: Annotated[
        int, typer.Option(min=1, help="Configs at a time, each on its share of the cores.")
    ] = 1,
) -> None:
    """Prepare, train, evaluate and export, end to end."""
    if folds and seeds > 1:
        raise InputError("run: expected either --seeds or --folds, received both")
    if jobs > 1 and configs and len(configs) > 1:  # without TensorFlow, which takes seconds to come
        _run_side_by_side(configs, jobs, set_, seeds, folds)
        return
    with quiet_start():
        from pipeline.stages.evaluation import evaluate, report
        from pipeline.stages.experiments import seeds as seeds_stage
        from pipeline.stages.publishing import export
        from pipeline.stages.training import train
        from pipeline.tasks import TASKS, find_task
    names = configs or [find_task(task).example for task in TASKS]
    if jobs > 1 and len(names) > 1:
        _run_side_by_side(names, jobs, set_, seeds, folds)
        return
    made = []
    for name in names:
        task, config = _load(name, set_)
        if folds:
            _cross_validate(task, config, folds)
            continue
        if seeds > 1:
            runs = seeds_stage.run(task, config, seeds)
            seeds_stage.print_spreads(config.name, task.headline, runs)
            config, folder, results = runs[0].config, runs[0].folder, runs[0].results
        else:
            folder = train.run(task, config)
            results = evaluate.of_run(task, config, folder)
        evaluate.print_detail(next(r for r in results if r.split == "test"))
        report.run(task, config, folder, results)
        made.append((task, config, results, folder, export.run(task, config, folder)))
    for task, config, results, folder, version in made:
        evaluate.print_results(config.name, task.headline, results)
        print(f"report: {_short(folder)}/{report.FILE}")
        print(f"run: {_short(folder)}   wrong predictions: {_short(folder)}/{evaluate.ERRORS}")
        print(f"model: {_short(version)}")
        print(f'try it: python main.py predict {_short(version.parent)} "TEXT"')
        print("serve: python main.py serve")


def _run_side_by_side(
    names: list[str], jobs: int, set_: list[str] | None, seeds: int, folds: int | None
) -> None:
    """Begun in this order: with the longest first, no core waits long at the end."""
    from pipeline.config import find_config
    from pipeline.stages.experiments import parallel

    for name in names:
        find_config(name)  # a wrong name is said now, not when its turn comes

    options = ["--seeds", str(seeds), *(["--folds", str(folds)] if folds else [])]
    options += [f"--set={override}" for override in set_ or ()]
    commands = {name: [sys.executable, __file__, "run", name, *options] for name in names}
    found = parallel.run(commands, jobs)
    sys.stdout.write("".join(found[name] for name in names))


def _cross_validate(task: Task, config: Config, folds: int) -> None:
    """Nothing is published: no model of it has seen all the data."""
    from pipeline.stages.experiments import cross_validation as stage

    found = stage.run(task, config, folds)
    stage.print_spreads(config.name, task.headline, found)
    print(f"folds: {_short(found.folder)}")
    if found.label_errors is None:
        print("likely label errors: not told, since the answers do not score every label")
    else:
        file = _short(found.folder) / stage.LABEL_ERRORS
        print(f"likely label errors: {len(found.label_errors)}, surest first, in {file}")


@app.command()
def train(
    config: ConfigFile,
    set_: Set = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the newest run's last finished epoch.")
    ] = False,
) -> None:
    """Train a model; its run folder goes under runs/."""
    with quiet_start():
        from pipeline.stages.training import train as stage
    task, settings = _load(config, set_)
    print(_short(stage.run(task, settings, resume=resume)))


@app.command()
def evaluate(
    model: Annotated[Path, typer.Argument(metavar="MODEL_OR_RUN")],
    data: Annotated[Path | None, typer.Option(help="Examples to use instead.")] = None,
    split: Annotated[str, typer.Option(help="A split, or a part of one: test/contrast.")] = "test",
    stress: Annotated[
        bool, typer.Option("--stress", help="Also with other values, swapped roles, minimal pairs.")
    ] = False,
    floor: Annotated[
        bool, typer.Option("--floor", help="Beside a CRF and an SVM (extra `floor`).")
    ] = False,
    json_: Json = None,
) -> None:
    """Score a published model or a run on a split."""
    with quiet_start():
        from pipeline.artifacts import write_json
        from pipeline.stages.evaluation import evaluate as stage
    task, config, outputs, home = _opened(model)
    results = stage.of_version(task, config, outputs, split, data, home, stress=stress, floor=floor)
    stage.print_results(config.name, task.headline, results)
    stage.print_comparisons(results)
    stage.print_detail(results[0])
    if home == model and data is None and (stress or floor):  # a run keeps them
        stage.add_scores(model, results)
    if json_:
        rows = {result.split: result.as_dict() for result in results[1:]}
        scores = results[0].as_dict()
        write_json(json_, {"task": task.name, "model": str(model), **scores, "rows": rows})


@app.command()
def compare(
    first: Annotated[Path, typer.Argument(metavar="MODEL_OR_RUN")],
    second: Annotated[Path, typer.Argument(metavar="MODEL_OR_RUN")],
    data: Annotated[Path | None, typer.Option(help="Examples to use instead.")] = None,
    split: Annotated[str, typer.Option(help="A split, or a part of one: test/contrast.")] = "test",
) -> None:
    """Score two models on the same examples; say which differences may be chance."""
    with quiet_start():
        from pipeline.stages.evaluation import evaluate as stage
    opened = [_opened(model) for model in (first, second)]
    task, other = (each[0] for each in opened)
    if task.name != other.name:
        raise InputError(
            f"compare: expected two models of one task; {first} is for {task.name}, {second} for"
            f" {other.name}"
        )
    ours, theirs = (
        stage.of_version(task, config, outputs, split, data, home)
        for task, config, outputs, home in opened
    )
    print(f"first: {first}\nsecond: {second}")
    stage.compare(task.headline, ours, theirs)


@app.command()
def export(folder: Annotated[Path, typer.Argument(metavar="RUN")]) -> None:
    """Publish a run's best weights as the next version."""
    with quiet_start():
        from pipeline.stages.publishing import export as stage
    if not (folder / "config.yaml").is_file():
        raise InputError(f"{folder}: not a run folder; expected one that `train` made, under runs/")
    task, config = _load(folder / "config.yaml", None, folder.resolve().parent.name)
    print(_short(stage.run(task, config, folder)))


@app.command()
def report(folder: Annotated[Path, typer.Argument(metavar="RUN")]) -> None:
    """Write a run's report: one page that opens from the disk."""
    with quiet_start():
        from pipeline.stages.evaluation import report as stage
    if not (folder / "config.yaml").is_file():
        raise InputError(f"{folder}: not a run folder; expected one that `train` made, under runs/")
    task, config = _load(folder / "config.yaml", None, folder.resolve().parent.name)
    print(_short(stage.run(task, config, folder)))


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
        from pipeline.stages.live import predict as stage
        from pipeline.stages.live import predict_file
    predictor = load(model)
    if input_ and output:
        written = predict_file.run(predictor, input_, output)
        if written.failed:
            count = f"{written.failed} of {written.rows} rows have an error"
            raise InputError(f"{output}: {count}; the first: {written.first}")
        return
    source = stage.read_texts(input_) if input_ else iter(texts or [])
    if output is None:
        stage.run(predictor, source, sys.stdout)
        return
    if not output.parent.is_dir():
        raise InputError(f"{output.parent}: no such folder to write {output.name} into")
    with output.open("w", encoding="utf-8") as file:
        stage.run(predictor, source, file)


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
    task, settings = _load(config, set_)
    problems = stage.run(task, settings, fix, strict)
    if problems:
        raise InputError(f"{settings.name}: {len(problems)} bad lines; the first: {problems[0]}")


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


@app.command()
def serve(
    models: ModelsFolder = Path("saved_models"),
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    rest_port: Annotated[int, typer.Option(help="Of HTTP.")] = 8501,
    grpc_port: Annotated[int, typer.Option(help="Of gRPC; -1 for none.")] = 8500,
    set_: Set = None,
) -> None:
    """Serve published models over HTTP and gRPC, as TensorFlow Serving does."""
    from pipeline.serving import server

    server.serve_with(models, host, rest_port, grpc_port, set_ or ())


def _opened(model: Path) -> tuple[Task, Config, Any, Path]:
    """What a published model or a run answers with, and the folder of its vocabularies."""
    from pipeline.artifacts import EXTRA
    from pipeline.predictor import load
    from pipeline.stages.evaluation import evaluate
    from pipeline.stages.training.assembly import outputs_of

    if (model / "config.yaml").is_file():
        task, config = _load(model / "config.yaml", None, model.resolve().parent.name)
        return task, config, outputs_of(evaluate.load_best(task, config, model).service), model
    predictor = load(model)
    return predictor.task, predictor.config, predictor.outputs, predictor.version / EXTRA


app.add_typer(search.app)
app.add_typer(release.app)


def main() -> None:
    """Runs a verb; every known error is one line and an exit status."""
    debug = "--debug" in sys.argv
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    try:
        status = app(args=arguments, standalone_mode=False)
        if status == INTERRUPTED:  # typer answers Ctrl-C so
            raise KeyboardInterrupt
    except PipelineError as error:
        if debug:
            raise
        sys.exit(_say(str(error), error.exit_status))
    except KeyboardInterrupt:
        sys.exit(_say("stopped", INTERRUPTED))
    except Exception as error:
        if debug:
            raise
        sys.exit(_explain(error))


def _explain(error: Any) -> int:
    if type(error).__name__ == "NoArgsIsHelpError":  # no verb: its message is the help
        print(error.format_message(), file=sys.stderr)
        return USAGE
    if hasattr(error, "exit_code") and hasattr(error, "format_message"):  # click's usage errors
        return _say(error.format_message() or "see --help", USAGE)
    first = (str(error) or type(error).__name__).strip().splitlines()[0]
    return _say(
        f"{type(error).__name__}: {first} (run again with --debug for the traceback)", FAILED
    )


def _say(message: str, status: int) -> int:
    print(f"error: {message}", file=sys.stderr)
    return status


if __name__ == "__main__":
    main()
