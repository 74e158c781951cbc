"""Harder test sets: none for this task, since the parts of a text are not annotated."""

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
    """Return no sets: it is unknown which words can be replaced without changing the label."""
    return {}
