"""What training contained: the evaluated texts that are in train, and labels that are not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.config import Config
from pipeline.datasets import store
from pipeline.errors import InputError
from pipeline.report.terminal import note
from pipeline.stages.data import prepare
from pipeline.task import Record, Task, Vocabularies

NOT_IN_TRAIN = "not_in_train"
UnseenLabels = Mapping[str, Mapping[str, int]]
"""Vocabulary name (`slots`, `intents`) to labels that it does not list, with their number."""


@dataclass(frozen=True)
class TrainedOn:
    """What a model was trained on.

    Args:
        vocabularies: The vocabularies, which hold the labels.
        texts: The texts of train, as `text_key` returns them; None if train is not available.
    """

    vocabularies: Vocabularies
    texts: frozenset[str] | None


def trained_on(vocabularies: Vocabularies, train: store.Prepared | None) -> TrainedOn:
    """Return what a model was trained on, from its vocabularies and training data."""
    if train is None:
        return TrainedOn(vocabularies, None)
    groups = store.examples(train, "train").map(lambda example: example["text"]).batch(512)
    texts = (text.decode("utf-8") for group in groups.as_numpy_iterator() for text in group)
    return TrainedOn(vocabularies, frozenset(map(text_key, texts)))


def train_data(task: Task, config: Config) -> store.Prepared | None:
    """Return the data of a config; None, with a note, if it is not on this machine."""
    try:
        return prepare.run(task, config)
    except InputError as error:
        note(f"the training data is not available, so rows in train are not marked: {error}")
        return None


def text_key(text: str) -> str:
    """Return the key under which two texts count as equal: without case and outer spaces."""
    return text.strip().casefold()


def unseen_labels(task: Task, trained: TrainedOn, records: Sequence[Record]) -> UnseenLabels:
    """Count the gold labels that train does not have, most frequent first; they are scored, too."""
    known = {name: frozenset(labels) for name, labels in trained.vocabularies.items()}
    counts: dict[str, Counter[str]] = {}
    for record in records:
        for name, labels in task.answers.labels(record).items():
            new = (label for label in labels if label not in known.get(name, ()))
            counts.setdefault(name, Counter()).update(new)
    return {
        name: dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))
        for name, found in counts.items()
    }


def not_in_train(trained: TrainedOn, split: str, records: Sequence[Record]) -> list[int] | None:
    """Return the rows whose text is not in train.

    None if these are all rows or no rows, if train is not available, and for train itself.
    """
    if trained.texts is None or split == "train":
        return None
    new = [row for row, r in enumerate(records) if text_key(r["text"]) not in trained.texts]
    return new if 0 < len(new) < len(records) else None


def warn_of_repeats(trained: TrainedOn, split: str, records: Sequence[Record]) -> None:
    """Warn about texts that are also in train: a model may have memorised them."""
    if trained.texts is None or split == "train":
        return
    repeated = sum(text_key(record["text"]) in trained.texts for record in records)
    if repeated:
        rest = f"{split}/{NOT_IN_TRAIN} is without them" if repeated < len(records) else "all are"
        note(f"warning: {repeated} of {len(records)} texts of {split} are also in train; {rest}")
