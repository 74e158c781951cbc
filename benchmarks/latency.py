"""How fast a published model answers in-process: one raw sentence, and batches of 64.

    python benchmarks/latency.py saved_models/flights_slots
    python benchmarks/latency.py saved_models/flights_slots/1 --input FILE

Sentences come from the model's exam set or from a file (one per line, or JSONL with `text`).
`answer` is the time from a string to the plain dict that a Python user gets. `outputs` is the part
of it up to the arrays that the SavedModel returns.

A small model loses more time waiting for threads than it gains from them. TF_NUM_INTRAOP_THREADS=1
gives TensorFlow one thread per op; the result then has a separate file.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cells import RESULTS
from rounds import format_interval, median, read_result

if TYPE_CHECKING:
    from pipeline.predictor import Predictor

PERCENTILES = (50, 95, 99)
ROUNDS, SEED = 7, 1
THREADS = os.environ.get("TF_NUM_INTRAOP_THREADS", "")  # TensorFlow reads this variable


def measure(predictor: Predictor, texts: Sequence[str], source: str) -> dict[str, Any]:
    """Return the contents of the result file; each round predicts all `texts` in the same order."""
    from pipeline.predictor import BATCH
    from pipeline.stages.training import environment

    start = time.perf_counter()
    began = datetime.now(UTC).isoformat(timespec="seconds")
    time_each(predictor, texts)
    predictor(texts)
    alone, batched = [], []
    for _ in range(ROUNDS):
        alone.append(time_each(predictor, texts))
        batch_start = time.perf_counter()
        predictor(texts)
        batched.append(len(texts) / (time.perf_counter() - batch_start))
    return {
        "cell": {
            "model": predictor.manifest["name"],
            "version": predictor.version.name,
            "config_hash": predictor.manifest["config"],
            "published_from": predictor.manifest["environment"]["commit"],
            "texts": source,
            "seed": SEED,
            "threads_in_an_op": THREADS or "as TensorFlow chooses",
        },
        "environment": environment.facts(),
        "began": began,
        "seconds": round(time.perf_counter() - start, 1),
        "load_average": os.getloadavg(),
        "rounds": ROUNDS,
        "sentences": len(texts),
        "characters": median([len(text) for text in texts], 1),
        "alone_ms": {name: percentiles([r[name] for r in alone]) for name in alone[0]},
        "batch_size": BATCH,
        "batched_sentences_per_second": median(batched, 0),
    }


def time_each(predictor: Predictor, texts: Sequence[str]) -> dict[str, list[float]]:
    """Return the milliseconds of each text, predicted alone."""
    clock = time.perf_counter
    outputs_ms, answer_ms = [], []
    for text in texts:
        start = clock()
        outputs = predictor.outputs([text])
        between = clock()
        predictor.task.answers.read([text], outputs)
        end = clock()
        outputs_ms.append(1e3 * (between - start))
        answer_ms.append(1e3 * (end - start))
    return {"answer": answer_ms, "outputs": outputs_ms}


def percentiles(rounds: Sequence[Sequence[float]]) -> dict[str, dict[str, float]]:
    """Return the median over the rounds of each round's percentiles."""
    import numpy as np

    values = np.percentile(rounds, PERCENTILES, axis=1)
    return {f"p{name}": median(row.tolist()) for name, row in zip(PERCENTILES, values, strict=True)}


def sentences(predictor: Predictor, file: Path | None, count: int) -> tuple[list[str], str]:
    """Draw `count` texts from the file or the exam set; return them and the file's name."""
    from pipeline.errors import InputError
    from pipeline.runs import VersionFolder
    from pipeline.stages.data.texts import read_texts

    source = file or VersionFolder(predictor.version).exam
    if not source.is_file():
        raise InputError(
            f"{source}: no such file; expected a file of sentences; choose one with --input FILE"
        )
    texts = [text for text in read_texts(source) if text.strip()]
    if not texts:
        raise InputError(f"{source}: no sentences found; expected at least one")
    return random.Random(SEED).choices(texts, k=count), source.name


def print_result(result: dict[str, Any]) -> None:
    from pipeline.report.terminal import print_table

    rows = [
        (f"{name}, ms", *(format_interval(values[f"p{p}"]) for p in PERCENTILES))
        for name, values in result["alone_ms"].items()
    ]
    cell = result["cell"]
    title = f"{cell['model']} version {cell['version']}: one sentence at a time"
    print_table(title, ("", *(f"p{p}" for p in PERCENTILES)), rows)
    speed = format_interval(result["batched_sentences_per_second"], 0)
    print(f"in batches of {result['batch_size']}: {speed} sentences per second")


def main() -> None:
    from pipeline.artifacts import find_version, read_json, write_json
    from pipeline.errors import PipelineError
    from pipeline.start import quiet_start

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "model", metavar="MODEL", help="saved_models/<name>, or one of its versions"
    )
    parser.add_argument("--input", type=Path, help="a file of sentences; default: the exam set")
    parser.add_argument(
        "--sentences", type=int, default=1000, help="number of sentences in each round"
    )
    arguments = parser.parse_args()
    try:
        version = find_version(arguments.model)
        name = read_json(version / "assets.extra" / "manifest.json")["name"]
        threads = f"-{THREADS}-thread" if THREADS else ""
        file = RESULTS / f"latency-{name}{threads}.json"
        result = read_result(file)
        if result is None:
            with quiet_start():
                from pipeline.predictor import load

                predictor = load(version)
            texts, source = sentences(predictor, arguments.input, arguments.sentences)
            result = measure(predictor, texts, source)
            write_json(file, result)
    except PipelineError as error:
        sys.exit(str(error))
    print_result(result)


if __name__ == "__main__":
    main()
