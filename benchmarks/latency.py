"""How fast a published model answers in-process: one raw sentence, and batches of 64.

    python benchmarks/latency.py saved_models/flights_slots
    python benchmarks/latency.py saved_models/flights_slots/1 --input FILE

Sentences are the model's own exam set, or a file's (one a line, or JSONL with `text`). `answer` is
from a string to the plain dict that a Python user gets; `outputs`, a part of it, is up to the
arrays that the SavedModel gives.

A small model waits for threads more than it gains by them: TF_NUM_INTRAOP_THREADS=1 gives
TensorFlow one for each op, and the result a file of its own.
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
from rounds import median, shown, standing

if TYPE_CHECKING:
    from pipeline.predictor import Predictor

PERCENTILES = (50, 95, 99)
ROUNDS, SEED = 7, 1
THREADS = os.environ.get("TF_NUM_INTRAOP_THREADS", "")  # TensorFlow reads it


def measure(predictor: Predictor, texts: Sequence[str], source: str) -> dict[str, Any]:
    """What goes into the file; `texts` are asked for once a round, in the same order."""
    from pipeline.predictor import BATCH
    from pipeline.stages.training import environment

    began = time.perf_counter()
    moment = datetime.now(UTC).isoformat(timespec="seconds")
    ask_alone(predictor, texts)
    predictor(texts)
    alone, batched = [], []
    for _ in range(ROUNDS):
        alone.append(ask_alone(predictor, texts))
        start = time.perf_counter()
        predictor(texts)
        batched.append(len(texts) / (time.perf_counter() - start))
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
        "began": moment,
        "seconds": round(time.perf_counter() - began, 1),
        "load_average": os.getloadavg(),
        "rounds": ROUNDS,
        "sentences": len(texts),
        "characters": median([len(text) for text in texts], 1),
        "alone_ms": {name: percentiles([r[name] for r in alone]) for name in alone[0]},
        "batch_size": BATCH,
        "batched_sentences_per_second": median(batched, 0),
    }


def ask_alone(predictor: Predictor, texts: Sequence[str]) -> dict[str, list[float]]:
    """Milliseconds of each text, asked by itself."""
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
    """Each percentile of every round by itself, then their median over the rounds."""
    import numpy as np

    found = np.percentile(rounds, PERCENTILES, axis=1)
    return {f"p{name}": median(row.tolist()) for name, row in zip(PERCENTILES, found, strict=True)}


def sentences(predictor: Predictor, file: Path | None, count: int) -> tuple[list[str], str]:
    """`count` texts drawn from the file or the exam set, and where they are from."""
    from pipeline.errors import InputError
    from pipeline.runs import EXTRA
    from pipeline.stages.data.texts import read_texts
    from pipeline.stages.publishing.export import EXAM

    place = file or predictor.version / EXTRA / EXAM
    if not place.is_file():
        raise InputError(f"{place}: no such file; expected sentences, e.g. by --input FILE")
    texts = [text for text in read_texts(place) if text.strip()]
    if not texts:
        raise InputError(f"{place}: no sentence in it; expected at least one")
    return random.Random(SEED).choices(texts, k=count), place.name


def show(found: dict[str, Any]) -> None:
    from pipeline.report.terminal import print_table

    rows = [
        (f"{name}, ms", *(shown(one[f"p{p}"]) for p in PERCENTILES))
        for name, one in found["alone_ms"].items()
    ]
    cell = found["cell"]
    title = f"{cell['model']} version {cell['version']}: one sentence at a time"
    print_table(title, ("", *(f"p{p}" for p in PERCENTILES)), rows)
    speed = shown(found["batched_sentences_per_second"], 0)
    print(f"in batches of {found['batch_size']}: {speed} sentences a second")


def main() -> None:
    from pipeline.artifacts import find_version, read_json, write_json
    from pipeline.errors import PipelineError
    from pipeline.start import quiet_start

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", metavar="MODEL", help="saved_models/<name>, or one version")
    parser.add_argument("--input", type=Path, help="a file of sentences; default: the exam set")
    parser.add_argument("--sentences", type=int, default=1000, help="asked for in each round")
    arguments = parser.parse_args()
    try:
        version = find_version(arguments.model)
        name = read_json(version / "assets.extra" / "manifest.json")["name"]
        threads = f"-{THREADS}-thread" if THREADS else ""
        file = RESULTS / f"latency-{name}{threads}.json"
        found = standing(file)
        if found is None:
            with quiet_start():
                from pipeline.predictor import load

                predictor = load(version)
            texts, source = sentences(predictor, arguments.input, arguments.sentences)
            found = measure(predictor, texts, source)
            write_json(file, found)
    except PipelineError as error:
        sys.exit(str(error))
    show(found)


if __name__ == "__main__":
    main()
