"""Slot filling end to end: scores, training time, peak memory, beside the CRF + SVM floor.

python benchmarks/slots.py                       all cells below
python benchmarks/slots.py atis --seeds 3        these only, and the mean over the seeds

A cell for each config and seed, and one for the floor of each config. Sets that begin with `stress`
are the test set with other slot values, as `evaluate --stress` makes them.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Sequence
from typing import Any

from cells import Cell, run

CONFIGS = ("flights_slots", "atis", "snips", "smp2019")
COLUMNS = (
    "slot_f1",
    "intent_accuracy",
    "intent_accuracy_any_of",
    "sentence_accuracy",
    "role_accuracy",
    "role_f1",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("configs", nargs="*", default=CONFIGS, metavar="CONFIG")
    parser.add_argument("--seeds", type=int, default=1, help="seeds 1 to N of each config")
    arguments = parser.parse_args()
    seeds = range(1, arguments.seeds + 1)
    measured = {
        config: (
            run([cell(config, seed) for seed in seeds]),
            run([Cell(f"slots-{config}-floor", config, kind="floor")])[0],
        )
        for config in arguments.configs
    }
    from pipeline.report.terminal import print_table

    header = ("set", "minutes", *(name.replace("_", " ") for name in COLUMNS))
    for config, (models, floor) in measured.items():
        title = f"{config}: mean ± SD of seeds 1 to {len(models)}; below it the floor"
        print_table(title, header, rows(models, floor))


def cell(config: str, seed: int) -> Cell:
    return Cell(f"slots-{config}-seed{seed}", config, (f"train.seed={seed}",), "stressed")


def rows(models: Sequence[dict[str, Any]], floor: dict[str, Any]) -> list[tuple[str, ...]]:
    """A row a set, the mean over the seeds; under it the floor, where it was scored there."""
    found = []
    minutes = statistics.mean(model["training_seconds"] for model in models) / 60
    for name in models[0]["scores"]:
        values = [
            spread([model["scores"][name]["metrics"].get(metric) for model in models])
            for metric in COLUMNS
        ]
        found.append((name, f"{minutes:.1f}" if name == "test" else "", *values))
        if name in floor["scores"]:
            metrics = floor["scores"][name]["metrics"]
            found.append(("  floor", "", *(spread([metrics.get(m)]) for m in COLUMNS)))
    return found


def spread(metrics: Sequence[dict[str, float] | None]) -> str:
    """Mean and standard deviation of some runs; of one, its value; nothing where it has none."""
    values = [metric["value"] for metric in metrics if metric is not None]
    if not values:
        return ""
    deviation = f" ± {statistics.stdev(values):.2f}" if len(values) > 1 else ""
    return f"{statistics.mean(values):.2f}{deviation}"


if __name__ == "__main__":
    main()
