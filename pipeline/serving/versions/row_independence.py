"""May requests share a run? Only where a row's answer does not depend on the rows beside it.

Shapes alone do not tell, so rows are answered alone and together before a version goes live.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pipeline.serving.engine.servable import Servable
from pipeline.serving.engine.signature import NUMPY_NAMES, Signature
from pipeline.serving.errors import ServingError
from pipeline.serving.versions.warmup import Record

TOLERANCE = 1e-5
ROWS = 8
TEXTS = (
    "a",
    "two words",
    "京都 2 日",
    "",
    "a longer text, of several words, for the others' padding",
)


def shares_runs(
    servable: Servable,
    signature: Signature,
    records: Sequence[Record],
    answers: Sequence[Mapping[str, Any]],
) -> str:
    """Runs rows alone and together.

    Args:
        servable: A version that is not live yet.
        signature: One of its.
        records: Its warm-up requests.
        answers: What it said to each of them.

    Returns:
        "" where requests may share a run, else the reason why not.
    """
    if not signature.by_rows:
        return "its shapes have no free first dimension, or others that are free"
    tried = _rows_of(records, answers) or [(row, None) for row in _made_up(signature)]
    if len(tried) < 2:
        return "one row is not enough to try"
    rows = [row for row, _ in tried]
    try:
        alone = [said or servable.run(signature, row) for row, said in tried]
        joined = {name: np.concatenate([row[name] for row in rows]) for name in rows[0]}
        together = servable.run(signature, joined)
    except (ServingError, ValueError) as error:
        return f"the rows that were tried are refused: {error}"
    for name, value in together.items():
        singles = [answer[name] for answer in alone]
        counts = [len(v) if v.ndim else 0 for v in (value, *singles)]
        if counts != [len(rows), *(1 for _ in rows)]:
            return f"output {name} has no row for each row of input"
        if not all(same_row(single[0], row) for single, row in zip(singles, value, strict=True)):
            return f"output {name} of a row differs in company"
    return ""


def _rows_of(
    records: Sequence[Record], answers: Sequence[Mapping[str, Any]]
) -> list[tuple[dict[str, Any], Mapping[str, Any] | None]]:
    """Single rows of warm-up requests, and what was said to those that came alone."""
    rows: list[tuple[dict[str, Any], Mapping[str, Any] | None]] = []
    for record, said in zip(records, answers, strict=True):
        if len({len(value) for value in record.arrays.values()}) != 1:
            continue
        count = len(next(iter(record.arrays.values())))
        for row in range(count):
            one = {key: value[row : row + 1] for key, value in record.arrays.items()}
            rows.append((one, said if count == 1 else None))
            if len(rows) == ROWS:
                return rows
    return rows


def _made_up(signature: Signature) -> list[dict[str, Any]]:
    """Rows for a version without warm-up requests: texts, and numbers that may be ids."""
    rows = []
    for index, text in enumerate(TEXTS):
        row = {}
        for name, tensor in signature.inputs.items():
            shape = (1, *(size or 1 for size in (tensor.shape or ())[1:]))
            if tensor.dtype == "string":
                row[name] = np.full(shape, text.encode(), object)
            else:
                dtype = NUMPY_NAMES.get(tensor.dtype, tensor.dtype)
                row[name] = np.full(shape, index % 2, dtype)
        rows.append(row)
    return rows


def same_row(alone: Any, together: Any) -> bool:
    """Equal to `TOLERANCE`, where the longer one may go on with padding: one value, repeated."""
    alone, together = np.atleast_1d(alone), np.atleast_1d(together)
    if alone.ndim != together.ndim:
        return False
    for axis in range(alone.ndim):
        size = alone.shape[axis]
        rest = np.take(together, range(size, together.shape[axis]), axis)
        if rest.size and not np.all(rest == rest.flat[0]):
            return False
        together = np.take(together, range(min(size, together.shape[axis])), axis)
    if alone.shape != together.shape:
        return False
    if alone.dtype.kind != "f":
        return bool(np.array_equal(alone, together))
    return bool(np.allclose(alone, together, TOLERANCE, TOLERANCE, equal_nan=True))
