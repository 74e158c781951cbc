"""Retraining on real data: what is gained, what is forgotten, at which share of the time.

    python benchmarks/retrain.py [SCENARIO ...] [--seeds 3] [--set KEY=VALUE ...]

A cell is one scenario with one seed (`scenarios.py` says what they are): a model is trained without
something, published, retrained with it, and held against one that is trained on everything from
scratch, on the same test rows. `poison` must be rejected, and `kill` kills a retraining ten times.

What was trained for a seed stays below `runs/benchmark_retrain/` and is not trained again, so that
another way to retrain can be tried in minutes; delete that folder after a change of the training.
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
TRAINED = WORK / "trained"  # for all scenarios
MODELS = "models"
KILLS = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="settings")
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)  # of one cell: measure it now
    given = parser.parse_args()
    names = given.scenarios or [*SCENARIOS, KILL]
    unknown = sorted({*names} - {*SCENARIOS, KILL})
    if unknown:
        parser.error(f"{unknown[0]}: no such scenario; there are {', '.join([*SCENARIOS, KILL])}")
    if given.file:
        measure(names[0], given.seeds, given.settings, given.file)
        return
    for name in names:
        for seed in range(1, given.seeds + 1):
            file = RESULTS / f"retrain-{name}-{seed}.json"
            if not file.exists():
                command = [sys.executable, __file__, name, "--seeds", str(seed), "--file", file]
                settings = [f"--set={setting}" for setting in given.settings]
                subprocess.run([*map(str, command), *settings], check=True)
            show(file.stem, json.loads(file.read_text(encoding="utf-8")))


def measure(name: str, seed: int, settings: list[str], file: Path) -> None:
    """Measures one cell and writes its file."""
    from pipeline.start import quiet_start

    with quiet_start():
        from pipeline import artifacts
        from pipeline.stages.training import environment

    folder = WORK / name / f"seed{seed}"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(folder / MODELS, ignore_errors=True)  # of an earlier try
    began = time.perf_counter()
    if name == KILL:
        found = killed(folder, seed, settings)
    else:
        found = retrained(name, folder, seed, settings)
    facts = {
        "cell": {"scenario": name, "seed": seed, "overrides": settings},
        "environment": environment.facts(),
        "seconds": round(time.perf_counter() - began, 1),
    }
    artifacts.write_json(file, {**facts, **found})


def retrained(name: str, folder: Path, seed: int, settings: list[str]) -> dict[str, Any]:
    """Trains without the new, publishes, retrains, and trains on everything."""
    from pipeline import artifacts
    from pipeline.runs import VersionFolder
    from pipeline.stages.publishing import export
    from pipeline.stages.retraining import retrain

    scenario: Scenario = SCENARIOS[name](folder, seed, settings)
    task = scenario.task
    base = trained(task, scenario.base)
    version = export.run(base, folder / MODELS)
    sealed = artifacts.file_digest(VersionFolder(version).manifest)
    began = time.perf_counter()
    outcome = retrain.run(
        version.parent,
        scenario.new,
        settings,
        exam_rows="learn",  # the official splits of some sets share texts
        runs=folder / "runs",
    )
    seconds = time.perf_counter() - began
    verdict = outcome.verdict.as_dict()
    found: dict[str, Any] = {
        "verdict": {key: verdict[key] for key in ("verdict", "reason", "checks", "rows", "way")},
        "data": verdict["data"],
        "retrain_seconds": round(seconds, 1),
        "old_version_untouched": sealed == artifacts.file_digest(VersionFolder(version).manifest),
        "versions": artifacts.versions(version.parent),
    }
    if scenario.cities:
        found["new_cities_f1"] = city_f1(scenario, outcome.run)
    if scenario.scratch is None:
        return found
    scratch = trained(task, scenario.scratch)
    return {**found, **compared(scenario, base, outcome.run, scratch)}


def trained(task: Any, config: Any) -> Any:
    """A finished run of the config; how to retrain and what to export do not make it another."""
    from pipeline.runs import RunFolder
    from pipeline.stages.run import open_run
    from pipeline.stages.training import train

    def what_counts(text: str) -> dict[str, Any]:
        sections = yaml.safe_load(text)
        return {name: sections[name] for name in sections if name not in ("retrain", "export")}

    wanted = what_counts(config.as_yaml())
    for folder in sorted((TRAINED / config.name).glob("*")):
        run = RunFolder(folder)
        finished = run.calibration.exists()
        if finished and what_counts(run.config.read_text("utf-8")) == wanted:
            return open_run(folder)
    return train.run(task, config, TRAINED)


def compared(scenario: Scenario, base: Any, after: Any, scratch: Any) -> dict[str, Any]:
    """The three models on the same test rows: all, and those without anything new."""
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
            part: {name: counted.interval().as_dict() for name, counted in models.items()}
            for part, models in counts.items()
        },
        "retrained_less_scratch": vars(
            paired_bootstrap(counts["all"]["retrained"], counts["all"]["scratch"])
        ),
        "old_rows_retrained_less_base": vars(
            paired_bootstrap(counts["old"]["retrained"], counts["old"]["base"])
        ),
        # What the new takes of the old even where everything is learnt at once.
        "old_rows_retrained_less_scratch": vars(
            paired_bootstrap(counts["old"]["retrained"], counts["old"]["scratch"])
        ),
        "old_rows_by_label": tables,
        "training_seconds": {  # of the epochs alone
            name: round(sum(epoch["seconds"] for epoch in read_metrics(run.folder.metrics)), 1)
            for name, run in runs.items()
        },
    }


def killed(folder: Path, seed: int, settings: Sequence[str]) -> dict[str, Any]:
    """Kills `main.py retrain` at random points; then the rerun must end as an unbroken one does."""
    import random

    from pipeline import artifacts
    from pipeline.runs import VersionFolder
    from pipeline.stages.publishing import export

    scenario: Scenario = SCENARIOS["cities"](folder, seed, settings)
    run = trained(scenario.task, scenario.base)
    version = export.run(run, folder / MODELS)
    home = version.parent
    command = [sys.executable, str(ROOT / "main.py"), "retrain", str(version)]
    command += ["--data", str(scenario.new), *(f"--set={setting}" for setting in settings)]
    began = time.perf_counter()
    unbroken = _verdict(command)
    seconds, published = time.perf_counter() - began, artifacts.versions(home)
    sealed = artifacts.file_digest(VersionFolder(version).manifest)
    draw, intact = random.Random(seed), list[bool]()
    while len(intact) < KILLS:  # a run that is done before its moment is none
        try:
            subprocess.run(
                command,
                capture_output=True,
                timeout=draw.uniform(0.05, 0.95) * seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:  # the child got SIGKILL
            for number in artifacts.versions(home):
                artifacts.verify(home / str(number))  # else the benchmark fails
            intact.append(artifacts.file_digest(VersionFolder(version).manifest) == sealed)
    rerun = _verdict(command)
    return {
        "unbroken_seconds": round(seconds, 1),
        "killed": len(intact),
        "served_version_untouched": all(intact),
        "versions": [published, artifacts.versions(home)],
        "same_verdict": rerun == unbroken,
        "left_behind": [entry.name for entry in home.iterdir() if not entry.name.isdecimal()],
        "verdict": unbroken,
    }


def _verdict(command: Sequence[str]) -> Any:
    """What a retraining comes to, without what a clock says, or the bytes of a saved graph."""
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    if said.returncode not in (0, 3):
        raise RuntimeError(said.stderr.splitlines()[-1])
    report = next(line for line in said.stdout.splitlines() if line.startswith("report: "))
    file = ROOT / Path(report.removeprefix("report: ")).parent / "verdict.json"
    found = json.loads(file.read_text(encoding="utf-8"))
    checks = [check for check in found["checks"] if check["name"] != "latency"]
    for check in checks:
        if check["name"] == "size":
            del check["said"]
    return {"verdict": found["verdict"], "rows": found["rows"], "checks": checks}


def show(name: str, found: dict[str, Any]) -> None:
    """The few numbers that the cell is about."""
    print(f"\n{name}: {found['verdict']['verdict']}: {found['verdict'].get('reason', '')}")
    differences = (
        "retrained_less_scratch",
        "old_rows_retrained_less_base",
        "old_rows_retrained_less_scratch",
    )
    for key in (*differences, "new_cities_f1"):
        if key in found:
            print(f"  {key}: {found[key]}")
    said = ("retrain_seconds", "training_seconds")
    for key in (*said, "served_version_untouched", "same_verdict", "left_behind"):
        if key in found:
            print(f"  {key}: {found[key]}")


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main()
