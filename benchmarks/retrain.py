"""Retraining on real data: what the model learns, what it forgets, and how long it takes.

    python benchmarks/retrain.py [SCENARIO ...] [--seeds 3] [--set KEY=VALUE ...]

A cell is one scenario of `scenarios.py` with one seed. A model is trained without some data,
published, retrained with that data, and compared on the same test rows with a model trained from
scratch on all data. The data of `poison` must be rejected; `kill` kills a retraining ten times.

Trained models stay in `runs/benchmark_retrain/` and are reused, so that another way to retrain can
be tried in minutes. Delete that folder after a change of the training code.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from cells import HERE, RESULTS
from scenarios import KILL, SCENARIOS, Scenario, city_f1

ROOT = HERE.parent
WORK = ROOT / "runs" / "benchmark_retrain"
TRAINED = WORK / "trained"  # shared by all scenarios
MODELS = "models"
KILLS = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="settings")
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)  # measure one cell into it
    arguments = parser.parse_args()
    names = arguments.scenarios or [*SCENARIOS, KILL]
    unknown = sorted({*names} - {*SCENARIOS, KILL})
    if unknown:
        parser.error(
            f"unknown scenario {unknown[0]}; expected one of {', '.join([*SCENARIOS, KILL])}"
        )
    if arguments.file:
        measure(names[0], arguments.seeds, arguments.settings, arguments.file)
        return
    for name in names:
        for seed in range(1, arguments.seeds + 1):
            file = RESULTS / f"retrain-{name}-{seed}.json"
            if not file.exists():
                command = [sys.executable, __file__, name, "--seeds", str(seed), "--file", file]
                settings = [f"--set={setting}" for setting in arguments.settings]
                subprocess.run([*map(str, command), *settings], check=True)
            print_result(file.stem, json.loads(file.read_text(encoding="utf-8")))


def measure(name: str, seed: int, settings: list[str], file: Path) -> None:
    """Measure one cell and write its result file."""
    from pipeline.start import quiet_start

    with quiet_start():
        from pipeline import artifacts
        from pipeline.stages.training import environment

    folder = WORK / name / f"seed{seed}"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(folder / MODELS, ignore_errors=True)  # left by an earlier try
    start = time.perf_counter()
    if name == KILL:
        result = measure_kills(folder, seed, settings)
    else:
        result = measure_retraining(name, folder, seed, settings)
    facts = {
        "cell": {"scenario": name, "seed": seed, "overrides": settings},
        "environment": environment.facts(),
        "seconds": round(time.perf_counter() - start, 1),
    }
    artifacts.write_json(file, {**facts, **result})


def measure_retraining(name: str, folder: Path, seed: int, settings: list[str]) -> dict[str, Any]:
    """Train without the new data, publish, retrain with it, and train on all data from scratch."""
    from pipeline import artifacts
    from pipeline.runs import VersionFolder
    from pipeline.stages.publishing import export
    from pipeline.stages.retraining import retrain

    scenario: Scenario = SCENARIOS[name](folder, seed, settings)
    task = scenario.task
    base = train_or_reuse(task, scenario.base)
    version = export.run(base, folder / MODELS)
    manifest_digest = artifacts.file_digest(VersionFolder(version).manifest)
    start = time.perf_counter()
    outcome = retrain.run(
        version.parent,
        scenario.new,
        settings,
        exam_rows="learn",  # the official splits of some sets share texts
        runs=folder / "runs",
    )
    seconds = time.perf_counter() - start
    verdict = outcome.verdict.as_dict()
    result: dict[str, Any] = {
        "verdict": {key: verdict[key] for key in ("verdict", "reason", "checks", "rows", "way")},
        "data": verdict["data"],
        "retrain_seconds": round(seconds, 1),
        "old_version_untouched": manifest_digest
        == artifacts.file_digest(VersionFolder(version).manifest),
        "versions": artifacts.versions(version.parent),
    }
    if scenario.cities:
        result["new_cities_f1"] = city_f1(scenario, outcome.run)
    if scenario.scratch is None:
        return result
    scratch = train_or_reuse(task, scenario.scratch)
    return {**result, **compare_models(scenario, base, outcome.run, scratch)}


def train_or_reuse(task: Any, config: Any) -> Any:
    """Return a finished run of the config, ignoring the sections `retrain` and `export`."""
    from pipeline.runs import RunFolder
    from pipeline.stages.run import open_run
    from pipeline.stages.training import train

    def training_sections(text: str) -> dict[str, Any]:
        sections = yaml.safe_load(text)
        return {name: sections[name] for name in sections if name not in ("retrain", "export")}

    wanted = training_sections(config.as_yaml())
    for folder in sorted((TRAINED / config.name).glob("*")):
        run = RunFolder(folder)
        finished = run.calibration.exists()
        if finished and training_sections(run.config.read_text("utf-8")) == wanted:
            return open_run(folder)
    return train.run(task, config, TRAINED)


def compare_models(scenario: Scenario, base: Any, after: Any, scratch: Any) -> dict[str, Any]:
    """Score the three models on all test rows and on the old ones (those without held-out data)."""
    from pipeline.metrics.intervals import paired_bootstrap
    from pipeline.predictor import answer_all
    from pipeline.stages.training.assembly import outputs_of
    from pipeline.stages.training.epochs import read_metrics

    task, runs = scenario.task, {"base": base, "retrained": after, "scratch": scratch}
    rows = {"all": scenario.test, "old": [r for r in scenario.test if not scenario.is_new(r)]}
    counts: dict[str, dict[str, Any]] = {part: {} for part in rows}
    tables = {}
    for name, run in runs.items():
        outputs = outputs_of(run.best.service)
        for part, records in rows.items():
            answers = answer_all(task, outputs, [record["text"] for record in records])
            scores = task.judge.score(run.settings, records, answers)
            counts[part][name] = scores.counts[task.headline]
            if part == "old" and scores.tables:
                tables[name] = [list(row) for row in scores.tables[0].rows]
    return {
        "metric": task.headline,
        "scores": {
            part: {
                name: counts_of_model.interval().as_dict()
                for name, counts_of_model in models.items()
            }
            for part, models in counts.items()
        },
        "retrained_less_scratch": vars(
            paired_bootstrap(counts["all"]["retrained"], counts["all"]["scratch"])
        ),
        "old_rows_retrained_less_base": vars(
            paired_bootstrap(counts["old"]["retrained"], counts["old"]["base"])
        ),
        # The loss on old rows even when all data is learnt at once.
        "old_rows_retrained_less_scratch": vars(
            paired_bootstrap(counts["old"]["retrained"], counts["old"]["scratch"])
        ),
        "old_rows_by_label": tables,
        "training_seconds": {  # sum over the epochs
            name: round(sum(epoch["seconds"] for epoch in read_metrics(run.folder.metrics)), 1)
            for name, run in runs.items()
        },
    }


def measure_kills(folder: Path, seed: int, settings: Sequence[str]) -> dict[str, Any]:
    """Kill `main.py retrain` at random points, then check that a rerun gives the same verdict."""
    import random

    from pipeline import artifacts
    from pipeline.runs import VersionFolder
    from pipeline.stages.publishing import export

    scenario: Scenario = SCENARIOS["cities"](folder, seed, settings)
    run = train_or_reuse(scenario.task, scenario.base)
    version = export.run(run, folder / MODELS)
    home = version.parent
    command = [sys.executable, str(ROOT / "main.py"), "retrain", str(version)]
    command += ["--data", str(scenario.new), *(f"--set={setting}" for setting in settings)]
    start = time.perf_counter()
    uninterrupted = _verdict(command)
    seconds, published = time.perf_counter() - start, artifacts.versions(home)
    manifest_digest = artifacts.file_digest(VersionFolder(version).manifest)
    rng, intact = random.Random(seed), list[bool]()
    while len(intact) < KILLS:  # a run that ends before its timeout does not count
        try:
            subprocess.run(
                command,
                capture_output=True,
                timeout=rng.uniform(0.05, 0.95) * seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:  # subprocess.run has killed the child with SIGKILL
            for number in artifacts.versions(home):
                artifacts.verify(home / str(number))  # raises if a version is damaged
            intact.append(artifacts.file_digest(VersionFolder(version).manifest) == manifest_digest)
    rerun = _verdict(command)
    return {
        "unbroken_seconds": round(seconds, 1),
        "killed": len(intact),
        "served_version_untouched": all(intact),
        "versions": [published, artifacts.versions(home)],
        "same_verdict": rerun == uninterrupted,
        "left_behind": [entry.name for entry in home.iterdir() if not entry.name.isdecimal()],
        "verdict": uninterrupted,
    }


def _verdict(command: Sequence[str]) -> Any:
    """Run a retraining; return its verdict without measured times and the size of the graph."""
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    if process.returncode not in (0, 3):
        raise RuntimeError(process.stderr.splitlines()[-1])
    report = next(line for line in process.stdout.splitlines() if line.startswith("report: "))
    file = ROOT / Path(report.removeprefix("report: ")).parent / "verdict.json"
    verdict = json.loads(file.read_text(encoding="utf-8"))
    checks = [check for check in verdict["checks"] if check["name"] != "latency"]
    for check in checks:
        if check["name"] == "size":
            del check["said"]
    return {"verdict": verdict["verdict"], "rows": verdict["rows"], "checks": checks}


def print_result(name: str, result: dict[str, Any]) -> None:
    """Print the main numbers of a cell."""
    print(f"\n{name}: {result['verdict']['verdict']}: {result['verdict'].get('reason', '')}")
    differences = (
        "retrained_less_scratch",
        "old_rows_retrained_less_base",
        "old_rows_retrained_less_scratch",
    )
    for key in (*differences, "new_cities_f1"):
        if key in result:
            print(f"  {key}: {result[key]}")
    times = ("retrain_seconds", "training_seconds")
    for key in (*times, "served_version_untouched", "same_verdict", "left_behind"):
        if key in result:
            print(f"  {key}: {result[key]}")


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main()
