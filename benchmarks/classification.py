"""Text classification end to end: scores, time, peak memory, beside the floor and fastText.

python benchmarks/classification.py                       all cells below
python benchmarks/classification.py trec6 --seeds 3       these only, and the mean over the seeds

A cell for each config and seed, and one for the floor of each config (TF-IDF and a linear support
vector machine). fastText stands below where `fast_text.py` has measured it.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Sequence
from typing import Any

from cells import RESULTS, Cell, run

CONFIGS = ("flights_intents", "trec6", "sst2", "ag_news", "tnews", "imdb")
COLUMNS = ("accuracy", "macro_f1", "micro_f1")
FLOOR, FAST_TEXT = "  floor", "  fastText"
Measured = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("configs", nargs="*", default=CONFIGS, metavar="CONFIG")
    parser.add_argument("--seeds", type=int, default=1, help="seeds 1 to N of each config")
    arguments = parser.parse_args()
    seeds = range(1, arguments.seeds + 1)
    measured = {
        config: (run([cell(config, seed) for seed in seeds]), run([floor(config)]))
        for config in arguments.configs
    }
    from pipeline.report.terminal import print_table

    header = ("set", "minutes", "GB", *(name.replace("_", " ") for name in COLUMNS))
    for config, (models, floors) in measured.items():
        title = (
            f"{config}: mean ± SD of seeds 1 to {len(models)}; 95 % interval where it is one run"
        )
        print_table(title, header, rows(models, {FLOOR: floors, FAST_TEXT: fast_text(config)}))


def cell(config: str, seed: int) -> Cell:
    return Cell(f"classes-{config}-seed{seed}", config, (f"train.seed={seed}",))


def floor(config: str) -> Cell:
    return Cell(f"classes-{config}-floor", config, kind="floor")


def fast_text(config: str) -> list[Measured]:
    """Every seed that `fast_text.py` has measured."""
    files = sorted(RESULTS.glob(f"fasttext-{config}-seed*.json"))
    return [json.loads(file.read_text(encoding="utf-8")) for file in files]


def rows(models: Sequence[Measured], others: dict[str, list[Measured]]) -> list[tuple[str, ...]]:
    """A row a set, of our models; under it the others', where they were scored there."""
    found = []
    for name in models[0]["scores"]:
        found.append(_row(name, name, models))
        for title, runs in others.items():
            if runs and name in runs[0]["scores"]:
                found.append(_row(title, name, runs))
    return found


def _row(title: str, name: str, runs: Sequence[Measured]) -> tuple[str, ...]:
    minutes = statistics.mean(run.get("training_seconds", run["seconds"]) for run in runs) / 60
    memory = max(run["peak_memory_gb"] for run in runs)
    scores = [run["scores"][name]["metrics"] for run in runs]
    values = (spread([metrics[column] for metrics in scores]) for column in COLUMNS)
    return (title, f"{minutes:.1f}", f"{memory:.1f}", *values)


def spread(metrics: Sequence[dict[str, float]]) -> str:
    """Mean and standard deviation of several runs; of one, its value and its interval."""
    values = [metric["value"] for metric in metrics]
    if len(values) > 1:
        return f"{statistics.mean(values):.2f} ± {statistics.stdev(values):.2f}"
    return f"{values[0]:.2f} ({metrics[0]['low']:.1f}-{metrics[0]['high']:.1f})"


if __name__ == "__main__":
    main()
