"""How fast a translator trains and translates, in tokens per second.

    python benchmarks/translation_speed.py train [CONFIG] [KEY=VALUE ...]
    python benchmarks/translation_speed.py decode RUN

`train` measures real source and target tokens, including each target's `</s>`, in `ROUNDS` groups
of batches, with the optimizer and loss of the train stage. `decode` measures target tokens of the
test set with the exported graph, in batches of 32: greedy, with a beam of 5 over all pieces and
over the shortlist of the run if it has one (each with its BLEU), and one sentence at a time.
TF_NUM_INTRAOP_THREADS sets the intra-op threads.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cells import HERE, RESULTS
from rounds import format_interval, median, read_result

ROUNDS, BATCHES, WARM_UP = 9, 12, 4
BATCH = 32
SEVEN_MILLION = (  # weights: GRUs of 256, three embeddings of 8,000 pieces
    "model.embedding_dim=256",
    "model.hidden_dim=256",
    "model.tied=none",
    "train.batch_size=64",
    "train.strands=2",  # one per core
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("benchmark", choices=("train", "decode"))
    parser.add_argument("config_or_run", nargs="?", default="multi30k", metavar="CONFIG or RUN")
    parser.add_argument("overrides", nargs="*", default=SEVEN_MILLION, metavar="KEY=VALUE")
    arguments = parser.parse_args()
    from pipeline.start import quiet_start

    with quiet_start():
        from pipeline.artifacts import write_json
        from pipeline.stages.training import environment
    file = RESULTS / f"translation_speed-{arguments.benchmark}.json"
    result = read_result(file)
    if result is None:
        began, measure = (
            time.perf_counter(),
            {"train": train, "decode": decode}[arguments.benchmark],
        )
        result = {
            **measure(arguments.config_or_run, arguments.overrides),
            "environment": environment.facts(),
            "threads_in_an_op": os.environ.get("TF_NUM_INTRAOP_THREADS", "as TensorFlow chooses"),
            "load_average": os.getloadavg(),
            "seconds": round(time.perf_counter() - began, 1),
        }
        write_json(file, result)
    for name, each in result["tokens_per_second"].items():
        print(f"{name:28} {format_interval(each, 0)} tokens/s")
    for name, each in result.get("one_sentence_ms", {}).items():
        print(f"{name:28} {format_interval(each)} ms per sentence, median")


def train(config_name: str, overrides: Sequence[str]) -> dict[str, Any]:
    """Return the tokens per second of training."""
    import numpy as np

    from pipeline import artifacts
    from pipeline.config import load_config
    from pipeline.datasets import batches, store
    from pipeline.runs import RunFolder
    from pipeline.stages.data import prepare
    from pipeline.stages.run import Run
    from pipeline.stages.training import train as stage
    from pipeline.tasks import find_task, schema_of

    config = load_config(config_name, schema_of, list(overrides))
    task, data = find_task(config.task), prepare.run(find_task(config.task), config)
    folder = RunFolder(artifacts.new_run(HERE.parent / "runs" / "speed"))
    run = Run(task, config, folder, data)
    stage.begin(run)
    parts = run.assemble()
    settings = config.settings.train
    stage.Training(run, settings, parts, None, None).compile()
    encoder = task.model.build_encoder(config.settings, parts.tokenizer, parts.vocabularies, ())
    stream = batches.training_batches(
        store.examples(data, "train"),
        encoder,
        batch_size=settings.batch_size,
        seed=settings.seed,
        buffer=settings.shuffle_buffer,
        first_epoch=0,
        epochs=1,
        by_tokens=settings.batch_by == "tokens",
    )
    ready = iter(stream)
    for _ in range(WARM_UP):
        parts.model.train_on_batch(*next(ready))
    speeds = []
    for _ in range(ROUNDS):
        tokens, start = 0, time.perf_counter()
        for _ in range(BATCHES):
            inputs, gold, weights = next(ready)
            parts.model.train_on_batch(inputs, gold, weights)
            tokens += int(np.count_nonzero(inputs["source"]))
            tokens += int(np.count_nonzero(inputs["target"][:, 1:]))
        speeds.append(tokens / (time.perf_counter() - start))
    name = f"{parts.model.count_params():,} weights"
    return {
        "cell": {"config": config_name, "overrides": list(overrides)},
        "tokens_per_second": {name: median(speeds, 0)},
    }


def decode(run: str, _: Sequence[str]) -> dict[str, Any]:
    """Return the target tokens per second of each kind of search, and the time of one sentence."""
    from pipeline.config import load_config
    from pipeline.datasets import store
    from pipeline.stages.data import prepare
    from pipeline.tasks import find_task, schema_of

    config = load_config(Path(run) / "config.yaml", schema_of, name=Path(run).parent.name)
    task = find_task(config.task)
    records = list(store.records(prepare.run(task, config), "test"))
    kinds = {
        "greedy": ("decoding.beam_width=1", "decoding.n_best=1", "decoding.shortlist=0"),
        "beam 5": ("decoding.beam_width=5", "decoding.shortlist=0"),
    }
    if config.settings.decoding.shortlist:
        kinds["beam 5, shortlist"] = ("decoding.beam_width=5",)
    speeds, alone, scores = {}, {}, {}
    for kind, overrides in kinds.items():
        translate, count_tokens = _translator(task, Path(run), overrides)
        speeds[kind], scores[kind] = _in_batches(task, config, records, translate, count_tokens)
        alone[kind] = median([_milliseconds(translate, r["text"]) for r in records[:200]])
    return {
        "cell": {"config": config.name, "config_hash": config.digest(), "seed": 1},
        "sentences": len(records),
        "tokens_per_second": speeds,
        "one_sentence_ms": alone,
        "bleu": scores,
    }


def _translator(task: Any, run: Path, overrides: Sequence[str]) -> tuple[Any, Any]:
    """Return a run's translate function with other search settings, and its token counter."""
    import tensorflow as tf

    from pipeline.stages.run import open_run
    from pipeline.stages.training.assembly import outputs_of

    parts = open_run(run, overrides).best

    def count_tokens(texts: Sequence[str]) -> int:
        ids = parts.tokenizer.target.tokenize(tf.constant(list(texts), tf.string))
        return int(tf.size(ids.flat_values)) + len(texts)

    return outputs_of(parts.service), count_tokens


def _in_batches(
    task: Any, config: Any, records: Sequence[Any], translate: Any, count_tokens: Any
) -> tuple[dict[str, float], float]:
    """Return the tokens per second of batches of similar length, and BLEU."""
    order = sorted(range(len(records)), key=lambda i: len(records[i]["text"]))
    texts = [records[i]["text"] for i in order]
    groups = [texts[start : start + BATCH] for start in range(0, len(texts), BATCH)]
    for group in groups[:WARM_UP]:
        translate(group)
    speeds = []
    for _ in range(3):
        answers, start = [], time.perf_counter()
        for group in groups:
            answers += task.answers.read(group, translate(group))
        speeds.append(
            count_tokens([a["translation"] for a in answers]) / (time.perf_counter() - start)
        )
    scores = task.judge.score(config.settings, [records[i] for i in order], answers)
    return median(speeds, 0), round(scores.metrics["bleu"]["value"], 2)


def _milliseconds(translate: Any, text: str) -> float:
    start = time.perf_counter()
    translate([text])
    return 1e3 * (time.perf_counter() - start)


if __name__ == "__main__":
    sys.path.insert(0, str(HERE.parent))
    main()
