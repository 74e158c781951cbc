"""Search for better settings: many trainings of one config, scored on valid only.

Optuna (Akiba et al. 2019) proposes settings from the scores of earlier trials (tree-structured
Parzen estimators, Bergstra et al. 2011), and stops a trial whose score on valid is below the median
of the others at the same epoch. An SQLite file keeps all trials, so a search can be continued.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from pipeline import artifacts
from pipeline.config import Config, Range, TuneSettings, setting, with_settings
from pipeline.datasets.lines import content_key
from pipeline.errors import InputError
from pipeline.report.terminal import note, print_table
from pipeline.stages.data import prepare
from pipeline.stages.training import epochs, train
from pipeline.task import Task

TUNE = train.RUNS / "tune"
STUDY = "study.db"
RUN = "run"  # the attribute of a trial that names its run folder
STARTERS = 5  # trials before the first one may be stopped early
SHOWN = 10

Values = Mapping[str, Any]  # dotted key of a setting to the value of a trial


@dataclass(frozen=True)
class Search:
    """The settings that are searched, and the folder of the search.

    Args:
        task: The task of the config.
        config: The settings that trials change, without the `tune` block.
        space: Dotted key of a setting to its range or choices.
        home: The folder of the study and of its trainings.
        until: When to stop, in the seconds of `time.monotonic`.
    """

    task: Task
    config: Config
    space: TuneSettings
    home: Path
    until: float


class TimeUpError(Exception):
    """The budget ended during a trial; the trial does not count."""


class Trial(NamedTuple):
    """A finished trial: its number, its score on valid, and its settings."""

    number: int
    score: float
    values: Values


@dataclass(frozen=True)
class SearchResult:
    """The file of the best config, all finished trials, best first, and the count of trials."""

    file: Path
    trials: Sequence[Trial]
    done: int


def run(
    task: Task, config: Config, trials: int, seconds: float | None = None, folder: Path = TUNE
) -> SearchResult:
    """Run trials until this search has `trials` of them, or the time is over.

    The first trial is the config itself. Trials count over all calls with the same settings, space
    and data; an interrupted trial does not count. The best config is written after each trial, so
    an interruption costs at most the running trial.

    Args:
        task: The task of the config.
        config: All settings; its `tune` block is the search space, `task.space` if it is empty.
        trials: The number of trials in all, including those stopped early and invalid settings.
        seconds: The budget of this call; the running trial then stops after its epoch.
        folder: The parent of the folder, named after the config, of the study and its trainings.

    Raises:
        InputError: Optuna is not installed, a setting of the space does not exist, another process
            runs this search, or no trial was finished.
    """
    optuna = _optuna()
    base = with_settings(config, {"tune": {}})
    space = dict(config.settings.tune or task.space)
    for key in space:
        setting(base, key)
    home = folder / config.name
    home.mkdir(parents=True, exist_ok=True)
    until = time.monotonic() + (seconds if seconds is not None else float("inf"))
    search = Search(task, base, space, home, until)
    with _alone(home):
        study = _study(optuna, search)
        note(f"{config.name}: {_done(study)} of {trials} trials are done; {home / STUDY}")
        while _done(study) < trials and time.monotonic() < until:
            try:
                study.optimize(
                    lambda trial: _try(optuna, search, trial), n_trials=1, catch=(TimeUpError,)
                )
            except KeyboardInterrupt:
                note(f"stopped; {_done(study)} trials are kept; run the same command to continue")
                raise
            _settle(search, study)
        if not _scored(study):
            raise InputError(f"{config.name}: no trial was finished; expected more time or trials")
        _write_best(search, study)  # another search of this name may have overwritten it
    scored = [Trial(each.number, float(each.value), each.params) for each in _scored(study)]
    scored.sort(key=lambda trial: -trial.score)
    return SearchResult(_best_file(search), scored, _done(study))


def print_trials(name: str, headline: str, result: SearchResult) -> None:
    """Print the best trials with their settings."""
    metric = headline.replace("_", " ")
    title = f"{name}: {result.done} trials, {len(result.trials)} of them finished; the best"
    rows: list[list[str | int | float]] = [
        [each.number, each.score, _shown(each.values)] for each in result.trials[:SHOWN]
    ]
    print_table(title, ("trial", f"{metric} on valid", "settings"), rows)


def seconds_of(budget: str) -> float:
    """Return `90s`, `20m` or `1h30m` in seconds.

    Raises:
        InputError: The budget has another form.
    """
    match = re.fullmatch(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?", budget)
    if not budget or not match:
        raise InputError(f"--budget {budget}: expected a time such as 90s, 20m or 1h30m")
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return 3600.0 * hours + 60 * minutes + seconds


def _study(optuna: Any, search: Search) -> Any:
    """Open the study of this search; other settings, space or data make another study."""
    data = prepare.run(search.task, search.config).builder_config.name
    plain = {key: _plain(part) for key, part in sorted(search.space.items())}
    name = content_key([], search.config.digest(), data, plain)
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(
        study_name=name,
        storage=f"sqlite:///{search.home / STUDY}",
        direction="maximize",
        load_if_exists=True,
        pruner=optuna.pruners.MedianPruner(n_startup_trials=STARTERS),
    )
    # Seeded, but a continued search must not draw the same values again.
    seed = search.config.settings.train.seed + len(study.trials)
    study.sampler = optuna.samplers.TPESampler(seed=seed)
    for trial in study.trials:
        if trial.state.name == "RUNNING":  # the search was killed
            study.tell(trial.number, state=optuna.trial.TrialState.FAIL)
    if not _done(study) and not any(trial.state.name == "WAITING" for trial in study.trials):
        now = {key: setting(search.config, key) for key in search.space}
        held = {k: v for k, v in now.items() if _holds(search.space[k], v)}
        study.enqueue_trial(held)
    return study


def _try(optuna: Any, search: Search, trial: Any) -> float:
    """Train with the settings of a trial; return the headline on valid of the kept epoch."""
    values = {key: _suggest(search, trial, key) for key in search.space}
    try:
        config = with_settings(search.config, values)
    except InputError as error:
        note(f"trial {trial.number}: {error}")
        raise optuna.TrialPruned from error

    def on_epoch(epoch: int, scores: dict[str, float]) -> None:
        trial.report(scores[search.task.headline], epoch)
        if epoch == config.settings.train.epochs:
            return  # the last epoch: stopping saves nothing
        if time.monotonic() >= search.until:
            raise TimeUpError
        if trial.should_prune():
            raise optuna.TrialPruned

    note(f"trial {trial.number}: {_shown(values)}")
    folder = train.run(search.task, config, search.home.parent, on_epoch=on_epoch).folder
    trial.set_user_attr(RUN, folder.path.name)
    lines = epochs.read_metrics(folder.metrics)
    headline = search.task.headline
    kept = epochs.kept_epoch(lines, headline, config.settings.train.tolerance)
    return float(lines[kept - 1][headline])


def _settle(search: Search, study: Any) -> None:
    """Write the best config so far, and remove the trainings of all other trials."""
    last = study.trials[-1]
    if not _scored(study):
        return
    best = _write_best(search, study)
    score = f"{last.value:.2f}" if last.state.name == "COMPLETE" else "stopped early"
    note(f"trial {last.number}: {score}; the best is trial {best.number} with {best.value:.2f}")
    for entry in search.home.iterdir():
        if entry.is_dir() and entry.name != best.user_attrs[RUN]:
            shutil.rmtree(entry)


def _write_best(search: Search, study: Any) -> Any:
    """Write the best config so far, and return its trial."""
    best = study.best_trial
    config = with_settings(search.config, best.params)
    about = (
        f"# Found by tune: {search.task.headline} {best.value:.2f} on valid,"
        f" trial {best.number} of {len(study.trials)}.\n"
    )
    artifacts.write_file(_best_file(search), (about + config.as_yaml()).encode())
    return best


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """Lock the folder of a search; a second process would mix up the trials."""
    lock = os.open(home, os.O_RDONLY)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise InputError(
                f"{home}: another process searches here; wait until it ends"
            ) from error
        yield
    finally:
        os.close(lock)


def _best_file(search: Search) -> Path:
    return search.home / f"{search.config.name}.yaml"


def _done(study: Any) -> int:
    """Return the number of trials that count: finished or stopped early."""
    return sum(trial.state.name in ("COMPLETE", "PRUNED") for trial in study.trials)


def _scored(study: Any) -> list[Any]:
    return [trial for trial in study.trials if trial.state.name == "COMPLETE"]


def _suggest(search: Search, trial: Any, key: str) -> Any:
    part = search.space[key]
    if not isinstance(part, Range):
        return trial.suggest_categorical(key, part)
    whole = isinstance(setting(search.config, key), int)
    if whole:
        return trial.suggest_int(key, round(part.low), round(part.high), log=part.log)
    return trial.suggest_float(key, part.low, part.high, log=part.log)


def _holds(part: Range | Sequence[Any], value: Any) -> bool:
    return part.low <= value <= part.high if isinstance(part, Range) else value in part


def _plain(part: Range | Sequence[Any]) -> Any:
    return part.model_dump() if isinstance(part, Range) else part


def _shown(values: Values) -> str:
    short = {key: f"{v:.4g}" if isinstance(v, float) else v for key, v in values.items()}
    return ", ".join(f"{key.rpartition('.')[2]} {value}" for key, value in short.items())


def _optuna() -> Any:
    try:
        import optuna
    except ImportError as error:
        raise InputError(
            "tune needs optuna, which is not installed; install the extra `tune`: pip install"
            " optuna==5.0.0"
        ) from error
    return optuna
