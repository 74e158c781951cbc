"""One cell of a benchmark: a config with overrides, trained and scored in a process of its own.

python benchmarks/cells.py FILE CONFIG [KEY=VALUE ...]      what the benchmarks call
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

RESULTS = HERE / "results"


class Cell(NamedTuple):
    """What is measured: its file is `results/<name>.json`."""

    name: str
    config: str
    overrides: tuple[str, ...] = ()

    @property
    def file(self) -> Path:
        return RESULTS / f"{self.name}.json"


def run(cells: list[Cell]) -> list[dict[str, Any]]:
    """Measures the cells that have no file yet, and gives what stands in all their files."""
    for cell in cells:
        if not cell.file.exists():
            command = [sys.executable, __file__, str(cell.file), cell.config, *cell.overrides]
            subprocess.run(command, check=True)
    return [json.loads(cell.file.read_text(encoding="utf-8")) for cell in cells]


def measure(file: Path, name: str, overrides: list[str]) -> None:
    """Trains, scores the best weights on every split and part, and writes the cell's file."""
    from main import quiet_start

    with quiet_start():
        from pipeline.artifacts import read_json, write_json
        from pipeline.config import load_config
        from pipeline.stages import environment, evaluate, train
        from pipeline.stages.epochs import read_metrics
        from pipeline.tasks import find_task, schema_of

    config = load_config(name, schema_of, overrides)
    task = find_task(config.task)
    began = time.perf_counter()
    folder = train.run(task, config)
    trained = time.perf_counter() - began
    results = evaluate.of_run(task, config, folder)
    epochs = read_metrics(folder)
    write_json(
        file,
        {
            "cell": {
                "config": name,
                "overrides": overrides,
                "seed": config.settings.train.seed,
                "config_hash": config.digest(),
            },
            "environment": environment.facts(),
            "data": read_json(folder / environment.FILE)["data"],
            "epochs": len(epochs),
            "training_seconds": round(sum(epoch["seconds"] for epoch in epochs), 1),
            "train_stage_seconds": round(trained, 1),
            "peak_memory_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
            "valid": {task.headline: max(epoch[task.headline] for epoch in epochs)},
            "scores": {result.split: result.as_dict() for result in results},
        },
    )


if __name__ == "__main__":
    measure(Path(sys.argv[1]), sys.argv[2], sys.argv[3:])
