"""Whether batching texts of similar length pays off: run times of a model, in-process.

    python benchmarks/lengths.py saved_models --model flights_zh_en

A queue of texts is split into runs in order of arrival, or sorted by length first. Two sets of
texts are used: the exam set (`alike`), and texts of one to six of its sentences (`mixed`). A queue
of 16 is one run, or two runs of 8; a queue of 64 is two runs of 32 in both cases. Times are
milliseconds per queue, the median of several rounds. The variants alternate within each round.
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
import tensorflow_text  # noqa: F401  registers the tokenizer ops of the graph
from serve import newest_version, sentences, write_result

ROUNDS = 15
MAX_SENTENCES = 6
VARIANTS: dict[str, tuple[int, int, bool]] = {  # queue size, rows per run, sort first
    "16 in 1 run": (16, 16, False),
    "16 in 2 runs, sorted": (16, 8, True),
    "64 in 2 runs": (64, 32, False),
    "64 in 2 runs, sorted": (64, 32, True),
}

Run = Callable[[Sequence[str]], Any]


def mixed_texts(texts: Sequence[str], count: int, rng: random.Random) -> list[str]:
    """Return `count` texts of one to six sentences each."""
    return [" ".join(rng.choices(texts, k=rng.randint(1, MAX_SENTENCES))) for _ in range(count)]


def milliseconds(run: Run, queue: Sequence[str], rows: int, by_length: bool) -> float:
    """Return the milliseconds of a whole queue."""
    start_time = time.perf_counter()
    ordered = sorted(queue, key=lambda text: len(text.encode())) if by_length else list(queue)
    for start in range(0, len(ordered), rows):
        run(ordered[start : start + rows])
    return 1e3 * (time.perf_counter() - start_time)


def measure(run: Run, texts: Sequence[str], mix: bool, rng: random.Random) -> dict[str, float]:
    """Return the median time of each variant; all variants run the same queues in turn."""
    times: dict[str, list[float]] = {name: [] for name in VARIANTS}
    for number in range(ROUNDS + 1):
        queue = mixed_texts(texts, 64, rng) if mix else rng.sample(list(texts), 64)
        for name, (size, rows, by_length) in VARIANTS.items():
            times[name].append(milliseconds(run, queue[:size], rows, by_length))
            if not number:
                times[name].clear()  # warm-up round
    return {name: round(statistics.median(values), 2) for name, values in times.items()}


def main() -> None:
    """Measure, print, and write `results/lengths-<model>.json`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", type=Path)
    parser.add_argument("--model", required=True)
    parser.add_argument("--dry", action="store_true", help="Write no result file.")
    arguments = parser.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(1)  # as the server sets it
    loaded = tf.saved_model.load(str(newest_version(arguments.models / arguments.model)))

    def run(rows: Sequence[str]) -> Any:
        texts = tf.constant(np.array([row.encode() for row in rows], object), tf.string)
        return [value.numpy() for value in loaded.signatures["serving_default"](texts).values()]

    texts, rng = sentences(arguments.models, arguments.model), random.Random(1)
    result = {
        "model": arguments.model,
        "alike": measure(run, texts, False, rng),
        "mixed": measure(run, texts, True, rng),
    }
    print(json.dumps(result, indent=1))
    if not arguments.dry:
        write_result(f"lengths-{arguments.model}", result)


if __name__ == "__main__":
    main()
