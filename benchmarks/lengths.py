"""Does it pay to run texts of like lengths together? Run times of a model, in-process.

    python benchmarks/lengths.py saved_models --model flights_zh_en

From a queue of texts of mixed lengths the next runs are taken as they came, or sorted by length
first. Lengths: the exam set as it is (`alike`), and texts of one to six of its sentences (`mixed`).
A queue of 16 is one run, or two of 8; a queue of 64 is two runs of 32 either way. Answers are those
of the last of some rounds; times are milliseconds a queue, the median of rounds that take turns.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow_text  # noqa: F401  registers the ops that tokenise in the graph
from serve import sentences, write_result

ROUNDS = 15
MOST_SENTENCES = 6
WAYS: dict[str, tuple[int, int, bool]] = {  # waiting, rows of a run, sorted first
    "16 in 1 run": (16, 16, False),
    "16 in 2 runs, sorted": (16, 8, True),
    "64 in 2 runs": (64, 32, False),
    "64 in 2 runs, sorted": (64, 32, True),
}

Run = Callable[[Sequence[str]], Any]


def mixed(texts: Sequence[str], count: int, draw: random.Random) -> list[str]:
    """Texts of one to six sentences."""
    return [" ".join(draw.choices(texts, k=draw.randint(1, MOST_SENTENCES))) for _ in range(count)]


def spent(run: Run, queue: Sequence[str], rows: int, in_order: bool) -> float:
    """Milliseconds for a whole queue."""
    began = time.perf_counter()
    ordered = sorted(queue, key=lambda text: len(text.encode())) if in_order else list(queue)
    for start in range(0, len(ordered), rows):
        run(ordered[start : start + rows])
    return 1e3 * (time.perf_counter() - began)


def measure(run: Run, texts: Sequence[str], mix: bool, draw: random.Random) -> dict[str, float]:
    """The median of each way, ways taking turns on the same queues."""
    times: dict[str, list[float]] = {way: [] for way in WAYS}
    for turn in range(ROUNDS + 1):
        queue = mixed(texts, 64, draw) if mix else draw.sample(list(texts), 64)
        for way, (waiting, rows, in_order) in WAYS.items():
            times[way].append(spent(run, queue[:waiting], rows, in_order))
            if not turn:
                times[way].clear()  # warm
    return {way: round(statistics.median(values), 2) for way, values in times.items()}


def main() -> None:
    """Measures, prints, and writes `results/lengths-<model>.json`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", type=Path)
    parser.add_argument("--model", required=True)
    parser.add_argument("--dry", action="store_true", help="Write no file.")
    given = parser.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(1)  # as the server does
    home = given.models / given.model
    newest = max((v for v in home.iterdir() if v.name.isdecimal()), key=lambda v: int(v.name))
    loaded = tf.saved_model.load(str(newest))

    def run(rows: Sequence[str]) -> Any:
        texts = tf.constant(np.array([row.encode() for row in rows], object), tf.string)
        return [value.numpy() for value in loaded.signatures["serving_default"](texts).values()]

    texts, draw = sentences(given.models, given.model), random.Random(1)
    facts = {
        "model": given.model,
        "alike": measure(run, texts, False, draw),
        "mixed": measure(run, texts, True, draw),
    }
    print(json.dumps(facts, indent=1))
    if not given.dry:
        write_result(f"lengths-{given.model}", facts)


if __name__ == "__main__":
    main()
