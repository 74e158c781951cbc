"""Harder test sets: none are made of a text whose parts are not annotated."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pipeline.tasks.text_classification.records import TextRecord
from pipeline.tasks.text_classification.settings import TextClassificationSettings


def stress(
    settings: TextClassificationSettings,
    train: Iterable[TextRecord],
    records: Sequence[TextRecord],
    seed: int,
) -> dict[str, list[TextRecord]]:
    """Nothing: which words of a text could be exchanged without changing its label is not known."""
    return {}
