"""Where the time of decoding goes: the parts of a search by TensorFlow's profiler.

    python benchmarks/translation_profile.py RUN

The test set is translated in batches of 32 as `translation_speed.py decode` does, greedily and with
a beam of 5, while the profiler writes down every op. A part is a name scope, set around the
functions of that part before the graph is traced; an op's time is that of its kernel alone. On one
thread (set here), so that the times are of one thing after the other and add up to the whole.
TensorFlow does not time ops that it has found cheap (8,000 cycles): they are in the last part, with
its own work between ops.
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
from rounds import standing

BATCH, GROUPS = 32, 20
KINDS = {
    "greedy": ("decoding.beam_width=1", "decoding.n_best=1", "decoding.shortlist=0"),
    "beam 5": ("decoding.beam_width=5", "decoding.shortlist=0"),
}
MARK = "part_"  # begins the scope of a part
PARTS = (  # by the first mark in an op's name, else by where it stands
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
    found = standing(file)
    if found is None:
        found = {
            **measure(Path(arguments.run)),
            "environment": environment.facts(),
            "load_average": os.getloadavg(),
        }
        write_json(file, found)
    for kind, each in found["kinds"].items():
        print(f"{kind}: {each['seconds']:.2f} s, {each['seconds_profiled']:.2f} s while profiled")
        for part in PARTS:
            print(f"  {part:28} {each['share'][part]:6.1%} {each['step_ms'].get(part, ''):>8}")


def measure(run: Path) -> dict[str, Any]:
    """Each kind of search: seconds, each part's share of them, and its milliseconds a step."""
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
        "kinds": {kind: _profile(task, run, given, chosen) for kind, given in KINDS.items()},
    }


def _profile(
    task: Any, run: Path, overrides: Sequence[str], groups: Sequence[Sequence[str]]
) -> dict[str, Any]:
    from pipeline.stages.run import open_run
    from pipeline.stages.training.assembly import outputs_of

    parts = open_run(run, overrides).best
    answer = outputs_of(parts.service)

    def all_groups() -> float:
        start = time.perf_counter()
        for group in groups:
            answer(group)
        return time.perf_counter() - start

    with _marked(parts):
        all_groups()  # which traces the graph
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


def _marked(parts: Any) -> contextlib.ExitStack:
    """The scopes around the functions of each part, for as long as the stack is open."""
    from pipeline.decoding import continuations

    model, tokenizer, decoder = parts.model, parts.tokenizer, parts.model.decoder
    places = (
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
    for owner, name, part in places:
        stack.enter_context(mock.patch.object(owner, name, _scoped(part, getattr(owner, name))))
    return stack


def _scoped(part: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, with its ops in the scope of a part."""
    import tensorflow as tf

    def call(*arguments: Any, **named: Any) -> Any:
        with tf.name_scope(_scope(part)):
            return function(*arguments, **named)

    return call


def _scope(part: str) -> str:
    return MARK + part.replace(" ", "_").replace("-", "_")


def _part(name: str) -> str:
    """Which part an op belongs to; what has no mark goes by where it stands."""
    marks = {_scope(part): part for part in PARTS}
    for place in name.split("/"):
        mark = re.sub(r"_\d+$", "", place)  # a scope's second use is numbered
        if mark in marks:
            return marks[mark]
    if "target_embedding" in name:
        return "embedding"
    return "other moves of the search" if "while" in name else "the rest of the graph"


def _kernels(work: Callable[[], float], folder: Path) -> tuple[float, list[tuple[str, float]]]:
    """The seconds of a work, and its ops in order: name and seconds of the kernel alone."""
    import tensorflow as tf
    from tensorflow.tsl.profiler.protobuf import xplane_pb2

    options = tf.profiler.experimental.ProfilerOptions(host_tracer_level=3, python_tracer_level=0)
    tf.profiler.experimental.start(str(folder), options)
    seconds = work()
    tf.profiler.experimental.stop()
    (file,) = folder.rglob("*.xplane.pb")
    space = xplane_pb2.XSpace.FromString(file.read_bytes())
    found = []
    for plane in space.planes:
        names = {key: event.name for key, event in plane.event_metadata.items()}
        for line in plane.lines:
            if line.name.startswith("tf_Compute"):
                found += _of_thread([(names[e.metadata_id], e) for e in line.events])
    return seconds, found


def _of_thread(events: Sequence[tuple[str, Any]]) -> list[tuple[str, float]]:
    """The ops of a thread. An event inside another is no longer the other's time."""
    ops: list[list[Any]] = []
    open_: list[tuple[int, int]] = []  # where each event around this one ends, and its place
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
