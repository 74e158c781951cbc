"""How right the answers are: exact spans, intents, whole sentences, and roles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.metrics.classes import any_of, exact
from pipeline.metrics.intervals import bootstrap
from pipeline.metrics.spans import Span, count, per_slot, precision_recall_f1
from pipeline.task import Answer, Record, Scores, Table
from pipeline.tasks.slot_filling.config import SlotFillingSettings
from pipeline.tasks.slot_filling.utterance import Utterance, from_record


def score(
    settings: SlotFillingSettings, records: Sequence[Record], answers: Sequence[Answer]
) -> Scores:
    """Compares answers with gold, example by example in the same order.

    Spans are compared on the source's own tokens where it has them, else on characters; a span is
    right if slot, start and end are (conlleval). Metrics, in percent with 95 % intervals:

    - `slot_f1`: F1 over all spans,
    - `intent_accuracy`: the label is the gold one; `intent_accuracy_any_of`: they share an intent,
    - `sentence_accuracy`: intent (strict) and every span right,
    - `role_accuracy`: of the gold spans in one of the slots `data.roles` that were found with
      the right edges as one of these slots, the share whose slot is right; only where there are
      any. `role_found` is the share found so.
    """
    examples = [from_record(record) for record in records]
    golds = [_on_tokens(example, example.spans) for example in examples]
    predictions = [
        _on_tokens(example, [(s["slot"], s["start"], s["end"]) for s in answer["slots"]])
        for example, answer in zip(examples, answers, strict=True)
    ]
    wanted = [example.intent for example in examples]
    found = [answer["intent"]["label"] for answer in answers]
    spans = np.array([count(*pair) for pair in zip(golds, predictions, strict=True)])
    strict = exact(wanted, found)
    whole = strict * (spans[:, 0] == spans[:, 1]) * (spans[:, 0] == spans[:, 2])
    metrics = {
        "slot_f1": bootstrap(spans, _f1),
        "intent_accuracy": _share(strict),
        "intent_accuracy_any_of": _share(any_of(wanted, found)),
        "sentence_accuracy": _share(whole),
    }
    roles = np.array(
        [_roles(*pair, settings.data.roles) for pair in zip(golds, predictions, strict=True)]
    )
    if roles[:, 1].sum():
        metrics["role_accuracy"] = bootstrap(roles[:, :2], _ratio)
        metrics["role_found"] = bootstrap(roles[:, 1:], _ratio)
    return Scores(
        metrics={name: interval.as_dict() for name, interval in metrics.items()},
        tables=[_slot_table(golds, predictions)],
        errors=[
            _error(example, answer)
            for example, answer, right in zip(examples, answers, whole, strict=True)
            if not right
        ],
    )


def _on_tokens(example: Utterance, spans: Sequence[tuple[str, int, int]]) -> list[Span]:
    """Character spans as spans of the source's own tokens, where it has them.

    A span takes in every token that it touches; one that would then share a token with the span
    before it is left out, as one tag a token could not write it.
    """
    if not example.tokens:
        return [(slot, start, end) for slot, start, end in spans]
    placed: list[Span] = []
    for slot, start, end in sorted(spans, key=lambda span: span[1:]):
        touched = [i for i, (a, b) in enumerate(example.tokens) if a < end and b > start]
        if touched and (not placed or touched[0] >= placed[-1][2]):
            placed.append((slot, touched[0], touched[-1] + 1))
    return placed


def _roles(
    gold: Sequence[Span], predicted: Sequence[Span], roles: Sequence[str]
) -> tuple[int, int, int]:
    """(right role, found as some role, gold) of the spans whose slot is one of `roles`."""
    found = {(start, end): slot for slot, start, end in predicted if slot in roles}
    wanted = [span for span in gold if span[0] in roles]
    right = sum(found.get((start, end)) == slot for slot, start, end in wanted)
    return right, sum((start, end) in found for _, start, end in wanted), len(wanted)


def _f1(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    return precision_recall_f1(*np.moveaxis(sums, -1, 0))[2]


def _ratio(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Percent of column 1 that column 0 is; 0 where column 1 is."""
    return 100.0 * sums[..., 0] / np.maximum(sums[..., 1], 1)


def _share(hits: NDArray[np.int64]) -> Any:
    return bootstrap(np.stack([hits, np.ones_like(hits)], axis=1), _ratio)


def _slot_table(golds: Sequence[Sequence[Span]], predictions: Sequence[Sequence[Span]]) -> Table:
    rows = [
        (slot, row["precision"], row["recall"], row["f1"], row["gold"], row["predicted"])
        for slot, row in per_slot(golds, predictions).items()
    ]
    return Table("slots", ("slot", "precision", "recall", "F1", "gold", "predicted"), rows)


def _error(example: Utterance, answer: Answer) -> Mapping[str, Any]:
    gold = {(span.slot, span.start, span.end) for span in example.spans}
    predicted = {(slot["slot"], slot["start"], slot["end"]) for slot in answer["slots"]}

    def listed(spans: set[Span]) -> list[dict[str, Any]]:
        return [
            {"slot": slot, "value": example.text[start:end], "start": start, "end": end}
            for slot, start, end in sorted(spans, key=lambda span: span[1:])
        ]

    return {
        "source": example.source,
        "text": example.text,
        "intent": {"gold": example.intent, "predicted": answer["intent"]["label"]},
        "missed": listed(gold - predicted),
        "spurious": listed(predicted - gold),
    }
