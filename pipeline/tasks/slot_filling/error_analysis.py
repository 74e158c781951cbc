"""Answers beside gold, one by one: what is wrong with each, and what was taken for what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.metrics.error_kinds import KINDS, Kind, SpanError, example_kinds, span_errors
from pipeline.metrics.spans import Span
from pipeline.tasks.slot_filling.records import Utterance, UtteranceAnswer
from pipeline.tasks.slot_filling.token_spans import to_token_spans

EDGES, MISSED, SPURIOUS, NO_INTENT = "(other edges)", "(missed)", "(spurious)", "(none)"


@dataclass(frozen=True)
class Judged:
    """An utterance with its answer, and what is wrong with it.

    Spans are code points into the text; where the source has tokens of its own, on their edges.
    """

    example: Utterance
    answer: UtteranceAnswer
    gold: list[Span]
    predicted: list[Span]
    errors: list[SpanError]
    kinds: list[Kind]


def judge(example: Utterance, answer: UtteranceAnswer, roles: Sequence[str]) -> Judged:
    """Compares one answer with gold, as `scoring` does."""
    gold = _placed(example, [tuple(span) for span in example.spans])
    predicted = _placed(example, [(s["slot"], s["start"], s["end"]) for s in answer["slots"]])
    errors = span_errors(gold, predicted, roles)
    kinds = example_kinds(errors, example.intent == answer["intent"]["label"])
    return Judged(example, answer, gold, predicted, errors, kinds)


def slot_confusion(judged: Sequence[Judged]) -> Counter[tuple[str, str]]:
    """(gold slot, predicted slot) to how often.

    What was not found is taken for `(missed)`, what is not there comes from `(spurious)`, and a
    slot that was found with other edges is taken for `(other edges)`.
    """
    counts: Counter[tuple[str, str]] = Counter()
    for one in judged:
        counts.update((span[0], span[0]) for span in set(one.gold) & set(one.predicted))
        counts.update(map(_taken_for, one.errors))
    return counts


def intent_confusion(judged: Sequence[Judged]) -> Counter[tuple[str, str]]:
    """(gold intent, predicted intent) to how often."""
    return Counter(
        (one.example.intent or NO_INTENT, one.answer["intent"]["label"]) for one in judged
    )


def by_kind(judged: Sequence[Judged]) -> dict[Kind, list[Judged]]:
    """The wrong answers under each of their kinds of mistake, the surest first."""
    return {
        kind: sorted((one for one in judged if kind in one.kinds), key=lambda o: -_sure(o, kind))
        for kind in KINDS
    }


def score_of(one: Judged, span: Span) -> float:
    """The score of a predicted span; its edges may be those of the source's tokens."""
    return max(
        float(slot["score"])
        for slot in one.answer["slots"]
        if slot["slot"] == span[0] and slot["start"] < span[2] and slot["end"] > span[1]
    )


def _placed(example: Utterance, spans: Sequence[Any]) -> list[Span]:
    """Spans in code points, on the edges of the source's tokens where it has them."""
    if not example.tokens:
        return sorted(spans, key=lambda span: span[1:])
    tokens = example.tokens
    return [(slot, tokens[a][0], tokens[b - 1][1]) for slot, a, b in to_token_spans(spans, tokens)]


def _taken_for(error: SpanError) -> tuple[str, str]:
    if error.gold is None:
        return SPURIOUS, error.predicted[0] if error.predicted else MISSED
    if error.predicted is None:
        return error.gold[0], MISSED
    return error.gold[0], EDGES if error.kind == "boundary" else error.predicted[0]


def _sure(one: Judged, kind: Kind) -> float:
    """Return the score of a wrong prediction; 0 if nothing was predicted."""
    if kind == "intent":
        return float(one.answer["intent"]["score"])
    wrong = [error.predicted for error in one.errors if error.kind == kind]
    return max((score_of(one, span) for span in wrong if span), default=0.0)
