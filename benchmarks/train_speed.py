"""How fast a BiLSTM tagger trains: our layers, stock Keras, PyTorch by hand; same batches, one run.

    python benchmarks/train_speed.py                 ATIS, or where it is not there, the flights
    python benchmarks/train_speed.py --rounds 15

Embedding of 128, an LSTM of 128 in either direction, a dense layer to the tags; cross entropy over
real tokens, Adam; 32 rows a batch, sorted by length as the pipeline sorts them. Every contestant
lives in a process of its own and trains one epoch a round, one at a time, each round in another
order, so that what disturbs the machine for a while disturbs them all. Tokens are real ones.

"ours, 1 x 2 threads": TensorFlow takes one thread for an op, and two ops at once; "ours" alone is
as it sets itself up. "as trained": compiled by the train stage, which clips the gradient and
averages the weights besides. "PyTorch packed, 2": packed sequences, two threads; "padded" reads
padding as if it were words, which can cost less than leaving it out, as there is little of it.
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
from rounds import median, shown, standing

FILE = RESULTS / "train_speed.json"
OURS = "ours"  # as TensorFlow sets itself up; what its other settings are compared with
CORES = len(os.sched_getaffinity(0))
COUNTS = sorted({1, CORES})


class Contestant(NamedTuple):
    """What `taggers.py` is called with: a way, and its threads or layout and threads."""

    way: str
    options: tuple[str, ...] = ()


CONTESTANTS = {
    OURS: Contestant("ours"),
    **{
        f"{OURS}, {within} x {of_ops} threads": Contestant("ours", (str(within), str(of_ops)))
        for within in COUNTS  # in an op; ops at once
        for of_ops in COUNTS
        if (within, of_ops) != (CORES, CORES)  # that is what TensorFlow chooses
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
    """A contestant's process: asked by a line, it answers by a JSON object."""

    def __init__(self, *arguments: str) -> None:
        self._process: Any = subprocess.Popen(
            [sys.executable, str(HERE / "taggers.py"), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.answer()  # it is ready

    def ask(self, question: str) -> dict[str, Any]:
        self._process.stdin.write(f"{question}\n")
        self._process.stdin.flush()
        return self.answer()

    def answer(self) -> dict[str, Any]:
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"{self._process.args}: ended with status {self._process.wait()}")
        found: dict[str, Any] = json.loads(line)
        return found

    def end(self) -> None:
        self._process.communicate()


def flops_per_token(num_tags: int) -> int:
    """Of the tagger's matrix products, forward and backward; multiply and add count as two.

    Forward, each direction multiplies [embedding, state] with its four gates, and the dense layer
    both states with the tags. Backward takes twice that: by the inputs, and by the weights. Looking
    up embeddings, the gates' own arithmetic and the optimizer are left out.
    """
    directions, gates = 2, 4
    inputs = taggers.EMBEDDING_DIM + taggers.HIDDEN_DIM
    lstm = directions * inputs * gates * taggers.HIDDEN_DIM
    dense = directions * taggers.HIDDEN_DIM * num_tags
    return 3 * 2 * (lstm + dense)


def measure(rounds: int) -> dict[str, Any]:
    """All contestants, `rounds` times; what goes into the file."""
    began = time.perf_counter()
    moment = datetime.now(UTC).isoformat(timespec="seconds")
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
                answers[name].append(processes[name].ask("round"))
        right = {name: processes[name].ask("score")["score"] for name in CONTESTANTS}
        for process in processes.values():
            process.end()
    facts["environment"]["packages"]["torch"] = importlib.metadata.version("torch")
    return {
        **facts,
        "began": moment,
        "seconds": round(time.perf_counter() - began, 1),
        "load_average": os.getloadavg(),
        "rounds": rounds,
        **summary(facts["epoch"], answers, right),
    }


def summary(
    epoch: dict[str, int], answers: dict[str, list[dict[str, Any]]], right: dict[str, float]
) -> dict[str, Any]:
    """Tokens a second of each, their ratios round by round, and shares of the machine's peak."""
    peaks = answers["peak"]
    peak = max(max(found.values()) for found in peaks)
    flops = flops_per_token(epoch["tags"])
    seconds = {name: [answer["seconds"] for answer in answers[name]] for name in CONTESTANTS}
    speeds = {name: [epoch["tokens"] / s for s in found] for name, found in seconds.items()}
    middles = {name: median(found, 0) for name, found in speeds.items()}
    torches = [name for name, (way, _) in CONTESTANTS.items() if way == "pytorch"]
    fastest = max(torches, key=lambda name: middles[name]["value"])

    def ratio(name: str, to: str) -> dict[str, float]:
        pairs = zip(speeds[name], speeds[to], strict=True)
        return median([own / other for own, other in pairs])

    return {
        "flops_per_token": flops,
        "sgemm_gflops": {
            "peak": round(peak, 1),
            **{name: median([found[name] for found in peaks], 1) for name in peaks[0]},
        },
        "fastest_pytorch": fastest,
        "contestants": {
            name: {
                "way": CONTESTANTS[name].way,
                "tokens_per_second": middle,
                "ratio_to_pytorch": ratio(name, fastest),
                "ratio_to_ours": ratio(name, OURS),
                "share_of_peak": round(middle["value"] * flops / peak / 1e9, 3),
                "tokens_right": round(right[name], 4),
                "seconds": [round(s, 4) for s in seconds[name]],
            }
            for name, middle in middles.items()
        },
    }


def _config() -> str:
    from pipeline.config import data_path

    return "atis" if data_path("$NLP_DATA_DIR/atis/train").is_dir() else "flights_slots"


def show(found: dict[str, Any]) -> None:
    from pipeline.report.terminal import print_table

    rows = [
        (
            name,
            shown({end: value / 1000 for end, value in one["tokens_per_second"].items()}, 1),
            shown(one["ratio_to_pytorch"]),
            f"{100 * one['share_of_peak']:.0f} %",
            f"{100 * one['tokens_right']:.1f} %",
        )
        for name, one in found["contestants"].items()
    ]
    header = ("contestant", "1000 tokens/s", "to PyTorch", "of peak", "right")
    print_table(f"training a BiLSTM tagger on {found['cell']['config']}", header, rows)
    peak, fastest = found["sgemm_gflops"]["peak"], found["fastest_pytorch"]
    print(f"sgemm peak {peak:.0f} GFLOP/s; PyTorch's fastest way: {fastest}")
    to_ours = {
        name: one["ratio_to_ours"]
        for name, one in found["contestants"].items()
        if one["way"] == "ours" and name != OURS
    }
    faster = {name: ratio for name, ratio in to_ours.items() if ratio["low"] > 1}
    for name, ratio in faster.items():
        print(f"{name}: {shown(ratio)} times as fast as TensorFlow's own choice")
    if not faster:
        print("no setting of TensorFlow's threads is distinctly faster than its own choice")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9, help="epochs of each contestant")
    rounds = parser.parse_args().rounds
    found = standing(FILE)
    if found is None:
        if importlib.util.find_spec("torch") is None:
            sys.exit("PyTorch is not installed; for this benchmark: pip install torch==2.13.0")
        found = measure(rounds)
        from pipeline.artifacts import write_json

        write_json(FILE, found)
    show(found)


if __name__ == "__main__":
    main()
