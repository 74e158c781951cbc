"""How fast a BiLSTM tagger trains with our layers, stock Keras and PyTorch, on the same batches.

    python benchmarks/train_speed.py                 ATIS, or the flights if ATIS is not installed
    python benchmarks/train_speed.py --rounds 15

The tagger has an embedding of 128, an LSTM of 128 in each direction and a dense layer to the tags.
It is trained with Adam and cross entropy over real tokens, on batches of 32 rows that the pipeline
has sorted by length. Each contestant runs in a separate process. In every round each trains one
epoch, one at a time and in random order, so that other load on the machine affects all of them.
Speeds count real tokens only.

"ours, 1 x 2 threads" has one intra-op thread and two inter-op threads; "ours" has the defaults of
TensorFlow. "as trained" is compiled as the train stage does, with gradient clipping and averaging
of the weights. "PyTorch packed, 2" uses packed sequences and two threads; "padded" computes padding
like words, which can be faster than leaving it out because there is little padding.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import taggers
from cells import HERE, RESULTS
from rounds import format_interval, median, read_result

FILE = RESULTS / "train_speed.json"
OURS = "ours"  # TensorFlow's default threads, to which other settings are compared
CORES = len(os.sched_getaffinity(0))
COUNTS = sorted({1, CORES})


class Contestant(NamedTuple):
    """Arguments of `taggers.py`: a way, and its options (threads, or layout and threads)."""

    way: str
    options: tuple[str, ...] = ()


CONTESTANTS = {
    OURS: Contestant("ours"),
    **{
        f"{OURS}, {intra_op} x {inter_op} threads": Contestant(
            "ours", (str(intra_op), str(inter_op))
        )
        for intra_op in COUNTS  # intra-op, inter-op
        for inter_op in COUNTS
        if (intra_op, inter_op) != (CORES, CORES)  # the default of TensorFlow
    },
    "ours, as trained": Contestant("pipeline"),
    "stock Keras": Contestant("stock"),
    **{
        f"PyTorch {layout}, {threads}": Contestant("pytorch", (layout, str(threads)))
        for layout in ("padded", "packed")
        for threads in COUNTS
    },
}


class Process:
    """The process of a contestant; it answers each command with a JSON object."""

    def __init__(self, *arguments: str) -> None:
        self._process: Any = subprocess.Popen(
            [sys.executable, str(HERE / "taggers.py"), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._read_answer()  # wait until it is ready

    def send(self, command: str) -> dict[str, Any]:
        self._process.stdin.write(f"{command}\n")
        self._process.stdin.flush()
        return self._read_answer()

    def _read_answer(self) -> dict[str, Any]:
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"{self._process.args}: ended with status {self._process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def end(self) -> None:
        self._process.communicate()


def flops_per_token(num_tags: int) -> int:
    """Return the FLOPs per token of the matrix products; multiply and add count as two.

    In the forward pass, each direction multiplies [embedding, state] with the four gates, and the
    dense layer multiplies both states with the tags. The backward pass costs twice that: gradients
    of the inputs and of the weights. Embedding look-ups, the element-wise arithmetic of the gates
    and the optimizer are left out.
    """
    directions, gates = 2, 4
    inputs = taggers.EMBEDDING_DIM + taggers.HIDDEN_DIM
    lstm = directions * inputs * gates * taggers.HIDDEN_DIM
    dense = directions * taggers.HIDDEN_DIM * num_tags
    return 3 * 2 * (lstm + dense)


def measure(rounds: int) -> dict[str, Any]:
    """Measure all contestants in `rounds` rounds; return the contents of the result file."""
    began = time.perf_counter()
    timestamp = datetime.now(UTC).isoformat(timespec="seconds")
    with tempfile.TemporaryDirectory() as folder:
        batches = str(Path(folder) / "batches.npz")
        command = [sys.executable, str(HERE / "taggers.py"), "batches", batches, _config()]
        facts = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
        processes = {"peak": Process("peak", batches)}
        for name, (way, options) in CONTESTANTS.items():
            print(f"warming up: {name}", file=sys.stderr)
            processes[name] = Process(way, batches, *options)
        answers: dict[str, list[dict[str, Any]]] = {name: [] for name in processes}
        for number in range(rounds):
            print(f"round {number + 1} of {rounds}", file=sys.stderr)
            for name in random.Random(number).sample(list(processes), len(processes)):
                answers[name].append(processes[name].send("round"))
        accuracy = {name: processes[name].send("score")["score"] for name in CONTESTANTS}
        for process in processes.values():
            process.end()
    facts["environment"]["packages"]["torch"] = importlib.metadata.version("torch")
    return {
        **facts,
        "began": timestamp,
        "seconds": round(time.perf_counter() - began, 1),
        "load_average": os.getloadavg(),
        "rounds": rounds,
        **summary(facts["epoch"], answers, accuracy),
    }


def summary(
    epoch: dict[str, int], answers: dict[str, list[dict[str, Any]]], accuracy: dict[str, float]
) -> dict[str, Any]:
    """Return tokens per second, ratios within each round, and shares of the machine's peak."""
    peaks = answers["peak"]
    peak = max(max(gflops.values()) for gflops in peaks)
    flops = flops_per_token(epoch["tags"])
    seconds = {name: [answer["seconds"] for answer in answers[name]] for name in CONTESTANTS}
    speeds = {name: [epoch["tokens"] / s for s in times] for name, times in seconds.items()}
    medians = {name: median(values, 0) for name, values in speeds.items()}
    pytorch_names = [name for name, (way, _) in CONTESTANTS.items() if way == "pytorch"]
    fastest = max(pytorch_names, key=lambda name: medians[name]["value"])

    def ratio(name: str, to: str) -> dict[str, float]:
        pairs = zip(speeds[name], speeds[to], strict=True)
        return median([own / other for own, other in pairs])

    return {
        "flops_per_token": flops,
        "sgemm_gflops": {
            "peak": round(peak, 1),
            **{name: median([gflops[name] for gflops in peaks], 1) for name in peaks[0]},
        },
        "fastest_pytorch": fastest,
        "contestants": {
            name: {
                "way": CONTESTANTS[name].way,
                "tokens_per_second": interval,
                "ratio_to_pytorch": ratio(name, fastest),
                "ratio_to_ours": ratio(name, OURS),
                "share_of_peak": round(interval["value"] * flops / peak / 1e9, 3),
                "tokens_right": round(accuracy[name], 4),
                "seconds": [round(s, 4) for s in seconds[name]],
            }
            for name, interval in medians.items()
        },
    }


def _config() -> str:
    from pipeline.config import data_path

    return "atis" if data_path("$NLP_DATA_DIR/atis/train").is_dir() else "flights_slots"


def print_result(result: dict[str, Any]) -> None:
    from pipeline.report.terminal import print_table

    rows = [
        (
            name,
            format_interval(
                {end: value / 1000 for end, value in one["tokens_per_second"].items()}, 1
            ),
            format_interval(one["ratio_to_pytorch"]),
            f"{100 * one['share_of_peak']:.0f} %",
            f"{100 * one['tokens_right']:.1f} %",
        )
        for name, one in result["contestants"].items()
    ]
    header = ("contestant", "1000 tokens/s", "to PyTorch", "of peak", "right")
    print_table(f"training a BiLSTM tagger on {result['cell']['config']}", header, rows)
    peak, fastest = result["sgemm_gflops"]["peak"], result["fastest_pytorch"]
    print(f"sgemm peak {peak:.0f} GFLOP/s; fastest PyTorch: {fastest}")
    to_ours = {
        name: one["ratio_to_ours"]
        for name, one in result["contestants"].items()
        if one["way"] == "ours" and name != OURS
    }
    faster = {name: ratio for name, ratio in to_ours.items() if ratio["low"] > 1}
    for name, ratio in faster.items():
        print(f"{name}: {format_interval(ratio)} times as fast as TensorFlow's default")
    if not faster:
        print("no thread setting is significantly faster than TensorFlow's default")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9, help="number of epochs of each contestant")
    rounds = parser.parse_args().rounds
    result = read_result(FILE)
    if result is None:
        if importlib.util.find_spec("torch") is None:
            sys.exit("PyTorch is not installed; to run this benchmark: pip install torch==2.13.0")
        result = measure(rounds)
        from pipeline.artifacts import write_json

        write_json(FILE, result)
    print_result(result)


if __name__ == "__main__":
    main()
