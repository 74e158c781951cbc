"""Harder test sets: none are made of a text whose parts are not annotated."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pipeline.task import Record
from pipeline.tasks.text_classification.settings import TextClassificationSettings


def stress(
    settings: TextClassificationSettings,
    train: Iterable[Record],
    records: Sequence[Record],
    seed: int,
) -> dict[str, list[Record]]:
    """Nothing: which words of a text could be exchanged without changing its label is not known."""
    return {}
