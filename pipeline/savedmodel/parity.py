"""The parity gate: a candidate in a fresh process must answer like the model in memory.

Every text is answered alone and in mixed batches. Strings and offsets must be the same and scores
equal to 1e-5. Strings may differ only if the model's two best scores tie within 1e-5.
"""

from __future__ import annotations

import itertools
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import GateError
from pipeline.savedmodel import fresh_process

TOLERANCE = 1e-5
BATCH = 16
SMALL_BATCH = 4
LONG_TEXT = 5_000
HOSTILE = (
    "",
    "a",
    "京",
    "7",
    " ",
    "👩‍👩‍👧 e\u0301 ﬁ",
    "tab\there  twice\u3000\u00a0",
    "\ufeffx\u200b",
)

OutputRow = dict[str, Any]
AnswerBatch = Callable[[Sequence[str]], Mapping[str, Any]]


@dataclass(frozen=True)
class Parity:
    """The result of the gate.

    Args:
        compared: The number of rows compared.
        ties: The number of rows that differ because of a tie.
        largest_difference: The largest difference of scores in the other rows.
    """

    compared: int
    ties: int
    largest_difference: float


def check_parity(
    candidate: Path,
    texts: Sequence[str],
    answer: AnswerBatch,
    margin: Callable[[Sequence[str]], Sequence[float]],
    hidden: Sequence[Path],
) -> Parity:
    """Compare the candidate in a fresh process with the model in memory.

    Args:
        candidate: A SavedModel's folder, moved away from where it was written.
        texts: Real texts; empty, unusual and very long texts are added.
        answer: The model in memory, from texts to the NumPy outputs of `serving_default`.
        margin: The model in memory, from texts to the smallest gap between the two best scores of
            each row.
        hidden: Folders that the candidate must not need.

    Raises:
        GateError: The candidate does not load or answers differently.
    """
    _refuse_paths(candidate, hidden)
    long_text = (" ".join(texts) + " ") * (LONG_TEXT // max(1, len(" ".join(texts))) + 1)
    rows = [*dict.fromkeys(texts), *HOSTILE]
    batches = [
        *([row] for row in rows),
        *_mixed(rows),
        [long_text[:LONG_TEXT], rows[0], "", rows[-1]][:SMALL_BATCH],
    ]
    expected = {
        text: _rows(_plain(answer([text])), 1)[0]
        for text in dict.fromkeys(itertools.chain(*batches))
    }
    received = _answer_in_fresh_process(candidate, batches, hidden)
    compared, ties, largest = 0, 0, 0.0
    for batch, outputs in zip(batches, received, strict=True):
        for text, row in zip(batch, _rows(outputs, len(batch)), strict=True):
            compared += 1
            difference = _difference(expected[text], row)
            if difference > TOLERANCE:
                if not float(margin([text])[0]) <= TOLERANCE:  # true for NaN, too
                    raise GateError(_explain(text, len(batch), expected[text], row))
                ties += 1
            else:
                largest = max(largest, difference)
    return Parity(compared, ties, largest)


def _mixed(rows: Sequence[str]) -> Iterable[list[str]]:
    """Yield batches of rows that are far apart in the list, to mix lengths and kinds of text."""
    count = -(-len(rows) // BATCH)
    return ([*rows[start::count]] for start in range(count))


def _answer_in_fresh_process(
    candidate: Path, batches: Sequence[Sequence[str]], hidden: Sequence[Path]
) -> list[Mapping[str, Any]]:
    with tempfile.TemporaryDirectory(prefix="parity-") as folder:
        script, request, reply = (
            Path(folder) / n for n in ("fresh_process.py", "request", "reply")
        )
        shutil.copy(fresh_process.__file__, script)
        request.write_text(json.dumps(batches), encoding="utf-8")
        hidden_paths = (path.resolve() for path in hidden)
        command = [sys.executable, "-I", script, candidate, request, reply, *hidden_paths]
        environment = {
            name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ
        }
        process = subprocess.run(
            [str(part) for part in command],
            cwd=folder,
            env={**environment, "CUDA_VISIBLE_DEVICES": ""},
            capture_output=True,
            text=True,
            check=False,
        )
        if process.returncode:
            reason = _last_error(process.stderr) or f"exit status {process.returncode}"
            raise GateError(f"the candidate fails in a fresh process: {reason}; nothing published")
        outputs: list[Mapping[str, Any]] = json.loads(reply.read_text(encoding="utf-8"))
        return outputs


def _last_error(stderr: str) -> str:
    """Return the last line of a traceback that is not indented: the error itself."""
    lines = [line for line in stderr.splitlines() if line and not line[0].isspace()]
    return lines[-1] if lines else ""


def _refuse_paths(candidate: Path, hidden: Sequence[Path]) -> None:
    """Refuse hidden paths inside the graph: TensorFlow would open them without Python's hook."""
    graph = (candidate / "saved_model.pb").read_bytes()
    for folder in hidden:
        if str(folder.resolve()).encode() in graph:
            raise GateError(
                f"the graph contains the path {folder}; expected no path outside the SavedModel"
            )


def _plain(outputs: Mapping[str, Any]) -> Mapping[str, Any]:
    return {key: fresh_process.to_lists(value) for key, value in outputs.items()}


def _rows(outputs: Mapping[str, Any], count: int) -> list[OutputRow]:
    """Split batch outputs into one dict per row, without the padding ("", -1, 0) of lists."""
    return [{key: _trim(values[row]) for key, values in outputs.items()} for row in range(count)]


def _trim(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    end = len(value)
    while end and value[end - 1] in ("", -1, 0):
        end -= 1
    return value[:end]


def _difference(expected: Any, received: Any) -> float:
    """Return the largest difference of scores, relative above 1; infinite if anything else differs.

    NaN differs from everything, itself included: a model that returns it must not be published.
    """
    if isinstance(expected, dict):
        if expected.keys() != received.keys():
            return float("inf")
        return max((_difference(expected[key], received[key]) for key in expected), default=0.0)
    if isinstance(expected, list):
        if len(expected) != len(received):
            return float("inf")
        pairs = zip(expected, received, strict=True)
        return max((_difference(left, right) for left, right in pairs), default=0.0)
    if isinstance(expected, float) and isinstance(received, float):
        difference = abs(expected - received) / max(1.0, abs(expected))
        return float("inf") if math.isnan(difference) else difference
    return 0.0 if expected == received else float("inf")


def _explain(text: str, size: int, expected: OutputRow, received: OutputRow) -> str:
    key = next(key for key in expected if _difference(expected[key], received[key]) > TOLERANCE)
    return (
        f"parity: {text[:60]!r} in a batch of {size}: {key} is {str(received[key])[:120]} in a"
        f" fresh process and {str(expected[key])[:120]} in memory; nothing published"
    )
