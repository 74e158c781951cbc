"""What the report asks of a model besides translations: where it looked, how sure it was."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from pipeline.metrics.intervals import Interval
from pipeline.metrics.translation import perplexity
from pipeline.report.page import Section
from pipeline.task import Service
from pipeline.tasks.translation.alignments import Align
from pipeline.tasks.translation.model import Translator
from pipeline.tasks.translation.records import PairAnswer, PairRecord
from pipeline.tasks.translation.report import report
from pipeline.tasks.translation.serving import build_service
from pipeline.tasks.translation.settings import TranslationSettings
from pipeline.tasks.translation.tokenizer import PairTokenizer

BATCH = 32  # texts at a time


def report_of_model(
    settings: TranslationSettings,
    tokenizer: PairTokenizer,
    model: Translator,
    records: Sequence[PairRecord],
    answers: Sequence[PairAnswer],
) -> list[Section]:
    """The report on a split, with the attention and the perplexity of this model."""
    service = build_service(tokenizer, model, {})
    return report(settings, records, answers, align_of(service), perplexity_of(service, records))


def align_of(service: Service) -> Align:
    """From texts to the tokens and the attention of each, by the signature `align`."""

    def align(texts: Sequence[str]) -> list[tuple[list[str], list[str], Any]]:
        found = []
        for start in range(0, len(texts), BATCH):
            group = tf.constant(list(texts[start : start + BATCH]), tf.string)
            outputs = {k: v.numpy() for k, v in service.signatures["align"](text=group).items()}
            for row in range(len(outputs["attention"])):
                source, target = (
                    _tokens(outputs[f"{s}_tokens"][row]) for s in ("source", "target")
                )
                weights = outputs["attention"][row, : len(target), : len(source)]
                found.append((source, target, weights))
        return found

    return align


def perplexity_of(service: Service, records: Sequence[PairRecord]) -> Interval:
    """Perplexity of the references, by the signature `score`.

    Raises:
        ValueError: There is no record.
    """
    ordered = sorted(records, key=lambda record: len(record["target"]))  # little padding
    log_probs, tokens = [np.zeros(0)], [np.zeros(0)]
    for start in range(0, len(ordered), BATCH):
        group = ordered[start : start + BATCH]
        texts = {
            "source": tf.constant([record["text"] for record in group], tf.string),
            "target": tf.constant([record["target"] for record in group], tf.string),
        }
        outputs = service.signatures["score"](**texts)
        log_probs.append(outputs["score"].numpy())
        tokens.append(outputs["tokens"].numpy())
    return perplexity(np.concatenate(log_probs), np.concatenate(tokens)).interval()


def _tokens(padded: Sequence[bytes]) -> list[str]:
    """Without the empty strings behind the last token."""
    last = max((place for place, token in enumerate(padded, 1) if token), default=0)
    return [token.decode("utf-8", "replace") for token in padded[:last]]
