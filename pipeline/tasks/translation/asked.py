"""What the report asks of a model beside its answers: where it looked, how sure it is of gold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from pipeline.metrics.intervals import Interval
from pipeline.metrics.translation import perplexity
from pipeline.report.page import Section
from pipeline.task import Answer, Record
from pipeline.tasks.translation import report as sections
from pipeline.tasks.translation.config import TranslationSettings
from pipeline.tasks.translation.model import Translator
from pipeline.tasks.translation.serving import build_service
from pipeline.tasks.translation.tokenizer import PairTokenizer

BATCH = 64
SCORED = 1_000  # references at most, evenly over the split


def report(
    settings: TranslationSettings,
    tokenizer: PairTokenizer,
    model: Translator,
    records: Sequence[Record],
    answers: Sequence[Answer],
) -> list[Section]:
    """The part of the page on one split."""
    signatures = build_service(tokenizer, model, {}).signatures

    def align(texts: Sequence[str]) -> list[tuple[list[str], list[str], Any]]:
        return [found for group in _groups(texts) for found in _aligned(signatures["align"], group)]

    sure = perplexity_of(signatures["score"], records[:: -(-len(records) // SCORED) or 1])
    return sections.report(settings, records, answers, align, sure)


def perplexity_of(score: Callable[..., Any], records: Sequence[Record]) -> Interval:
    """The perplexity of a token of the references, with its interval.

    Args:
        score: The signature of that name.
        records: With references.
    """
    totals, tokens = list[float](), list[int]()
    for group in _groups(records):
        sides = (tf.constant([record[side] for record in group]) for side in ("text", "target"))
        found = score(*sides)
        totals += found["score"].numpy().tolist()
        tokens += found["tokens"].numpy().tolist()
    # A sum of logarithms near 0 may come out a hair above it.
    return perplexity(np.minimum(totals, 0.0), tokens).interval()


def _aligned(
    align: Callable[..., Any], texts: Sequence[str]
) -> list[tuple[list[str], list[str], Any]]:
    found = {name: value.numpy() for name, value in align(tf.constant(list(texts))).items()}
    rows = []
    for source, target, weights in zip(
        found["source_tokens"], found["target_tokens"], found["attention"], strict=True
    ):
        said = [[token.decode("utf-8") for token in side if token] for side in (source, target)]
        rows.append((*said, weights[: len(said[1]), : len(said[0])]))
    return rows


def _groups(rows: Sequence[Any]) -> list[Sequence[Any]]:
    return [rows[start : start + BATCH] for start in range(0, len(rows), BATCH)]
