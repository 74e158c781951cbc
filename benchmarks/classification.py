"""Text classification end to end: scores, time, peak memory; compared with baseline and fastText.

python benchmarks/classification.py                       all cells below
python benchmarks/classification.py trec6 --seeds 3       only these, and the mean over the seeds

There is one cell for each config and seed, and one for the baseline of each config (TF-IDF and a
linear support vector machine). fastText is listed below where `fast_text.py` has measured it.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from typing import Any

from cells import RESULTS, Cell, baseline_cell, run
from seeds import parse_arguments, summarize

CONFIGS = ("flights_intents", "trec6", "sst2", "ag_news", "tnews", "imdb")
COLUMNS = ("accuracy", "macro_f1", "micro_f1")
BASELINE, FAST_TEXT = "  baseline", "  fastText"
Result = dict[str, Any]


def main() -> None:
    configs, seeds = parse_arguments(__doc__.splitlines()[0], CONFIGS)
    results = {
        config: (
            run([model_cell(config, seed) for seed in seeds]),
            run([baseline_cell("classes", config)]),
        )
        for config in configs
    }
    from pipeline.report.terminal import print_table

    header = ("split", "minutes", "GB", *(name.replace("_", " ") for name in COLUMNS))
    for config, (models, baselines) in results.items():
        title = f"{config}: mean ± SD of seeds 1 to {len(models)}; 95 % interval for a single run"
        others = {BASELINE: baselines, FAST_TEXT: fast_text_results(config)}
        print_table(title, header, table_rows(models, others))


def model_cell(config: str, seed: int) -> Cell:
    return Cell(f"classes-{config}-seed{seed}", config, (f"train.seed={seed}",))


def fast_text_results(config: str) -> list[Result]:
    """Read the results of all seeds that `fast_text.py` has measured."""
    files = sorted(RESULTS.glob(f"fasttext-{config}-seed*.json"))
    return [json.loads(file.read_text(encoding="utf-8")) for file in files]


def table_rows(models: Sequence[Result], others: dict[str, list[Result]]) -> list[tuple[str, ...]]:
    """Return one row per split for our models, and below it those of the others that have it."""
    rows = []
    for split in models[0]["scores"]:
        rows.append(_row(split, split, models))
        for title, results in others.items():
            if results and split in results[0]["scores"]:
                rows.append(_row(title, split, results))
    return rows


def _row(title: str, split: str, results: Sequence[Result]) -> tuple[str, ...]:
    seconds = statistics.mean(each.get("training_seconds", each["seconds"]) for each in results)
    memory = max(result["peak_memory_gb"] for result in results)
    scores = [result["scores"][split]["metrics"] for result in results]
    values = (summarize([metrics[column] for metrics in scores]) for column in COLUMNS)
    return (title, f"{seconds / 60:.1f}", f"{memory:.1f}", *values)


if __name__ == "__main__":
    main()
