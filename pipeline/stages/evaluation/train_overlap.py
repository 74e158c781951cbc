"""What training has already shown: labels that it never had, and rows that stand in it."""

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
class Seen:
    """What a model was trained on.

    Args:
        vocabularies: Its labels are in them.
        texts: The texts of training as `text_key` gives them; None where they are not here.
    """

    vocabularies: Vocabularies
    texts: frozenset[str] | None


def seen_in(vocabularies: Vocabularies, train: store.Prepared | None) -> Seen:
    """From a model's vocabularies and the data that it was trained on."""
    if train is None:
        return Seen(vocabularies, None)
    groups = store.examples(train, "train").map(lambda example: example["text"]).batch(512)
    texts = (text.decode("utf-8") for group in groups.as_numpy_iterator() for text in group)
    return Seen(vocabularies, frozenset(map(text_key, texts)))


def train_data(task: Task, config: Config) -> store.Prepared | None:
    """The data that a config names, if it is on this machine; else says so."""
    try:
        return prepare.run(task, config)
    except InputError as error:
        note(f"the training data is not here, so rows that stand in it are not told: {error}")
        return None


def text_key(text: str) -> str:
    """What two texts share if they count as the same: all but case and white space around."""
    return text.strip().casefold()


def unseen_labels(task: Task, seen: Seen, records: Sequence[Record]) -> UnseenLabels:
    """The gold labels that training never had, most frequent first; they are scored like others."""
    known = {name: frozenset(labels) for name, labels in seen.vocabularies.items()}
    counts: dict[str, Counter[str]] = {}
    for record in records:
        for name, labels in task.labels(record).items():
            new = (label for label in labels if label not in known.get(name, ()))
            counts.setdefault(name, Counter()).update(new)
    return {
        name: dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))
        for name, found in counts.items()
    }


def not_in_train(seen: Seen, split: str, records: Sequence[Record]) -> list[int] | None:
    """The rows whose text training does not have.

    None where that is all of them or none, where it is not known, and for train itself.
    """
    if seen.texts is None or split == "train":
        return None
    new = [row for row, r in enumerate(records) if text_key(r["text"]) not in seen.texts]
    return new if 0 < len(new) < len(records) else None


def warn_of_repeats(seen: Seen, split: str, records: Sequence[Record]) -> None:
    """Says how many of the texts training has, if any: a model may know these by heart."""
    if seen.texts is None or split == "train":
        return
    repeated = sum(text_key(record["text"]) in seen.texts for record in records)
    if repeated:
        rest = f"{split}/{NOT_IN_TRAIN} is without them" if repeated < len(records) else "all do"
        note(f"warning: {repeated} of {len(records)} texts of {split} also stand in train; {rest}")
