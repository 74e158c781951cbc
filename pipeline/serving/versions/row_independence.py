"""Tests whether requests may share a run: a row's answer must not depend on the other rows.

Shapes alone do not guarantee that, so rows are run alone and together before a version serves.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.serving.engine.servable import Servable
from pipeline.serving.engine.signature import NUMPY_NAMES, Array, Arrays, Signature
from pipeline.serving.errors import ServingError
from pipeline.serving.versions.warmup import WarmupRequest

TOLERANCE = 1e-5
ROWS = 8
TEXTS = (
    "a",
    "two words",
    "京都 2 日",
    "",
    "a longer text, of several words, for the others' padding",
)


def batching_obstacle(
    servable: Servable,
    signature: Signature,
    records: Sequence[WarmupRequest],
    answers: Sequence[Arrays],
) -> str:
    """Run rows alone and together, and compare the outputs.

    Args:
        servable: A version that does not serve yet.
        signature: A signature of the version.
        records: The warm-up requests of the signature.
        answers: The outputs for each of them.

    Returns:
        "" if requests may share a run, otherwise the reason why not.
    """
    if not signature.by_rows:
        return "the first dimension of a shape is fixed, or another one is not"
    tested = _rows_of(records, answers) or [(row, None) for row in _synthetic_rows(signature)]
    if len(tested) < 2:
        return "a single row is not enough for a test"
    rows = [row for row, _ in tested]
    try:
        alone = [answer or servable.run(signature, row) for row, answer in tested]
        joined = {name: np.concatenate([row[name] for row in rows]) for name in rows[0]}
        together = servable.run(signature, joined)
    except (ServingError, ValueError) as error:
        return f"the test rows are refused: {error}"
    for name, value in together.items():
        singles = [answer[name] for answer in alone]
        counts = [len(v) if v.ndim else 0 for v in (value, *singles)]
        if counts != [len(rows), *(1 for _ in rows)]:
            return f"output {name} has no row for each row of input"
        if not all(rows_equal(single[0], row) for single, row in zip(singles, value, strict=True)):
            return f"output {name} of a row depends on the other rows"
    return ""


def _rows_of(
    records: Sequence[WarmupRequest], answers: Sequence[Arrays]
) -> list[tuple[dict[str, Array], Arrays | None]]:
    """Split warm-up requests into rows, with the outputs of those that were run alone."""
    rows: list[tuple[dict[str, Array], Arrays | None]] = []
    for record, answer in zip(records, answers, strict=True):
        if len({len(value) for value in record.arrays.values()}) != 1:
            continue
        count = len(next(iter(record.arrays.values())))
        for row in range(count):
            one = {key: value[row : row + 1] for key, value in record.arrays.items()}
            rows.append((one, answer if count == 1 else None))
            if len(rows) == ROWS:
                return rows
    return rows


def _synthetic_rows(signature: Signature) -> list[dict[str, Array]]:
    """Make test rows for a version without warm-up requests: texts, and numbers 0 and 1."""
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


def rows_equal(alone: Array, together: Array) -> bool:
    """Whether two rows are equal to `TOLERANCE`; the second may end in padding, one value."""
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
