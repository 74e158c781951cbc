"""Translation end to end: BLEU and chrF++ with signatures, time, memory, beside the floor.

python benchmarks/translation.py                          all cells below
python benchmarks/translation.py multi30k --seeds 3       these only, and the mean over the seeds

A cell for each config and seed, one for the floor of each config, and one for `multi30k` without
attention, whose scores by the length of the source say what attention is for.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Sequence
from typing import Any

from cells import Cell, run

CONFIGS = ("flights_zh_en", "flights_en_zh", "multi30k", "multi30k_best", "tatoeba_en_zh")
COLUMNS = ("bleu", "chrf", "bleu_lowercased", "value_fidelity")
WITHOUT = ("multi30k", "model.attention=none")
LENGTHS = "by source length"
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
    if WITHOUT[0] in measured:
        without = run([cell(WITHOUT[0], 1, WITHOUT[1:], "-without_attention")])
    from pipeline.report.terminal import print_table

    header = ("set", "minutes", "GB", *(name.replace("_", " ") for name in COLUMNS))
    for config, (models, floors) in measured.items():
        title = f"{config}: mean ± SD of seeds 1 to {len(models)}; 95 % interval where it is one"
        print_table(title, header, [*rows("", models), *rows("floor ", floors)])
        if config == WITHOUT[0]:
            print_table(f"{config} without attention", header, rows("", without))
            print_table("BLEU by source length, test", *by_length(models[0], without[0]))


def cell(config: str, seed: int, changed: Sequence[str] = (), suffix: str = "") -> Cell:
    name = f"translation-{config}{suffix}-seed{seed}"
    return Cell(name, config, (f"train.seed={seed}", *changed))


def floor(config: str) -> Cell:
    return Cell(f"translation-{config}-floor", config, kind="floor")


def rows(title: str, models: Sequence[Measured]) -> list[tuple[str, ...]]:
    """A row a set."""
    found = []
    for name in models[0]["scores"]:
        minutes = statistics.mean(m.get("training_seconds", m["seconds"]) for m in models) / 60
        memory = max(model["peak_memory_gb"] for model in models)
        scores = [model["scores"][name]["metrics"] for model in models]
        values = (spread([each[c] for each in scores if c in each]) for c in COLUMNS)
        found.append((f"{title}{name}", f"{minutes:.1f}", f"{memory:.1f}", *values))
    return found


def spread(metrics: Sequence[dict[str, float]]) -> str:
    """Mean and standard deviation of several runs; of one, its value and its interval."""
    values = [metric["value"] for metric in metrics]
    if len(values) > 1:
        return f"{statistics.mean(values):.2f} ± {statistics.stdev(values):.2f}"
    return f"{values[0]:.2f} ({metrics[0]['low']:.1f}-{metrics[0]['high']:.1f})" if values else "-"


def by_length(one: Measured, other: Measured) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """BLEU of two models at each length of the source, the table's columns first."""
    tables = [model["tables"]["test"][LENGTHS]["rows"] for model in (one, other)]
    header = ("words", "examples", "with attention", "without")
    lines = [
        (str(row[0]), str(row[1]), f"{row[2]:.2f}", f"{beside[2]:.2f}")
        for row, beside in zip(*tables, strict=True)
    ]
    return header, lines


if __name__ == "__main__":
    main()
