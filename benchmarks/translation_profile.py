"""Where decoding spends its time: the parts of a search, measured with TensorFlow's profiler.

    python benchmarks/translation_profile.py RUN

The script translates the test set in batches of 32 as `translation_speed.py decode` does, greedily
and with a beam of 5, while the profiler records every op. A part is a name scope, set around the
functions of that part before the graph is traced. The time of an op is that of its kernel alone.
TensorFlow runs on one thread, so that times do not overlap and add up to the total. It does not
time cheap ops (8,000 cycles); they are in the last part, together with the executor's own work.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

from cells import HERE, RESULTS
from rounds import read_result

BATCH, GROUPS = 32, 20
KINDS = {
    "greedy": ("decoding.beam_width=1", "decoding.n_best=1", "decoding.shortlist=0"),
    "beam 5": ("decoding.beam_width=5", "decoding.shortlist=0"),
}
MARK = "part_"  # prefix of the scope of a part
PARTS = (  # given by the first mark in an op's name, else by its scope
    "tokenising",
    "encoder",
    "layout of the weights",
    "embedding",
    "cell",
    "attention",
    "output projection",
    "log-softmax",
    "highest columns",
    "other moves of the search",
    "detokenising",
    "the rest of the graph",
    "cheap ops and the executor",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", metavar="RUN")
    arguments = parser.parse_args()
    from pipeline.start import quiet_start

    with quiet_start():
        import tensorflow as tf

        from pipeline.artifacts import write_json
        from pipeline.stages.training import environment
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    file = RESULTS / "translation_profile-decode.json"
    result = read_result(file)
    if result is None:
        result = {
            **measure(Path(arguments.run)),
            "environment": environment.facts(),
            "load_average": os.getloadavg(),
        }
        write_json(file, result)
    for kind, each in result["kinds"].items():
        print(f"{kind}: {each['seconds']:.2f} s, {each['seconds_profiled']:.2f} s while profiled")
        for part in PARTS:
            print(f"  {part:28} {each['share'][part]:6.1%} {each['step_ms'].get(part, ''):>8}")


def measure(run: Path) -> dict[str, Any]:
    """Return the seconds of each kind of search, and each part's share and time per step."""
    from pipeline.config import load_config
    from pipeline.datasets import store
    from pipeline.stages.data import prepare
    from pipeline.tasks import find_task, schema_of

    config = load_config(run / "config.yaml", schema_of, name=run.parent.name)
    task = find_task(config.task)
    records = store.records(prepare.run(task, config), "test")
    texts = sorted((record["text"] for record in records), key=len)
    groups = [texts[start : start + BATCH] for start in range(0, len(texts), BATCH)]
    chosen = groups[len(groups) // 4 :][:GROUPS]
    return {
        "cell": {"config": config.name, "config_hash": config.digest()},
        "batch": BATCH,
        "sentences": sum(map(len, chosen)),
        "kinds": {
            kind: _profile(task, run, overrides, chosen) for kind, overrides in KINDS.items()
        },
    }


def _profile(
    task: Any, run: Path, overrides: Sequence[str], groups: Sequence[Sequence[str]]
) -> dict[str, Any]:
    from pipeline.stages.run import open_run
    from pipeline.stages.training.assembly import outputs_of

    parts = open_run(run, overrides).best
    translate = outputs_of(parts.service)

    def all_groups() -> float:
        start = time.perf_counter()
        for group in groups:
            translate(group)
        return time.perf_counter() - start

    with _scoped_parts(parts):
        all_groups()  # traces the graph
    plain = min(all_groups() for _ in range(3))
    with tempfile.TemporaryDirectory() as folder:
        profiled, kernels = _kernels(all_groups, Path(folder))
    times: Counter[str] = Counter()
    for name, seconds in kernels:
        times[_part(name)] += seconds
    times["cheap ops and the executor"] = max(0.0, profiled - times.total())
    steps = sum("MatMul" in name and _part(name) == "output projection" for name, _ in kernels)
    inside = PARTS[PARTS.index("embedding") : PARTS.index("detokenising")]
    return {
        "seconds": round(plain, 3),
        "seconds_profiled": round(profiled, 3),
        "steps": steps,
        "share": {part: round(times[part] / profiled, 4) for part in PARTS},
        "step_ms": {part: round(1e3 * times[part] / max(1, steps), 3) for part in inside},
    }


def _scoped_parts(parts: Any) -> contextlib.ExitStack:
    """Put name scopes around the functions of each part while the returned stack is open."""
    from pipeline.decoding import continuations

    model, tokenizer, decoder = parts.model, parts.tokenizer, parts.model.decoder
    functions = (
        (tokenizer, "segments", "tokenising"),
        (tokenizer, "texts", "detokenising"),
        (tokenizer, "joined", "detokenising"),
        (model, "fix", "encoder"),
        (decoder, "_cut", "layout of the weights"),
        (model.pieces, "columns", "layout of the weights"),
        *((layer, name, "cell") for layer in decoder.recurrent for name in ("products", "advance")),
        (decoder, "_output", "attention"),
        (model.pieces, "logits", "output projection"),
        (continuations, "log_normaliser", "log-softmax"),
        (continuations, "top_k_columns", "highest columns"),
    )
    stack = contextlib.ExitStack()
    for owner, name, part in functions:
        stack.enter_context(mock.patch.object(owner, name, _scoped(part, getattr(owner, name))))
    return stack


def _scoped(part: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function with its ops in the name scope of a part."""
    import tensorflow as tf

    def call(*arguments: Any, **named: Any) -> Any:
        with tf.name_scope(_scope(part)):
            return function(*arguments, **named)

    return call


def _scope(part: str) -> str:
    return MARK + part.replace(" ", "_").replace("-", "_")


def _part(name: str) -> str:
    """Return the part that an op belongs to; an op without a mark is assigned by its scope."""
    marks = {_scope(part): part for part in PARTS}
    for scope in name.split("/"):
        mark = re.sub(r"_\d+$", "", scope)  # TensorFlow numbers repeated scopes
        if mark in marks:
            return marks[mark]
    if "target_embedding" in name:
        return "embedding"
    return "other moves of the search" if "while" in name else "the rest of the graph"


def _kernels(work: Callable[[], float], folder: Path) -> tuple[float, list[tuple[str, float]]]:
    """Return the seconds of `work`, and the name and kernel seconds of its ops, in order."""
    import tensorflow as tf
    from tensorflow.tsl.profiler.protobuf import xplane_pb2

    options = tf.profiler.experimental.ProfilerOptions(host_tracer_level=3, python_tracer_level=0)
    tf.profiler.experimental.start(str(folder), options)
    seconds = work()
    tf.profiler.experimental.stop()
    (file,) = folder.rglob("*.xplane.pb")
    space = xplane_pb2.XSpace.FromString(file.read_bytes())
    kernels = []
    for plane in space.planes:
        names = {key: event.name for key, event in plane.event_metadata.items()}
        for line in plane.lines:
            if line.name.startswith("tf_Compute"):
                kernels += _thread_kernels([(names[e.metadata_id], e) for e in line.events])
    return seconds, kernels


def _thread_kernels(events: Sequence[tuple[str, Any]]) -> list[tuple[str, float]]:
    """Return the ops of a thread; nested events are subtracted from the event around them."""
    ops: list[list[Any]] = []
    open_: list[tuple[int, int]] = []  # end and index of each event around this one
    ordered = sorted(events, key=lambda event: (event[1].offset_ps, -event[1].duration_ps))
    for name, event in ordered:
        while open_ and open_[-1][0] <= event.offset_ps:
            open_.pop()
        if open_:
            ops[open_[-1][1]][1] -= event.duration_ps
        open_.append((event.offset_ps + event.duration_ps, len(ops)))
        ops.append([name, event.duration_ps])
    is_op = re.compile(r"[^:]+:\w+")  # name and kind; the executor's own events have two colons
    return [(name, 1e-12 * seconds) for name, seconds in ops if is_op.fullmatch(name)]


if __name__ == "__main__":
    sys.path.insert(0, str(HERE.parent))
    main()
