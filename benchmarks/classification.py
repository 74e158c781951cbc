"""Text classification end to end, a cell for each config and seed: scores, time, peak memory.

python benchmarks/classification.py                       all cells below
python benchmarks/classification.py trec6 --seeds 3       these only, and the mean over the seeds
"""

from __future__ import annotations

import argparse
import statistics
from typing import Any

from cells import Cell, run

CONFIGS = ("flights_intents", "trec6", "sst2", "ag_news", "tnews", "imdb")
COLUMNS = ("accuracy", "macro_f1")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("configs", nargs="*", default=CONFIGS, metavar="CONFIG")
    parser.add_argument("--seeds", type=int, default=1, help="seeds 1 to N of each config")
    arguments = parser.parse_args()
    seeds = range(1, arguments.seeds + 1)
    measured = {
        config: run(
            [
                Cell(f"classes-{config}-seed{seed}", config, (f"train.seed={seed}",))
                for seed in seeds
            ]
        )
        for config in arguments.configs
    }
    from pipeline.report.terminal import print_table

    rows = [row for config, cells in measured.items() for row in _rows(config, cells)]
    print_table("text classification", ("cell", "seed", "minutes", "accuracy", "macro F1"), rows)


def _rows(config: str, cells: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """A row a split of each seed, then the mean and the standard deviation on test."""
    rows = [
        (
            f"{config} {split}",
            cell["cell"]["seed"],
            f"{cell['training_seconds'] / 60:.1f}",
            *(f"{scored['metrics'][name]['value']:.2f}" for name in COLUMNS),
        )
        for cell in cells
        for split, scored in cell["scores"].items()
    ]
    if len(cells) > 1:
        minutes = statistics.mean(cell["training_seconds"] for cell in cells) / 60
        spread = [
            [cell["scores"]["test"]["metrics"][name]["value"] for cell in cells] for name in COLUMNS
        ]
        values = [f"{statistics.mean(v):.2f} ± {statistics.stdev(v):.2f}" for v in spread]
        rows.append((f"{config} test", "mean", f"{minutes:.1f}", *values))
    return rows


if __name__ == "__main__":
    main()
