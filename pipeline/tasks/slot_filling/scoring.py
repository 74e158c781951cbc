"""Metrics of answers: slot F1, intent accuracy, sentence accuracy and role accuracy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.metrics.classes import any_of, exact
from pipeline.metrics.error_kinds import example_kinds, span_errors
from pipeline.metrics.intervals import Counts
from pipeline.metrics.partial import count_partial, partial_f1
from pipeline.metrics.spans import Span, count_spans, per_slot, precision_recall_f1
from pipeline.metrics.tokens import count_tokens
from pipeline.task import Scores, Table
from pipeline.tasks.slot_filling.records import (
    Utterance,
    UtteranceAnswer,
    UtteranceRecord,
    from_record,
)
from pipeline.tasks.slot_filling.settings import SlotFillingSettings
from pipeline.tasks.slot_filling.token_spans import to_token_spans, token_offsets


def score(
    settings: SlotFillingSettings,
    records: Sequence[UtteranceRecord],
    answers: Sequence[UtteranceAnswer],
) -> Scores:
    """Score the answers to the texts of `records`, given in the same order.

    Spans are compared on the source's tokens if it has any, else on characters. A span is correct
    if slot, start and end are correct (conlleval). Every gold span and intent counts, also those
    whose label does not occur in training. Metrics, in percent with 95 % intervals:

    - `slot_f1`: F1 over all spans,
    - `intent_accuracy`: the label equals the gold label; `intent_accuracy_any_of`: both have an
      intent in common,
    - `sentence_accuracy`: the intent (exact) and every span are correct,
    - `role_accuracy`: of the gold spans of the slots `data.roles` that were found with correct
      edges as any of these slots, the share with the correct slot; only if there are any.
      `role_found` is the share of these gold spans that were found so, `role_f1` the F1 over the
      spans of these slots,
    - `slot_f1_strict`: without predicted spans that begin with `I-` (marked `stray` in an answer),
      as seqeval counts in its mode "strict" with IOB2,
    - `slot_f1_token`: F1 over labelled tokens, the source's or else this project's
      (`metrics.tokens`),
    - `slot_f1_partial`: a value with wrong edges counts half (MUC, `metrics.partial`).
    """
    examples = [from_record(record) for record in records]
    golds = [_on_source_tokens(example, example.spans) for example in examples]
    predictions = [
        _on_source_tokens(example, _spans(answer))
        for example, answer in zip(examples, answers, strict=True)
    ]
    gold_intents = [example.intent for example in examples]
    intents = [answer["intent"]["label"] for answer in answers]
    spans = np.array([count_spans(*pair) for pair in zip(golds, predictions, strict=True)])
    strict = exact(gold_intents, intents)
    whole = strict * (spans[:, 0] == spans[:, 1]) * (spans[:, 0] == spans[:, 2])
    counts = {
        "slot_f1": Counts(spans, _f1),
        "intent_accuracy": _share(strict),
        "intent_accuracy_any_of": _share(any_of(gold_intents, intents)),
        "sentence_accuracy": _share(whole),
        **_role_counts(golds, predictions, settings.data.roles),
        **_other_f1(examples, golds, predictions, answers),
    }
    return Scores(
        metrics={name: counted.interval().as_dict() for name, counted in counts.items()},
        tables=[_slot_table(golds, predictions)],
        errors=[
            {**_error(example, answer), "kind": _kind(gold, predicted, bool(hit), settings)}
            for example, answer, gold, predicted, hit, right in zip(
                examples, answers, golds, predictions, strict, whole, strict=True
            )
            if not right
        ],
        counts=counts,
    )


def _kind(
    gold: Sequence[Span], predicted: Sequence[Span], hit: bool, settings: SlotFillingSettings
) -> str:
    """Return the gravest kind of error in an answer."""
    kinds = example_kinds(span_errors(gold, predicted, settings.data.roles), hit)
    return kinds[0] if kinds else "spurious"  # a correct span that was predicted twice


def labels(record: UtteranceRecord) -> Mapping[str, Sequence[str]]:
    """Return the record's gold labels by the vocabulary that should list them."""
    return {"slots": record["slots"]["slot"], "intents": [record["intent"]]}


def _role_counts(
    golds: Sequence[Sequence[Span]], predictions: Sequence[Sequence[Span]], roles: Sequence[str]
) -> dict[str, Counts]:
    pairs = list(zip(golds, predictions, strict=True))
    rows = np.array([_roles(*pair, roles) for pair in pairs])
    counts = {}
    if rows[:, 1].sum():
        counts["role_accuracy"] = Counts(rows[:, :2], _ratio)
        counts["role_found"] = Counts(rows[:, 1:], _ratio)
    if rows[:, 2].sum():
        of_roles = [[[s for s in spans if s[0] in roles] for spans in pair] for pair in pairs]
        counts["role_f1"] = Counts(np.array([count_spans(*pair) for pair in of_roles]), _f1)
    return counts


def _other_f1(
    examples: Sequence[Utterance],
    golds: Sequence[Sequence[Span]],
    predictions: Sequence[Sequence[Span]],
    answers: Sequence[UtteranceAnswer],
) -> dict[str, Counts]:
    """Return the counts of F1 by other rules than conlleval's, by metric."""
    pairs = list(zip(examples, answers, strict=True))
    strict = [_on_source_tokens(example, _spans(answer, strict=True)) for example, answer in pairs]
    tokens = [
        count_tokens(
            to_token_spans(example.spans, offsets), to_token_spans(_spans(answer), offsets)
        )
        for (example, answer), offsets in zip(pairs, token_offsets(examples), strict=True)
    ]
    rows = {
        "strict": [count_spans(*pair) for pair in zip(golds, strict, strict=True)],
        "token": tokens,
        "partial": [count_partial(*pair) for pair in zip(golds, predictions, strict=True)],
    }
    scores = {"strict": _f1, "token": _f1, "partial": _partial_f1}
    return {f"slot_f1_{name}": Counts(np.array(rows[name]), scores[name]) for name in rows}


def _spans(answer: UtteranceAnswer, strict: bool = False) -> list[Span]:
    """Return an answer's spans; if `strict`, without those that begin with `I-`."""
    return [
        (slot["slot"], slot["start"], slot["end"])
        for slot in answer["slots"]
        if not (strict and slot.get("stray"))
    ]


def _on_source_tokens(example: Utterance, spans: Sequence[tuple[str, int, int]]) -> list[Span]:
    """Convert character spans to spans of the source's tokens, if it has any."""
    return to_token_spans(spans, example.tokens) if example.tokens else list(spans)


def _roles(
    gold: Sequence[Span], predicted: Sequence[Span], roles: Sequence[str]
) -> tuple[int, int, int]:
    """Count the gold spans of `roles`: (correct slot, found as any role, all)."""
    found = {(start, end): slot for slot, start, end in predicted if slot in roles}
    gold_roles = [span for span in gold if span[0] in roles]
    right = sum(found.get((start, end)) == slot for slot, start, end in gold_roles)
    return right, sum((start, end) in found for _, start, end in gold_roles), len(gold_roles)


def _f1(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    return precision_recall_f1(*np.moveaxis(sums, -1, 0))[2]


def _partial_f1(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    return partial_f1(*np.moveaxis(sums, -1, 0))


def _ratio(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return column 0 in percent of column 1; 0 where column 1 is 0."""
    return 100.0 * sums[..., 0] / np.maximum(sums[..., 1], 1)


def _share(hits: NDArray[np.int64]) -> Counts:
    return Counts(np.stack([hits, np.ones_like(hits)], axis=1), _ratio)


def _slot_table(golds: Sequence[Sequence[Span]], predictions: Sequence[Sequence[Span]]) -> Table:
    rows = [
        (slot, row["precision"], row["recall"], row["f1"], row["gold"], row["predicted"])
        for slot, row in per_slot(golds, predictions).items()
    ]
    return Table("slots", ("slot", "precision", "recall", "F1", "gold", "predicted"), rows)


def _error(example: Utterance, answer: UtteranceAnswer) -> Mapping[str, Any]:
    gold = {(span.slot, span.start, span.end) for span in example.spans}
    predicted = set(_spans(answer))

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
