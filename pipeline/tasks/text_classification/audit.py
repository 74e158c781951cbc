"""Report what is odd about well-formed labelled texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.task import Table
from pipeline.tasks.text_classification.records import TextRecord
from pipeline.userfiles.audit import (
    MAX_CHARACTERS,
    Annotated,
    Splits,
    contradictions,
    largest_first,
    listed,
    overlap,
    place_of,
    rare_labels,
    repeated_texts,
)
from pipeline.userfiles.explain import shorten

NO_LABEL = "no label"


def audit(splits: Mapping[str, Sequence[TextRecord]]) -> list[Table]:
    """Return the tables that have rows."""
    read = {split: list(map(_annotated, records)) for split, records in splits.items()}
    tables = (repeated_texts(read), _contradictions(read), overlap(read), rare_labels(read))
    return [table for table in tables if table.rows]


def _annotated(record: TextRecord) -> Annotated:
    labels = record["labels"]
    annotation = ", ".join(sorted(labels)) or NO_LABEL
    return Annotated(record["text"], annotation, {"": labels}, _place(record))


def _contradictions(splits: Splits) -> Table:
    rows = []
    for by_labels in contradictions(splits):
        examples = [example for same in by_labels.values() for example in same]
        text = shorten(examples[0].text, MAX_CHARACTERS)
        labelled = "\n".join(f"{labels} {len(same)}" for labels, same in by_labels.items())
        where = "\n".join(listed([each.place for each in same]) for same in by_labels.values())
        rows.append((len(examples), text, labelled, where))
    columns = ("times", "text", "labelled", "where")
    return largest_first("the same text, labelled differently", columns, rows)


def _place(record: TextRecord) -> str:
    """Return `test.jsonl:7`, or `pos/1.txt` if each text has a file in the folder of its class."""
    path, _, line = record["source"].rpartition(":")
    *folders, name = path.split("/")
    if name.endswith(".txt") and line == "1" and record["labels"] == folders[-1:]:
        return f"{folders[-1]}/{name}"
    return place_of(record["source"])
