"""Labels that are likely wrong, by answers of models that were not trained on them.

Confident learning (Northcutt et al. 2021, https://arxiv.org/abs/1911.00068, section 3.1): what
score is high depends on the label, since a model is surer of some labels than of others. An answer
is confident if its score reaches the mean score that its label gets where it is given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Suspect(NamedTuple):
    """A row whose label is likely wrong: what to write instead, and how sure the models are."""

    row: int
    suggested: str
    score: float


def self_confidence(
    given: Sequence[str], scores: Sequence[Mapping[str, float]]
) -> dict[str, float]:
    """For each label, the mean of its score over the rows to which it is given."""
    found: dict[str, list[float]] = {}
    for label, row in zip(given, scores, strict=True):
        if label in row:
            found.setdefault(label, []).append(row[label])
    return {label: sum(values) / len(values) for label, values in found.items()}


def suspects(given: Sequence[str], scores: Sequence[Mapping[str, float]]) -> list[Suspect]:
    """The rows whose answer is another label than the given one, and confident; surest first.

    A row is passed over where its answerer did not know the given label at all (it is not among the
    scores): it could not have agreed.

    Args:
        given: one label a row.
        scores: label to probability, by a model that has not seen the row.

    Raises:
        ValueError: the two hold different numbers of rows.
    """
    least = self_confidence(given, scores)
    found = []
    for index, (label, row) in enumerate(zip(given, scores, strict=True)):
        if label not in row:
            continue
        answer = max(row, key=row.__getitem__)
        if row[answer] > row[label] and row[answer] >= least.get(answer, 1.0):
            found.append(Suspect(index, answer, row[answer]))
    return sorted(found, key=lambda suspect: -suspect.score)


def multi_label_suspects(
    given: Sequence[Sequence[str]], scores: Sequence[Mapping[str, float]]
) -> list[tuple[int, list[str], float]]:
    """The same where a row has any number of labels: each label is there or not.

    Args:
        given: the labels of each row.
        scores: label to probability, each label for itself.

    Returns:
        (row, suggested labels, score of the surest change), surest first.
    """
    changes: dict[int, dict[str, float]] = {}
    for label in dict.fromkeys(label for row in scores for label in row):
        rows = [index for index, row in enumerate(scores) if label in row]
        sides = ["with" if label in given[index] else "without" for index in rows]
        chances = [scores[index][label] for index in rows]
        for at, _, score in suspects(sides, [{"with": p, "without": 1 - p} for p in chances]):
            changes.setdefault(rows[at], {})[label] = score
    found = [
        (row, sorted(set(given[row]) ^ flips.keys()), max(flips.values()))
        for row, flips in changes.items()
    ]
    return sorted(found, key=lambda change: -change[2])
