"""The report of a split: scores by label, confusions, wrong answers, calibration, attribution."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import keras
import tensorflow as tf

from pipeline.metrics.calibration import calibration_error, coverage, reliability
from pipeline.metrics.labels import MISSED, SPURIOUS, ClassScore, confusion, per_class
from pipeline.report.bars import BarRow, bars
from pipeline.report.heatmap import heatmap, most_confused
from pipeline.report.highlight import Attended, attention
from pipeline.report.markup import Html, element, join
from pipeline.report.page import Section, paragraph
from pipeline.report.reliability import coverage_table, reliability_plot
from pipeline.tasks.text_classification.attribution import (
    Attribution,
    OffsetTokenizer,
    attributions,
)
from pipeline.tasks.text_classification.records import TextAnswer, TextRecord
from pipeline.tasks.text_classification.scoring import predicted_labels
from pipeline.tasks.text_classification.settings import TextClassificationSettings
from pipeline.text import tokens

SHOWN = 40  # wrong answers
LOOKED_AT, WRONG = 12, 6  # texts whose parts are shown, and wrong ones among them at most
STRONGEST = 6  # n-grams of a text
PRECISIONS = (90, 95, 98, 99, 99.5)  # percent
GROUP = 512  # texts at a time
LONGEST = 3_000  # characters of a text on the page

REASONS = (
    "How much each token adds to the score of the answer (gradient × input), in percent of all"
    " that its tokens add or take away: orange speaks for it, blue against it. Of the n-grams the"
    " strongest are named with what they add to the score, a logit."
)


@dataclass(frozen=True)
class Judged:
    """A record with its answer: the labels of both."""

    record: TextRecord
    answer: TextAnswer
    gold: list[str]
    predicted: list[str]

    @property
    def right(self) -> bool:
        return set(self.gold) == set(self.predicted)


def report(
    settings: TextClassificationSettings,
    tokenizer: OffsetTokenizer,
    model: keras.Model,
    records: Sequence[TextRecord],
    answers: Sequence[TextAnswer],
) -> list[Section]:
    """The part of the page on one split: sections in the order in which one reads them."""
    judged = [
        Judged(record, answer, record["labels"], predicted_labels(settings, answer))
        for record, answer in zip(records, answers, strict=True)
    ]
    scores = per_class((one.gold for one in judged), (one.predicted for one in judged))
    wrong = sorted((one for one in judged if not one.right), key=lambda one: -_sure(one))
    return [
        Section("Labels", _bars(scores)),
        Section("Confusion matrix", _heat(judged, list(scores))),
        Section("Wrong answers", _mistakes(wrong, len(judged))),
        Section("Calibration of the scores", _trust(settings, judged)),
        Section("Long texts", _long(settings, tokenizer, records)),
        Section("Attribution of the answers to tokens", _reasons(tokenizer, model, wrong, judged)),
    ]


def _bars(scores: Mapping[str, ClassScore]) -> Html:
    rows = [
        BarRow(
            label,
            {"precision": row["precision"], "recall": row["recall"], "F1": row["f1"]},
            {"gold": row["support"], "predicted": row["predicted"]},
        )
        for label, row in scores.items()
    ]
    return bars("Precision, recall and F1 of each label, in percent", rows)


def _heat(judged: Sequence[Judged], labels: Sequence[str]) -> Html:
    counts = confusion((one.gold for one in judged), (one.predicted for one in judged))
    shown = most_confused(labels, counts)
    rows = [*shown, *([SPURIOUS] if any(gold == SPURIOUS for gold, _ in counts) else [])]
    columns = [*shown, *([MISSED] if any(found == MISSED for _, found in counts) else [])]
    hidden = len(labels) - len(shown)
    note = paragraph(f"{hidden} labels with few or no errors are not shown.") if hidden else ""
    return join([heatmap("Labels", rows, columns, counts), note])


def _mistakes(wrong: Sequence[Judged], answers: int) -> Html:
    if not wrong:
        return paragraph("Every answer is right.")
    shown = wrong[:SHOWN]
    count = f"{len(wrong):,} of {answers:,} answers are wrong."
    remark = f"{count} Highest scores first, {len(shown)} shown:"
    items = [Attended(_shortened(one), [], _facts(one)) for one in shown]
    return join([paragraph(remark), attention(items)])


def _trust(settings: TextClassificationSettings, judged: Sequence[Judged]) -> Html:
    """The score against how often it is right: of answers, or of each label for itself."""
    if settings.data.multi_label:
        pairs = [
            (score, label in one.gold)
            for one in judged
            for label, score in one.answer["scores"].items()
        ]
    else:
        pairs = [(one.answer["score"], one.right) for one in judged]
    scores, right = [score for score, _ in pairs], [hit for _, hit in pairs]
    error = calibration_error(scores, right)
    title = f"{len(pairs):,} scores, calibration error {error:.1f}"
    remark = (
        "On the dashed line, answers with a score of 80 are right in 80 % of cases. The thresholds"
        " were chosen on this split."
    )
    plot = reliability_plot(title, reliability(scores, right))
    return join([paragraph(remark), plot, coverage_table(coverage(scores, right, PRECISIONS))])


def _long(
    settings: TextClassificationSettings, tokenizer: OffsetTokenizer, records: Sequence[TextRecord]
) -> Html:
    """How many texts the encoder does not read whole."""
    if not settings.model.encoders:
        return paragraph("This model uses n-grams only, which cover the whole of every text.")
    cut, most = 0, f"{settings.tokenizer.max_tokens:,}"
    for start in range(0, len(records), GROUP):
        texts = [record["text"] for record in records[start : start + GROUP]]
        found = tokenizer.is_truncated(tokens.clean(tf.constant(texts, tf.string)))
        cut += int(tf.reduce_sum(tf.cast(found, tf.int32)))
    if not cut:
        return paragraph(
            f"No text has more than {most} tokens, so the encoder reads every text in full."
        )
    share = f"{cut:,} of {len(records):,} texts ({100 * cut / len(records):.1f} %)"
    rest = "The n-grams alone read" if settings.model.ngrams else "Nothing reads"
    return paragraph(
        f"{share} have over {most} tokens (tokenizer.max_tokens), of which the encoder reads the"
        f" first and last halves. {rest} what lies between."
    )


def _reasons(
    tokenizer: OffsetTokenizer,
    model: keras.Model,
    wrong: Sequence[Judged],
    judged: Sequence[Judged],
) -> Html:
    """The surest wrong answers first, then whatever comes first."""
    chosen: dict[str, Judged] = {}
    for one in [*wrong[:WRONG], *judged]:
        text = one.record["text"]
        if len(chosen) < LOOKED_AT and text.strip() and len(text) <= LONGEST:
            chosen.setdefault(text, one)
    found = attributions(tokenizer, model, list(chosen))
    items = [_reason(*pair) for pair in zip(chosen.values(), found, strict=True)]
    return join([paragraph(REASONS), attention(items)])


def _reason(one: Judged, found: Attribution) -> Attended:
    whole = sum(abs(part) for _, _, part in found.tokens) or 1.0
    weights = [(start, end, part / whole) for start, end, part in found.tokens]
    ngrams = ", ".join(f"{name!r} {part:+.2f}" for name, part in found.ngrams[:STRONGEST])
    facts = [*_facts(one), f"n-grams: {ngrams}"] if ngrams else _facts(one)
    return Attended(one.record["text"], weights, facts)


def _facts(one: Judged) -> list[str | Html]:
    """Where it is from, and the answer; what it should have been where that is not it."""
    predicted = _scored(one.predicted, one)
    if one.right:
        return [one.record["source"], predicted]
    return [one.record["source"], element("b", f"{_scored(one.gold, one)} → {predicted}")]


def _scored(labels: Sequence[str], one: Judged) -> str:
    """The labels with their scores; one that training never had has none."""
    scores = one.answer["scores"]
    known = ((label, f"{scores[label]:.2f}" if label in scores else "new") for label in labels)
    return ", ".join(f"{label} ({score})" for label, score in known) or "no label"


def _sure(one: Judged) -> float:
    """How sure the model was: of the likeliest wrong label, or that a missing one is not there."""
    scores = one.answer["scores"]
    wrong = [scores[label] for label in one.predicted if label not in one.gold]
    missing = [1 - scores.get(label, 0.0) for label in one.gold if label not in one.predicted]
    return float(max(wrong or missing, default=0.0))


def _shortened(one: Judged) -> str:
    text: str = one.record["text"]
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
