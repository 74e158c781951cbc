"""One cell of a benchmark: a config with overrides, trained and scored in a separate process.

python benchmarks/cells.py KIND FILE CONFIG [KEY=VALUE ...]      called by the benchmarks

KIND is `model`, `stressed` (the model is also scored on the harder sets that the task derives from
test) or `baseline` (the task's cheap reference model). `floor` is the older name of `baseline`;
result files keep it.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

RESULTS = HERE / "results"
MAX_TABLE_ROWS = 12  # longer tables are left out of the result file


class Cell(NamedTuple):
    """One measurement; its result is written to `results/<name>.json`."""

    name: str
    config: str
    overrides: tuple[str, ...] = ()
    kind: str = "model"

    @property
    def file(self) -> Path:
        return RESULTS / f"{self.name}.json"


def baseline_cell(benchmark: str, config: str) -> Cell:
    """Return the cell of a config's baseline."""
    return Cell(f"{benchmark}-{config}-floor", config, kind="baseline")


def run(cells: Sequence[Cell]) -> list[dict[str, Any]]:
    """Measure the cells that have no result file yet, and return the results of all cells."""
    for cell in cells:
        if not cell.file.exists():
            command = [sys.executable, __file__, cell.kind, str(cell.file), cell.config]
            subprocess.run([*command, *cell.overrides], check=True)
    return [json.loads(cell.file.read_text(encoding="utf-8")) for cell in cells]


def measure(kind: str, file: Path, name: str, overrides: list[str]) -> None:
    """Measure one cell and write its result file."""
    from pipeline.start import quiet_start

    with quiet_start():
        from pipeline.artifacts import write_json
        from pipeline.config import load_config
        from pipeline.stages.training import environment
        from pipeline.tasks import find_task, schema_of

    config = load_config(name, schema_of, overrides)
    start = time.perf_counter()
    result = KINDS[kind](find_task(config.task), config)
    cell = {
        "config": name,
        "overrides": overrides,
        "seed": config.settings.train.seed,
        "config_hash": config.digest(),
    }
    seconds = round(time.perf_counter() - start, 1)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    facts = {"cell": cell, "environment": environment.facts()}
    # Other programs on the machine lengthen `seconds` but not `cpu_seconds`.
    cpu_seconds = round(time.process_time(), 1)
    costs = {"seconds": seconds, "cpu_seconds": cpu_seconds, "peak_memory_gb": memory}
    file.parent.mkdir(exist_ok=True)
    write_json(file, {**facts, **costs, **result})


def measure_model(task: Any, config: Any, stressed: bool = False) -> dict[str, Any]:
    """Train a model and score its best weights on every split and its parts."""
    from pipeline.artifacts import read_json
    from pipeline.stages.evaluation import evaluate
    from pipeline.stages.training import train
    from pipeline.stages.training.epochs import read_metrics

    start = time.perf_counter()
    run = train.run(task, config)
    stage_seconds = time.perf_counter() - start
    results = evaluate.of_run(run)
    if stressed:
        results += evaluate.of_run_under_stress(run, "test")
    epochs = read_metrics(run.folder.metrics)
    return {
        "data": read_json(run.folder.environment)["data"],
        "epochs": len(epochs),
        "training_seconds": round(sum(epoch["seconds"] for epoch in epochs), 1),
        "train_stage_seconds": round(stage_seconds, 1),
        "valid": {task.headline: max(epoch[task.headline] for epoch in epochs)},
        "scores": {result.split: result.as_dict() for result in results},
        "tables": {result.split: small_tables(result.scores) for result in results},
    }


def small_tables(scores: Any) -> dict[str, Any]:
    """Return the small tables, such as scores by source length; the report has the long ones."""
    return {
        table.title: {"columns": list(table.columns), "rows": [list(row) for row in table.rows]}
        for table in scores.tables
        if len(table.rows) <= MAX_TABLE_ROWS
    }


def measure_baseline(task: Any, config: Any) -> dict[str, Any]:
    """Fit the baseline and score it on test and under stress."""
    from pipeline.stages.evaluation import evaluate

    results = evaluate.of_baseline(task, config, "test")
    return {"scores": {result.split: result.as_dict() for result in results}}


KINDS = {
    "model": measure_model,
    "stressed": partial(measure_model, stressed=True),
    "baseline": measure_baseline,
    "floor": measure_baseline,
}

if __name__ == "__main__":
    measure(sys.argv[1], Path(sys.argv[2]), sys.argv[3], sys.argv[4:])
