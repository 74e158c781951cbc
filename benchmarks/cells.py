"""One cell of a benchmark: a config with overrides, trained and scored in a process of its own.

python benchmarks/cells.py KIND FILE CONFIG [KEY=VALUE ...]      what the benchmarks call

KIND is `model`, `stressed` (scored also on the harder sets that the task makes of test) or `floor`
(the task's cheap reference model in place of ours).
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
MOST_ROWS = 12  # of a table that a result keeps


class Cell(NamedTuple):
    """What is measured: its file is `results/<name>.json`."""

    name: str
    config: str
    overrides: tuple[str, ...] = ()
    kind: str = "model"

    @property
    def file(self) -> Path:
        return RESULTS / f"{self.name}.json"


def run(cells: Sequence[Cell]) -> list[dict[str, Any]]:
    """Measures the cells that have no file yet, and gives what stands in all their files."""
    for cell in cells:
        if not cell.file.exists():
            command = [sys.executable, __file__, cell.kind, str(cell.file), cell.config]
            subprocess.run([*command, *cell.overrides], check=True)
    return [json.loads(cell.file.read_text(encoding="utf-8")) for cell in cells]


def measure(kind: str, file: Path, name: str, overrides: list[str]) -> None:
    """Measures one cell and writes its file."""
    from pipeline.start import quiet_start

    with quiet_start():
        from pipeline.artifacts import write_json
        from pipeline.config import load_config
        from pipeline.stages.training import environment
        from pipeline.tasks import find_task, schema_of

    config = load_config(name, schema_of, overrides)
    began = time.perf_counter()
    found = KINDS[kind](find_task(config.task), config)
    cell = {
        "config": name,
        "overrides": overrides,
        "seed": config.settings.train.seed,
        "config_hash": config.digest(),
    }
    seconds = round(time.perf_counter() - began, 1)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    facts = {"cell": cell, "environment": environment.facts()}
    # What other programs of the machine cost is in `seconds` and not in these.
    busy = round(time.process_time(), 1)
    measured = {"seconds": seconds, "cpu_seconds": busy, "peak_memory_gb": memory}
    file.parent.mkdir(exist_ok=True)
    write_json(file, {**facts, **measured, **found})


def of_model(task: Any, config: Any, stressed: bool = False) -> dict[str, Any]:
    """Trains, and scores the best weights on every split and its parts."""
    from pipeline.artifacts import read_json
    from pipeline.stages.evaluation import evaluate
    from pipeline.stages.training import train
    from pipeline.stages.training.epochs import read_metrics

    began = time.perf_counter()
    run = train.run(task, config)
    trained = time.perf_counter() - began
    results = evaluate.of_run(run)
    if stressed:
        results += evaluate.of_run_under_stress(run, "test")
    epochs = read_metrics(run.folder.metrics)
    return {
        "data": read_json(run.folder.environment)["data"],
        "epochs": len(epochs),
        "training_seconds": round(sum(epoch["seconds"] for epoch in epochs), 1),
        "train_stage_seconds": round(trained, 1),
        "valid": {task.headline: max(epoch[task.headline] for epoch in epochs)},
        "scores": {result.split: result.as_dict() for result in results},
        "tables": {result.split: tables(result.scores) for result in results},
    }


def tables(scores: Any) -> dict[str, Any]:
    """The small ones, such as scores by the length of a source; long ones are in the report."""
    return {
        table.title: {"columns": list(table.columns), "rows": [list(row) for row in table.rows]}
        for table in scores.tables
        if len(table.rows) <= MOST_ROWS
    }


def of_floor(task: Any, config: Any) -> dict[str, Any]:
    """Fits the floor, and scores it on test and under stress."""
    from pipeline.stages.evaluation import evaluate

    results = evaluate.of_baseline(task, config, "test")
    return {"scores": {result.split: result.as_dict() for result in results}}


KINDS = {"model": of_model, "stressed": partial(of_model, stressed=True), "floor": of_floor}

if __name__ == "__main__":
    measure(sys.argv[1], Path(sys.argv[2]), sys.argv[3], sys.argv[4:])
