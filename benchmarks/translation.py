"""Translation end to end: BLEU, chrF++, time, peak memory; compared with the baseline.

python benchmarks/translation.py                          all cells below
python benchmarks/translation.py multi30k --seeds 3       only these, and the mean over the seeds

There is one cell for each config and seed, one for the baseline of each config, and one for
`multi30k` without attention; its scores by source length show what attention contributes.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any

from cells import Cell, baseline_cell, run
from seeds import parse_arguments, summarize

CONFIGS = ("flights_zh_en", "flights_en_zh", "multi30k", "multi30k_best", "tatoeba_en_zh")
COLUMNS = ("bleu", "chrf", "bleu_lowercased", "value_fidelity")
ABLATION_CONFIG, NO_ATTENTION = "multi30k", ("model.attention=none",)
LENGTHS = "by source length"
Result = dict[str, Any]


def main() -> None:
    configs, seeds = parse_arguments(__doc__.splitlines()[0], CONFIGS)
    results = {
        config: (
            run([model_cell(config, seed) for seed in seeds]),
            run([baseline_cell("translation", config)]),
        )
        for config in configs
    }
    if ABLATION_CONFIG in results:
        without = run([model_cell(ABLATION_CONFIG, 1, NO_ATTENTION, "-without_attention")])
    from pipeline.report.terminal import print_table

    header = ("split", "minutes", "GB", *(name.replace("_", " ") for name in COLUMNS))
    for config, (models, baselines) in results.items():
        title = f"{config}: mean ± SD of seeds 1 to {len(models)}; 95 % interval for a single run"
        rows = [*table_rows("", models), *table_rows("baseline ", baselines)]
        print_table(title, header, rows)
        if config == ABLATION_CONFIG:
            print_table(f"{config} without attention", header, table_rows("", without))
            print_table("BLEU by source length, test", *by_length(models[0], without[0]))


def model_cell(config: str, seed: int, overrides: Sequence[str] = (), suffix: str = "") -> Cell:
    name = f"translation-{config}{suffix}-seed{seed}"
    return Cell(name, config, (f"train.seed={seed}", *overrides))


def table_rows(prefix: str, results: Sequence[Result]) -> list[tuple[str, ...]]:
    """Return one row per split; `prefix` is put before the split's name."""
    rows = []
    seconds = statistics.mean(each.get("training_seconds", each["seconds"]) for each in results)
    memory = max(result["peak_memory_gb"] for result in results)
    for split in results[0]["scores"]:
        scores = [result["scores"][split]["metrics"] for result in results]
        values = (summarize([each[c] for each in scores if c in each]) for c in COLUMNS)
        rows.append((f"{prefix}{split}", f"{seconds / 60:.1f}", f"{memory:.1f}", *values))
    return rows


def by_length(attention: Result, without: Result) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return the columns and rows of a table of two models' BLEU by source length."""
    tables = [result["tables"]["test"][LENGTHS]["rows"] for result in (attention, without)]
    header = ("words", "examples", "with attention", "without")
    rows = [
        (str(row[0]), str(row[1]), f"{row[2]:.2f}", f"{other[2]:.2f}")
        for row, other in zip(*tables, strict=True)
    ]
    return header, rows


if __name__ == "__main__":
    main()
