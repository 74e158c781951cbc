"""fastText's supervised mode on the rows of the classification configs.

    PYTHONPATH=... ../fasttext/bin/python benchmarks/fast_text.py            all configs below
    PYTHONPATH=... ../fasttext/bin/python benchmarks/fast_text.py trec6 --seeds 3

benchmarks/README.md describes how to make its environment. fastText trains on the pipeline's train
split, tokenized by the pipeline. The settings of `GRID` with the best accuracy on valid are kept;
the result gives their training time and that of the whole search. Joulin et al. 2017, "Bag of
tricks for efficient text classification". This module is not named `fasttext`, which would hide
the package of that name.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import itertools
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from cells import HERE, RESULTS
from rounds import median

CONFIGS = ("flights_intents", "trec6", "sst2", "ag_news", "tnews", "imdb")
PACKAGE = "fasttext-wheel"
LABEL = "__label__"
GRID = [
    {"lr": rate, "epoch": epochs, "wordNgrams": words}
    for rate, epochs, words in itertools.product((0.1, 0.5), (5, 25), (2, 3))
]
FIXED = {"dim": 100, "minCount": 1, "bucket": 2_000_000}  # the package's defaults
THREADS = len(os.sched_getaffinity(0))  # with several threads, a seed is not exactly reproducible
BATCH, ROUNDS = 64, 7


class Split(NamedTuple):
    """Records, and the same texts in the form that fastText reads: tokens joined by spaces."""

    records: list[dict[str, Any]]
    lines: list[str]


def result_file(config: str, seed: int) -> Path:
    """Return the path of the result of a config and a seed."""
    return RESULTS / f"fasttext-{config}-seed{seed}.json"


def measure(file: Path, name: str, seed: int) -> None:
    """Search the grid, score the best model on every split, and write the result file."""
    from pipeline.start import quiet_start

    with quiet_start():
        from pipeline.artifacts import write_json
        from pipeline.config import load_config
        from pipeline.stages.data import prepare
        from pipeline.stages.training import environment
        from pipeline.tasks import find_task, schema_of

    start_time, timestamp = time.perf_counter(), datetime.now(UTC).isoformat(timespec="seconds")
    config = load_config(name, schema_of, (f"train.seed={seed}",))
    task = find_task(config.task)
    if config.settings.data.multi_label:
        raise SystemExit(
            f"{name} has several labels per text; expected a config with one label per text"
        )
    data = prepare.run(task, config)
    splits = _splits(data)
    labels = sorted({record["labels"][0] for record in splits["train"].records})
    model, chosen, trials = _best(splits, labels, seed)
    scores = {
        split: _scores(task, config, model, labels, split, rows)
        for split, rows in splits.items()
        if split != "train"
    }
    facts = environment.facts()
    facts["packages"][PACKAGE] = importlib.metadata.version(PACKAGE)
    write_json(
        file,
        {
            "cell": {
                "config": name,
                "seed": seed,
                "config_hash": config.digest(),
                "settings": {**FIXED, **chosen, "thread": THREADS},
            },
            "environment": facts,
            "data": {"key": data.builder_config.name, **data.info.metadata},
            "began": timestamp,
            "seconds": round(time.perf_counter() - start_time, 1),
            "load_average": os.getloadavg(),
            "tried": trials,
            "training_seconds": next(t["seconds"] for t in trials if t["settings"] == chosen),
            "search_seconds": round(sum(t["seconds"] for t in trials), 2),
            "batched_sentences_per_second": _speed(model, splits["test"].lines),
            "peak_memory_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
            "valid": {task.headline: max(t[task.headline] for t in trials)},
            "scores": scores,
        },
    )


def _splits(data: Any) -> dict[str, Split]:
    import tensorflow as tf

    from pipeline.datasets import store
    from pipeline.text import tokens

    splits = {}
    for name in data.info.splits:
        records, lines = list(store.records(data, name)), []
        for start in range(0, len(records), 512):
            texts = [record["text"] for record in records[start : start + 512]]
            surface = tokens.tokenize(tokens.clean(tf.constant(texts, tf.string))).surface
            rows = tokens.normalize(surface).to_list()
            lines += [" ".join(token.decode("utf-8") for token in row) for row in rows]
        splits[name] = Split(records, lines)
    return splits


def _best(
    splits: dict[str, Split], labels: Sequence[str], seed: int
) -> tuple[Any, dict[str, Any], list[dict[str, Any]]]:
    """Return the best model on valid, its settings, and the accuracy of every setting."""
    import fasttext

    label_ids = {label: number for number, label in enumerate(labels)}
    gold = [f"{LABEL}{label_ids.get(r['labels'][0])}" for r in splits["valid"].records]
    best: tuple[float, Any, dict[str, Any]] = (-1.0, None, {})
    trials = []
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "train.txt"
        rows = zip(splits["train"].records, splits["train"].lines, strict=True)
        examples = [f"{LABEL}{label_ids[r['labels'][0]]} {line}\n" for r, line in rows]
        random.Random(seed).shuffle(
            examples
        )  # fastText does not shuffle, and IMDB is sorted by label
        file.write_text("".join(examples), encoding="utf-8")
        for settings in GRID:
            start = time.perf_counter()
            options = {**FIXED, **settings, "seed": seed, "thread": THREADS, "verbose": 0}
            model = fasttext.train_supervised(str(file), **options)
            seconds = round(time.perf_counter() - start, 2)
            predicted = [row[0] for row in _predict(model, splits["valid"].lines, 1)[0]]
            correct = sum(map(str.__eq__, predicted, gold))
            accuracy = 100 * correct / len(gold)
            trials.append({"settings": settings, "accuracy": accuracy, "seconds": seconds})
            if accuracy > best[0]:
                best = accuracy, model, settings
    return best[1], best[2], trials


def _predict(model: Any, lines: Sequence[str], top_k: int) -> tuple[list[Any], list[Any]]:
    """Return labels and scores, best first.

    The input is a list because `predict` of fastText 0.9.2 needs NumPy 1 for a single text.
    """
    predictions: tuple[list[Any], list[Any]] = model.predict(list(lines), k=top_k)
    return predictions


def _scores(
    task: Any, config: Any, model: Any, labels: Sequence[str], split: str, rows: Split
) -> dict[str, Any]:
    answers = []
    for record, predicted, scores in zip(
        rows.records, *_predict(model, rows.lines, -1), strict=True
    ):
        names = [labels[int(name.removeprefix(LABEL))] for name in predicted]
        label_scores = dict.fromkeys(labels, 0.0) | dict(
            zip(names, map(float, scores), strict=True)
        )
        first = names[0] if names else labels[0]  # no known token, e.g. an empty text
        answers.append(
            {
                "text": record["text"],
                "label": first,
                "score": label_scores[first],
                "scores": label_scores,
            }
        )
    metrics = task.judge.score(config.settings, rows.records, answers).metrics
    return {"split": split, "examples": len(rows.records), "metrics": metrics}


def _speed(model: Any, lines: Sequence[str]) -> dict[str, float]:
    """Return the sentences per second in batches, from joined tokens to the best label."""
    groups = [lines[start : start + BATCH] for start in range(0, len(lines), BATCH)]
    speeds = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for group in groups:
            _predict(model, group, 1)
        speeds.append(len(lines) / (time.perf_counter() - start))
    return median(speeds, 0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("configs", nargs="*", default=CONFIGS, metavar="CONFIG")
    parser.add_argument("--seeds", type=int, default=1, help="seeds 1 to N of each config")
    parser.add_argument(
        "--cell", nargs=3, metavar=("FILE", "CONFIG", "SEED"), help="measure one cell"
    )
    arguments = parser.parse_args()
    if arguments.cell:
        file, config, seed = arguments.cell
        measure(Path(file), config, int(seed))
        return
    for config in arguments.configs:
        for seed in range(1, arguments.seeds + 1):
            file = result_file(config, seed)
            if not file.exists():
                command = [sys.executable, __file__, "--cell", str(file), config, str(seed)]
                subprocess.run(command, check=True)
            print(f"{file.relative_to(HERE.parent)}")


if __name__ == "__main__":
    main()
