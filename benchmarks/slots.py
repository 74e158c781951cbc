"""Slot filling end to end: scores and training time, compared with the baseline (CRF + SVM).

python benchmarks/slots.py                       all cells below
python benchmarks/slots.py atis --seeds 3        only these, and the mean over the seeds

There is one cell for each config and seed, and one for the baseline of each config. Splits whose
name begins with `stress` are the test set with other slot values, as `evaluate --stress` makes
them.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any

from cells import Cell, baseline_cell, run
from seeds import parse_arguments, summarize

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
    configs, seeds = parse_arguments(__doc__.splitlines()[0], CONFIGS)
    results = {
        config: (
            run([model_cell(config, seed) for seed in seeds]),
            run([baseline_cell("slots", config)])[0],
        )
        for config in configs
    }
    from pipeline.report.terminal import print_table

    header = ("split", "minutes", *(name.replace("_", " ") for name in COLUMNS))
    for config, (models, baseline) in results.items():
        title = f"{config}: mean ± SD of seeds 1 to {len(models)}; below it the baseline"
        print_table(title, header, table_rows(models, baseline))


def model_cell(config: str, seed: int) -> Cell:
    return Cell(f"slots-{config}-seed{seed}", config, (f"train.seed={seed}",), "stressed")


def table_rows(models: Sequence[dict[str, Any]], baseline: dict[str, Any]) -> list[tuple[str, ...]]:
    """Return one row per split, and below it the baseline's row if the baseline has that split."""
    rows = []
    minutes = statistics.mean(model["training_seconds"] for model in models) / 60
    for split in models[0]["scores"]:
        row_minutes = f"{minutes:.1f}" if split == "test" else ""
        rows.append((split, row_minutes, *_scores(models, split)))
        if split in baseline["scores"]:
            rows.append(("  baseline", "", *_scores([baseline], split)))
    return rows


def _scores(results: Sequence[dict[str, Any]], split: str) -> list[str]:
    metrics = [result["scores"][split]["metrics"] for result in results]
    return [
        summarize([each[column] for each in metrics if each.get(column)], interval=False)
        for column in COLUMNS
    ]


if __name__ == "__main__":
    main()
