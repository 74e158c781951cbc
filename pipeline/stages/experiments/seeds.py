"""One config trained with several seeds: how far a score moves by chance alone."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline import artifacts
from pipeline.config import Config
from pipeline.report.terminal import note
from pipeline.stages.evaluation import evaluate
from pipeline.stages.evaluation.evaluate import Result
from pipeline.stages.evaluation.score_tables import Row, print_scores
from pipeline.stages.training import train
from pipeline.task import Task

FILE = "seeds.json"
VALID = "valid"


@dataclass(frozen=True)
class SeedRun:
    """A config with its seed, its run folder and the run's scores."""

    config: Config
    folder: Path
    results: list[Result]

    @property
    def seed(self) -> int:
        return int(self.config.settings.train.seed)

    def score(self, split: str, metric: str) -> float:
        """A metric's value on a split or part, in percent."""
        result = next(result for result in self.results if result.split == split)
        return result.scores.metrics[metric]["value"]


@dataclass(frozen=True)
class Spread:
    """Mean, standard deviation (of a sample: n - 1) and range of some runs' scores."""

    mean: float
    deviation: float
    low: float
    high: float

    def as_dict(self) -> dict[str, float]:
        return {"mean": self.mean, "sd": self.deviation, "min": self.low, "max": self.high}


def run(task: Task, config: Config, count: int) -> list[SeedRun]:
    """Trains and scores `count` models, with the config's seed and those after it; best first.

    Best is by the headline on valid, so that no test score has a say in what is published. The best
    run's folder gets `seeds.json`: the spread of every metric, and the runs that it is of.

    Args:
        task: The config's.
        config: All settings but the seed.
        count: How many; at least 2.
    """
    first = config.settings.train.seed
    runs = []
    for seed in range(first, first + count):
        note(f"{config.name}: seed {seed}, {seed - first + 1} of {count}")
        seeded = with_seed(config, seed)
        folder = train.run(task, seeded)
        runs.append(SeedRun(seeded, folder, evaluate.of_run(task, seeded, folder)))
    runs.sort(key=lambda done: done.score(VALID, task.headline), reverse=True)
    found = spreads(runs)
    artifacts.write_json(
        runs[0].folder / FILE,
        {
            "seeds": [done.seed for done in runs],
            "runs": [done.folder.name for done in runs],
            "scores": {
                row.name: {name: spread.as_dict() for name, spread in row.metrics.items()}
                for row in found
            },
        },
    )
    return runs


def with_seed(config: Config, seed: int) -> Config:
    """The same settings with another seed."""
    old = config.settings
    fitting = old.train.model_copy(update={"seed": seed})
    return replace(config, settings=old.model_copy(update={"train": fitting}))


def spreads(runs: Sequence[SeedRun]) -> list[Row]:
    """A row a split or part, with the `Spread` of every metric that all runs have there."""
    rows = []
    for result in runs[0].results:
        of_all = [
            next(other.scores.metrics for other in done.results if other.split == result.split)
            for done in runs
        ]
        shared = [name for name in of_all[0] if all(name in metrics for metrics in of_all)]
        values = {name: _spread([metrics[name]["value"] for metrics in of_all]) for name in shared}
        rows.append(Row(result.split, result.examples, values))
    return rows


def print_spreads(name: str, headline: str, runs: Sequence[SeedRun]) -> None:
    """Mean and deviation, below them the range, for every metric."""
    seeds = ", ".join(str(seed) for seed in sorted(done.seed for done in runs))
    title = f"{name}: mean ± SD and range of seeds {seeds}"
    print_scores(title, headline, spreads(runs), spread_cell)


def _spread(values: Sequence[float]) -> Spread:
    return Spread(statistics.fmean(values), statistics.stdev(values), min(values), max(values))


def spread_cell(spread: Spread, is_headline: bool) -> str:
    """Mean and deviation, the range below them."""
    del is_headline  # all metrics look the same
    return f"{spread.mean:.2f} ± {spread.deviation:.2f}\n{spread.low:.2f}-{spread.high:.2f}"
