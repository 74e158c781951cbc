"""Metrics of answers: accuracy and F1 of the labels of texts, one or several per text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.metrics.labels import accuracy, confusion, macro_f1, micro_f1, per_class
from pipeline.task import Scores, Table
from pipeline.tasks.text_classification.records import TextAnswer, TextRecord
from pipeline.tasks.text_classification.settings import TextClassificationSettings

MAX_CONFUSIONS = 20  # rows of the table of confusions


def score(
    settings: TextClassificationSettings,
    records: Sequence[TextRecord],
    answers: Sequence[TextAnswer],
) -> Scores:
    """Score the answers to the texts of `records`, given in the same order.

    Every gold label counts, also one that does not occur in training. Metrics, in percent with
    95 % intervals:

    - `accuracy`: the predicted label equals the gold label; with `data.multi_label`, the set of
      predicted labels equals the set of gold labels,
    - `macro_f1`: the mean F1 of all labels that are gold or predicted, rare and frequent alike,
    - `micro_f1`: F1 over all labels of all texts; equals the accuracy if each text has one label.

    Raises:
        ValueError: Records and answers differ in number.
    """
    golds = [record["labels"] for record in records]
    pairs = list(zip(golds, answers, strict=True))
    predictions = [predicted_labels(settings, answer) for answer in answers]
    counts = {
        "accuracy": accuracy(golds, predictions),
        "macro_f1": macro_f1(golds, predictions, _known_labels(golds, answers)),
        "micro_f1": micro_f1(golds, predictions),
    }
    return Scores(
        metrics={name: counted.interval().as_dict() for name, counted in counts.items()},
        tables=[_label_table(golds, predictions), *_confusion_table(golds, predictions)],
        errors=[
            _error(settings, record, answer)
            for record, (gold, answer) in zip(records, pairs, strict=True)
            if set(gold) != set(predicted_labels(settings, answer))
        ],
        counts=counts,
    )


def predicted_labels(settings: TextClassificationSettings, answer: TextAnswer) -> list[str]:
    """Return the labels above their thresholds if there may be several, else the most likely."""
    return list(answer["labels"]) if settings.data.multi_label else [answer["label"]]


def labels(record: TextRecord) -> Mapping[str, Sequence[str]]:
    """Return the labels of a record under the name of their vocabulary."""
    return {"labels": record["labels"]}


def _known_labels(golds: Sequence[Sequence[str]], answers: Sequence[TextAnswer]) -> list[str]:
    """Return all labels of training, which every answer scores, and those of these records.

    They are the same for all models of the same training data, so that models can be compared.
    """
    scored = dict.fromkeys(label for answer in answers for label in answer["scores"])
    return sorted(scored.keys() | {label for gold in golds for label in gold})


def _label_table(golds: Sequence[Sequence[str]], predictions: Sequence[Sequence[str]]) -> Table:
    rows = [
        (label, row["precision"], row["recall"], row["f1"], row["support"], row["predicted"])
        for label, row in per_class(golds, predictions).items()
    ]
    return Table("labels", ("label", "precision", "recall", "F1", "gold", "predicted"), rows)


def _confusion_table(
    golds: Sequence[Sequence[str]], predictions: Sequence[Sequence[str]]
) -> list[Table]:
    """Return a table of the most frequent confusions, or an empty list if there is none."""
    counts = confusion(golds, predictions)
    support = {label: row["support"] for label, row in per_class(golds, predictions).items()}
    wrong = [(pair, count) for pair, count in counts.items() if pair[0] != pair[1]]
    wrong.sort(key=lambda item: (-item[1], item[0]))
    rows: list[tuple[str | int | float, ...]] = [
        (gold, predicted, count, 100 * count / support[gold] if support.get(gold) else "-")
        for (gold, predicted), count in wrong[:MAX_CONFUSIONS]
    ]
    columns = ("gold", "taken for", "times", "% of gold")
    return [Table("most frequent confusions", columns, rows)] if rows else []


def _error(
    settings: TextClassificationSettings, record: TextRecord, answer: TextAnswer
) -> Mapping[str, Any]:
    """Return a wrong answer as JSON; in multi-label data, gold and predicted labels are lists."""
    multi_label = settings.data.multi_label
    return {
        "source": record["source"],
        "text": record["text"],
        "gold": list(record["labels"]) if multi_label else record["labels"][0],
        "predicted": predicted_labels(settings, answer) if multi_label else answer["label"],
        "score": answer["score"],
    }
