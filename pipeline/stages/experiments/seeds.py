"""One config trained with several seeds, to see how much scores vary by chance."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline import artifacts
from pipeline.config import Config
from pipeline.report.terminal import note
from pipeline.stages.evaluation import evaluate
from pipeline.stages.evaluation.evaluate import Result
from pipeline.stages.evaluation.score_tables import ScoreRow, print_scores
from pipeline.stages.run import Run
from pipeline.stages.training import train
from pipeline.task import Task

VALID = "valid"


@dataclass(frozen=True)
class SeedRun:
    """A run and its scores."""

    run: Run
    results: list[Result]

    @property
    def seed(self) -> int:
        """The seed of the run's config."""
        return self.run.settings.train.seed

    def score(self, split: str, metric: str) -> float:
        """Return a metric's value on a split or part, in percent."""
        result = next(result for result in self.results if result.split == split)
        return result.scores.metrics[metric]["value"]


@dataclass(frozen=True)
class Spread:
    """Mean, sample standard deviation (n - 1) and range of the scores of some runs."""

    mean: float
    deviation: float
    low: float
    high: float

    def as_dict(self) -> dict[str, float]:
        return {"mean": self.mean, "sd": self.deviation, "min": self.low, "max": self.high}


def run(task: Task, config: Config, count: int) -> list[SeedRun]:
    """Train and score `count` models, with the config's seed and those after it; best first.

    The headline metric on valid decides, so test scores do not influence what is published. The
    folder of the best run gets `seeds.json`: the spread of every metric and the names of the runs.

    Args:
        task: The task of the config.
        config: All settings but the seed.
        count: The number of models, at least 2.
    """
    first = config.settings.train.seed
    runs = []
    for seed in range(first, first + count):
        note(f"{config.name}: seed {seed}, {seed - first + 1} of {count}")
        run = train.run(task, with_seed(config, seed))
        runs.append(SeedRun(run, evaluate.of_run(run)))
        run.release()
    runs.sort(key=lambda each: each.score(VALID, task.headline), reverse=True)
    artifacts.write_json(
        runs[0].run.folder.seeds,
        {
            "seeds": [each.seed for each in runs],
            "runs": [each.run.folder.path.name for each in runs],
            "scores": {
                row.name: {name: spread.as_dict() for name, spread in row.metrics.items()}
                for row in spreads(runs)
            },
        },
    )
    return runs


def with_seed(config: Config, seed: int) -> Config:
    """Return the same settings with another seed."""
    old = config.settings
    train_settings = old.train.model_copy(update={"seed": seed})
    return replace(config, settings=old.model_copy(update={"train": train_settings}))


def spreads(runs: Sequence[SeedRun]) -> list[ScoreRow]:
    """Return a row for each split or part, with the `Spread` of the metrics that all runs have."""
    rows = []
    for result in runs[0].results:
        of_all = [
            next(other.scores.metrics for other in each.results if other.split == result.split)
            for each in runs
        ]
        shared = [name for name in of_all[0] if all(name in metrics for metrics in of_all)]
        values = {name: _spread([metrics[name]["value"] for metrics in of_all]) for name in shared}
        rows.append(ScoreRow(result.split, result.examples, values))
    return rows


def print_spreads(name: str, headline: str, runs: Sequence[SeedRun]) -> None:
    """Print mean and deviation of every metric, with the range below."""
    seeds = ", ".join(str(seed) for seed in sorted(each.seed for each in runs))
    title = f"{name}: mean ± SD and range of seeds {seeds}"
    print_scores(title, headline, spreads(runs), spread_cell)


def _spread(values: Sequence[float]) -> Spread:
    return Spread(statistics.fmean(values), statistics.stdev(values), min(values), max(values))


def spread_cell(spread: Spread, is_headline: bool) -> str:
    """Return mean and deviation, with the range on the next line."""
    del is_headline  # all metrics look the same
    return f"{spread.mean:.2f} ± {spread.deviation:.2f}\n{spread.low:.2f}-{spread.high:.2f}"
