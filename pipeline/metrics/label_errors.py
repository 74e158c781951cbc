"""Likely label errors, found with predictions of models that were not trained on the rows.

Confident learning (Northcutt et al. 2021, https://arxiv.org/abs/1911.00068, section 3.1): models
are more confident of some labels than of others, so the threshold depends on the label. A
prediction is confident if its score is at least the mean score of its label over the rows that are
annotated with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple


class LabelError(NamedTuple):
    """A row whose label is likely wrong, with the suggested label and its score."""

    row: int
    suggested: str
    score: float


def self_confidence(
    labels: Sequence[str], scores: Sequence[Mapping[str, float]]
) -> dict[str, float]:
    """Return the mean score of each label over the rows that are annotated with it."""
    values: dict[str, list[float]] = {}
    for label, row in zip(labels, scores, strict=True):
        if label in row:
            values.setdefault(label, []).append(row[label])
    return {label: sum(each) / len(each) for label, each in values.items()}


def likely_label_errors(
    labels: Sequence[str], scores: Sequence[Mapping[str, float]]
) -> list[LabelError]:
    """Return the rows with a confident prediction of another label, highest score first.

    A row is skipped if the model does not know its label (it has no score), because the model could
    not have predicted it.

    Args:
        labels: the annotated label of each row.
        scores: label to probability, by a model that has not seen the row.

    Raises:
        ValueError: the number of rows differs.
    """
    thresholds = self_confidence(labels, scores)
    errors = []
    for index, (label, row) in enumerate(zip(labels, scores, strict=True)):
        if label not in row:
            continue
        predicted = max(row, key=row.__getitem__)
        if row[predicted] > row[label] and row[predicted] >= thresholds.get(predicted, 1.0):
            errors.append(LabelError(index, predicted, row[predicted]))
    return sorted(errors, key=lambda error: -error.score)


def likely_multi_label_errors(
    labels: Sequence[Sequence[str]], scores: Sequence[Mapping[str, float]]
) -> list[tuple[int, list[str], float]]:
    """Apply `likely_label_errors` to each label of multi-label rows: present or absent.

    Args:
        labels: the annotated labels of each row.
        scores: label to probability, independent for each label.

    Returns:
        (row, suggested labels, score of the most confident change), highest score first.
    """
    changes: dict[int, dict[str, float]] = {}
    for label in dict.fromkeys(label for row in scores for label in row):
        rows = [index for index, row in enumerate(scores) if label in row]
        presence = ["with" if label in labels[index] else "without" for index in rows]
        binary = [{"with": p, "without": 1 - p} for p in (scores[index][label] for index in rows)]
        for position, _, score in likely_label_errors(presence, binary):
            changes.setdefault(rows[position], {})[label] = score
    errors = [
        (row, sorted(set(labels[row]) ^ flips.keys()), max(flips.values()))
        for row, flips in changes.items()
    ]
    return sorted(errors, key=lambda error: -error[2])
