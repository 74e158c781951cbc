"""The report of a split: scores, lengths, values, repetition, examples, attention."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.metrics.intervals import Counts, Interval
from pipeline.metrics.repetition import repetition
from pipeline.metrics.source_lengths import by_length
from pipeline.metrics.translation import length_ratio
from pipeline.report.bars import BarRow, bars
from pipeline.report.highlight import key_of_colours, versions
from pipeline.report.markup import Html, element, folded, join
from pipeline.report.page import Section, paragraph
from pipeline.report.tables import table
from pipeline.task import Table
from pipeline.tasks.translation.alignments import Align, attention, holes, look
from pipeline.tasks.translation.example_tables import COLOURS, lines_of, with_values, worst_and_best
from pipeline.tasks.translation.records import PairAnswer, PairRecord
from pipeline.tasks.translation.scored_example import ScoredExample, Settings, score_examples
from pipeline.tasks.translation.scoring import (
    count,
    length_table,
    signatures,
    values_tables,
)

SHOWN = 20  # examples of a kind
EXTREME = 5  # shortest and longest ones

MEANING = {
    "bleu": "BLEU, cased, of detokenised text",
    "chrf": "chrF++",
    "bleu_lowercased": "BLEU, lowercased and tokenised: only beside papers that report that",
    "value_fidelity": "value fidelity: F1 of numbers, dates, times, prices, codes",
    "length_ratio": "length ratio: tokens in percent of the references'",
    "repetition": "translations with a repetition that the reference does not have",
    "perplexity": "perplexity of a token of the reference; lower is better",
}


def report(
    settings: Settings,
    records: Sequence[PairRecord],
    answers: Sequence[PairAnswer],
    align: Align | None = None,
    perplexity: Interval | None = None,
) -> list[Section]:
    """The part of the page on one split: sections in the order in which one reads them.

    Args:
        settings: Of the config.
        records: Of the split.
        answers: To their texts, in the same order.
        align: Where the model looked; None where nothing can say it.
        perplexity: On the references of this split, where it was measured.
    """
    judged = score_examples(settings, records, answers)
    counts = count(settings, judged)
    looked = look(align, judged)
    return [
        Section("Scores of the translations", _scores(settings, judged, counts, perplexity)),
        Section("By the length of the source", _by_length(judged, counts)),
        Section("Length", _length(judged, counts["bleu"])),
        Section("Values", _values(settings, judged)),
        Section("Repetition", _repetition(judged)),
        Section("Worst and best translations", worst_and_best(judged)),
        Section("Attention", attention(looked)),
        Section("Source tokens with little attention", holes(looked)),
    ]


def _scores(
    settings: Settings,
    judged: Sequence[ScoredExample],
    counts: Mapping[str, Counts],
    perplexity: Interval | None,
) -> Html:
    translations = [one.translation for one in judged]
    references = [one.reference for one in judged]
    found = {name: counted.interval() for name, counted in counts.items()}
    found["length_ratio"] = length_ratio(counts["bleu"]).interval()
    found["repetition"] = repetition(translations, references).interval()
    if perplexity is not None:
        found["perplexity"] = perplexity
    signed = signatures(settings)
    rows = [
        (MEANING[name], one.value, f"{one.low:.2f}–{one.high:.2f}", signed.get(name, ""))
        for name, one in found.items()
    ]
    return table(("", "value", "95 % interval", "sacrebleu's signature"), rows)


def _by_length(judged: Sequence[ScoredExample], counts: Mapping[str, Counts]) -> Html:
    chosen = {"BLEU": counts["bleu"], "chrF++": counts["chrf"]}
    rows = [
        BarRow(
            f"{row.name} words",
            {name: score.value for name, score in row.scores.items()},
            {"examples": row.examples},
        )
        for row in by_length([one.text for one in judged], chosen)
    ]
    remark = "Each Chinese character counts as a word. Scores of few examples are uncertain."
    return join([bars("BLEU and chrF++ by the length of the source", rows), paragraph(remark)])


def _length(judged: Sequence[ScoredExample], counted: Counts) -> Html:
    ordered = sorted((one for one in judged if not one.same), key=lambda one: one.length_ratio)
    extremes = [*ordered[:EXTREME], *ordered[-EXTREME:]] if len(ordered) > 2 * EXTREME else ordered
    shown = versions([lines_of(one, [f"{one.length_ratio:.2f} times as long"]) for one in extremes])
    return join(
        [
            _table(length_table(judged, counted)),
            folded("The shortest and the longest beside their references", shown),
        ]
    )


def _values(settings: Settings, judged: Sequence[ScoredExample]) -> Html:
    tables = values_tables(settings, judged)
    if not tables:
        return paragraph("Neither sources nor translations hold numbers, dates, prices or codes.")
    wrong = [one for one in judged if one.values.lost or one.values.invented]
    wrong.sort(key=lambda one: -len(one.values.lost) - len(one.values.invented))
    remark = (
        f"{len(wrong):,} of {len(judged):,} translations lose or invent a value. A value"
        " that the reference loses as well was either left out or written in a form no rule covers."
    )
    shown = [with_values(one) for one in wrong[:SHOWN]]
    return join(
        [
            *map(_table, tables),
            paragraph(remark),
            key_of_colours(COLOURS) if shown else "",
            versions(shown),
        ]
    )


def _repetition(judged: Sequence[ScoredExample]) -> Html:
    looping = [one for one in judged if one.loops]
    if not looping:
        return paragraph("No translation repeats itself where its reference does not.")
    remark = f"{len(looping):,} of {len(judged):,} translations repeat what the reference does not:"
    shown = [
        lines_of(one, [element("b", " ".join(loop)) for loop in sorted(one.loops)])
        for one in looping[:SHOWN]
    ]
    return join([paragraph(remark), versions(shown)])


def _table(found: Table) -> Html:
    return table(found.columns, found.rows)
