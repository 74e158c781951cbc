"""Where two versions answer a row differently, as JSON for whoever labels it.

Scores of two versions are never the same, so what counts is what they decide: all outputs that are
not of floating point. Only where a signature has no others do numbers count, beyond `TOLERANCE`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

TOLERANCE = 1e-3
Arrays = Mapping[str, Any]


def disagreements(inputs: Arrays, answers: Mapping[int, Arrays]) -> Iterator[dict[str, Any]]:
    """One object a row that the versions answer differently.

    Args:
        inputs: Of the request, all with one row for each answer.
        answers: By version, the outputs of two.

    Yields:
        `text` (or whatever the inputs are called), `differ` (names of outputs), `answers`.
    """
    first, second = answers.values()
    rows = len(next(iter(inputs.values())))
    for row in range(rows):
        differ = differing(_row(first, row), _row(second, row))
        if differ:
            shown = {str(number): _json(_row(outputs, row)) for number, outputs in answers.items()}
            yield {**_json(_row(inputs, row)), "differ": differ, "answers": shown}


def differing(one: Arrays, other: Arrays) -> list[str]:
    """Names of the outputs in which two answers to the same row differ.

    An output that just one of the versions has does so always.
    """
    shared = sorted(one.keys() & other.keys())
    decided = [name for name in shared if one[name].dtype.kind != "f"]
    names = sorted(one.keys() ^ other.keys())
    return names + [name for name in decided or shared if not _same(one[name], other[name])]


def _same(one: Any, other: Any) -> bool:
    if one.dtype.kind == "f" and other.dtype.kind == "f":
        return one.shape == other.shape and bool(
            np.allclose(one, other, TOLERANCE, TOLERANCE, equal_nan=True)
        )
    return bool(np.array_equal(unpadded(one), unpadded(other)))


def unpadded(value: Any) -> Any:
    """A row's value without what ends it only because a longer row stood beside it.

    That is "", -1 or 0; a list that really ends so looks the same in both versions.
    """
    if value.ndim != 1:
        return value
    if value.dtype == object:
        real = [bool(entry) for entry in value]
    else:
        real = [entry not in (-1, 0) for entry in value.tolist()]
    return value[: max((place + 1 for place, is_real in enumerate(real) if is_real), default=0)]


def _row(arrays: Arrays, row: int) -> dict[str, Any]:
    return {name: np.array(value[row], value.dtype) for name, value in arrays.items()}


def _json(row: Arrays) -> dict[str, Any]:
    plain = {name: v if v.dtype.kind == "f" else unpadded(v) for name, v in row.items()}
    return {name: _plain(value.tolist()) for name, value in plain.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, list):
        return [_plain(entry) for entry in value]
    return round(value, 6) if isinstance(value, float) else value
