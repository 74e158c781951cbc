"""Slot filling end to end, a cell for each config and seed: scores, training time, peak memory.

    python benchmarks/slots.py                       all cells below
    python benchmarks/slots.py atis --seeds 3        these only

Each cell trains in a process of its own, so that peak memory is the cell's.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

CONFIGS = ("flights_slots", "atis", "snips", "smp2019")
RESULTS = HERE / "results"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("configs", nargs="*", default=CONFIGS, metavar="CONFIG")
    parser.add_argument("--seeds", type=int, default=1, help="seeds 1 to N of each config")
    parser.add_argument("--cell", nargs=2, metavar=("CONFIG", "SEED"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.cell:
        measure(arguments.cell[0], int(arguments.cell[1]))
        return
    cells = [(c, seed) for c in arguments.configs for seed in range(1, arguments.seeds + 1)]
    for config, seed in cells:
        if result_file(config, seed).exists():
            continue
        command = [sys.executable, str(Path(__file__)), "--cell", config, str(seed)]
        subprocess.run(command, check=True)
    print_cells([result_file(config, seed) for config, seed in cells])


def result_file(config: str, seed: int) -> Path:
    return RESULTS / f"slots-{config}-seed{seed}.json"


def measure(name: str, seed: int) -> None:
    """Trains one cell, scores its best weights on every split and part, writes its file."""
    from main import quiet_start

    with quiet_start():
        from pipeline.artifacts import read_json, write_json
        from pipeline.config import load_config
        from pipeline.stages import environment, evaluate, train
        from pipeline.stages.epochs import read_metrics
        from pipeline.tasks import find_task, schema_of

    config = load_config(name, schema_of, [f"train.seed={seed}"])
    task = find_task(config.task)
    began = time.perf_counter()
    folder = train.run(task, config)
    trained = time.perf_counter() - began
    results = evaluate.of_run(task, config, folder)
    epochs = read_metrics(folder)
    write_json(
        result_file(name, seed),
        {
            "cell": {"config": name, "seed": seed, "config_hash": config.digest()},
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


def print_cells(files: list[Path]) -> None:
    """The finished cells as a table, a row a split or part."""
    from pipeline.report.terminal import print_table

    rows = []
    for file in files:
        cell = json.loads(file.read_text(encoding="utf-8"))
        minutes = cell["training_seconds"] / 60
        for split, scored in cell["scores"].items():
            values = [f"{metric['value']:.2f}" for metric in scored["metrics"].values()]
            name = f"{cell['cell']['config']} {split}"
            rows.append((name, cell["cell"]["seed"], f"{minutes:.1f}", *values[:4]))
    columns = ("cell", "seed", "minutes", "slot F1", "intent", "any-of", "sentence")
    print_table("slot filling", columns, rows)


if __name__ == "__main__":
    main()
