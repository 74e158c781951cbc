"""How right the answers are: labels of texts, one or several each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.metrics.labels import accuracy, confusion, macro_f1, micro_f1, per_class
from pipeline.task import Scores, Table
from pipeline.tasks.text_classification.records import TextAnswer, TextRecord
from pipeline.tasks.text_classification.settings import TextClassificationSettings

CONFUSIONS = 20  # rows of the table of what was taken for what


def score(
    settings: TextClassificationSettings,
    records: Sequence[TextRecord],
    answers: Sequence[TextAnswer],
) -> Scores:
    """Compares answers with gold, example by example in the same order.

    Every gold label counts, also one that training never had. Metrics, in percent with 95 %
    intervals:

    - `accuracy`: the label is the gold one; with `data.multi_label`, all labels and no others are,
    - `macro_f1`: the mean F1 of all labels that are gold or predicted, rare ones as much as others,
    - `micro_f1`: F1 over all labels of all texts; where each text has one it equals the accuracy.

    Raises:
        ValueError: Records and answers differ in number.
    """
    golds = [record["labels"] for record in records]
    pairs = list(zip(golds, answers, strict=True))
    predictions = [predicted(settings, answer) for answer in answers]
    counts = {
        "accuracy": accuracy(golds, predictions),
        "macro_f1": macro_f1(golds, predictions, _known(golds, answers)),
        "micro_f1": micro_f1(golds, predictions),
    }
    return Scores(
        metrics={name: counted.interval().as_dict() for name, counted in counts.items()},
        tables=[_classes(golds, predictions), *_confusions(golds, predictions)],
        errors=[
            _error(settings, record, answer)
            for record, (gold, answer) in zip(records, pairs, strict=True)
            if set(gold) != set(predicted(settings, answer))
        ],
        counts=counts,
    )


def predicted(settings: TextClassificationSettings, answer: TextAnswer) -> list[str]:
    """The labels that an answer gives: those over their thresholds, or the likeliest one."""
    return list(answer["labels"]) if settings.data.multi_label else [answer["label"]]


def labels(record: TextRecord) -> Mapping[str, Sequence[str]]:
    """The labels of a record, by the vocabulary that lists those of training."""
    return {"labels": record["labels"]}


def _known(golds: Sequence[Sequence[str]], answers: Sequence[TextAnswer]) -> list[str]:
    """All labels of training, which every answer scores, and those that only these records have.

    Two models of the same training data have the same ones, so that they can be compared.
    """
    scored = dict.fromkeys(label for answer in answers for label in answer["scores"])
    return sorted(scored.keys() | {label for gold in golds for label in gold})


def _classes(golds: Sequence[Sequence[str]], predictions: Sequence[Sequence[str]]) -> Table:
    rows = [
        (label, row["precision"], row["recall"], row["f1"], row["support"], row["predicted"])
        for label, row in per_class(golds, predictions).items()
    ]
    return Table("labels", ("label", "precision", "recall", "F1", "gold", "predicted"), rows)


def _confusions(
    golds: Sequence[Sequence[str]], predictions: Sequence[Sequence[str]]
) -> list[Table]:
    """The most frequent mistakes; none where there is no mistake."""
    counts = confusion(golds, predictions)
    support = {label: row["support"] for label, row in per_class(golds, predictions).items()}
    wrong = [(pair, times) for pair, times in counts.items() if pair[0] != pair[1]]
    wrong.sort(key=lambda item: (-item[1], item[0]))
    rows: list[tuple[str | int | float, ...]] = [
        (gold, found, times, 100 * times / support[gold] if support.get(gold) else "-")
        for (gold, found), times in wrong[:CONFUSIONS]
    ]
    columns = ("gold", "taken for", "times", "% of gold")
    return [Table("most frequent confusions", columns, rows)] if rows else []


def _error(
    settings: TextClassificationSettings, record: TextRecord, answer: TextAnswer
) -> Mapping[str, Any]:
    """One label as a string, several as a list; the score is that of the likeliest label."""
    several = settings.data.multi_label
    return {
        "source": record["source"],
        "text": record["text"],
        "gold": list(record["labels"]) if several else record["labels"][0],
        "predicted": predicted(settings, answer) if several else answer["label"],
        "score": answer["score"],
    }
