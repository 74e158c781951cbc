"""Rows that two versions answer differently, as JSON for annotators.

Scores of two versions always differ, so only decisions are compared: the outputs that are not
floating point. If a signature has no such outputs, numbers are compared within `TOLERANCE`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from pipeline.serving.engine.signature import Array, Arrays

TOLERANCE = 1e-3


def disagreements(inputs: Arrays, answers: Mapping[int, Arrays]) -> Iterator[dict[str, object]]:
    """Yield one object for each row that the versions answer differently.

    Args:
        inputs: The inputs of the request, with one row for each row of the outputs.
        answers: The outputs of two versions, by version.

    Yields:
        `text` (or the names of the inputs), `differ` (names of outputs) and `answers`.
    """
    first, second = answers.values()
    rows = len(next(iter(inputs.values())))
    for row in range(rows):
        differ = differing_outputs(_row(first, row), _row(second, row))
        if differ:
            by_version = {
                str(number): _json(_row(outputs, row)) for number, outputs in answers.items()
            }
            yield {**_json(_row(inputs, row)), "differ": differ, "answers": by_version}


def differing_outputs(one: Arrays, other: Arrays) -> list[str]:
    """Return the names of the outputs in which two answers to one row differ.

    An output that only one of the versions has always differs.
    """
    shared = sorted(one.keys() & other.keys())
    decisions = [name for name in shared if one[name].dtype.kind != "f"]
    names = sorted(one.keys() ^ other.keys())
    return names + [name for name in decisions or shared if not _same(one[name], other[name])]


def _same(one: Array, other: Array) -> bool:
    if one.dtype.kind == "f" and other.dtype.kind == "f":
        return one.shape == other.shape and bool(
            np.allclose(one, other, TOLERANCE, TOLERANCE, equal_nan=True)
        )
    return bool(np.array_equal(strip_padding(one), strip_padding(other)))


def strip_padding(value: Array) -> Array:
    """Remove padding ("", -1 or 0) from the end of a row's value.

    A list that really ends with such values is shortened in both versions alike.
    """
    if value.ndim != 1:
        return value
    if value.dtype == object:
        is_real = [bool(entry) for entry in value]
    else:
        is_real = [entry not in (-1, 0) for entry in value.tolist()]
    return value[: max((place + 1 for place, real in enumerate(is_real) if real), default=0)]


def _row(arrays: Arrays, row: int) -> dict[str, Array]:
    return {name: np.array(value[row], value.dtype) for name, value in arrays.items()}


def _json(row: Arrays) -> dict[str, object]:
    plain = {name: v if v.dtype.kind == "f" else strip_padding(v) for name, v in row.items()}
    return {name: _plain(value.tolist()) for name, value in plain.items()}


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, list):
        return [_plain(entry) for entry in value]
    return round(value, 6) if isinstance(value, float) else value
