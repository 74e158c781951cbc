"""Score translations: BLEU, chrF++, and whether values are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pipeline.metrics.intervals import Counts
from pipeline.metrics.source_lengths import by_length
from pipeline.metrics.translation import (
    bleu,
    bleu_signature,
    bleu_tokenizer,
    chrf,
    chrf_signature,
    length_ratio,
)
from pipeline.metrics.values.fidelity import by_kind, compare, value_fidelity
from pipeline.metrics.values.matching import ValueMatch
from pipeline.task import Scores, Table
from pipeline.tasks.translation.records import PairAnswer, PairRecord
from pipeline.tasks.translation.scored_example import ScoredExample, Settings, score_examples

MUCH_SHORTER, MUCH_LONGER = 0.5, 2.0  # of the reference's words


def score(
    settings: Settings, records: Sequence[PairRecord], answers: Sequence[PairAnswer]
) -> Scores:
    """Compare translations with references, in the same order.

    Metrics, in percent with 95 % intervals over sentences:

    - `bleu`: corpus BLEU, cased, of detokenised text, with sacrebleu's tokenizer for the target
      language,
    - `chrf`: corpus chrF++,
    - `bleu_lowercased`: BLEU of the same tokens in lower case, for papers that report only that;
      it is higher and must not be compared with `bleu`,
    - `value_fidelity`: F1 of numbers, dates, times, prices and codes against those of the source
      (`metrics.values`); only if the sources have any.

    Raises:
        InputError: The target language needs a tokenizer that is not installed.
        ValueError: Records and answers differ in number, or there are none.
    """
    judged = score_examples(settings, records, answers)
    counts = count(settings, judged)
    wrong = sorted((one for one in judged if not one.same), key=lambda one: one.chrf)
    return Scores(
        metrics={name: counted.interval().as_dict() for name, counted in counts.items()},
        tables=[
            Table("how it is counted", ("metric", "signature"), list(signatures(settings).items())),
            lengths_table(judged, counts),
            length_table(judged, counts["bleu"]),
            *values_tables(settings, judged),
        ],
        errors=[_error(one) for one in wrong],
        counts=counts,
    )


def labels(record: PairRecord) -> Mapping[str, Sequence[str]]:
    """Return no labels: a translation has none."""
    del record
    return {}


def count(settings: Settings, judged: Sequence[ScoredExample]) -> dict[str, Counts]:
    """Return the counts of each metric by name."""
    tokenize = bleu_tokenizer(settings.data.languages.target)
    translations = [one.translation for one in judged]
    references = [one.reference for one in judged]
    counts = {
        "bleu": bleu(translations, references, tokenize),
        "chrf": chrf(translations, references),
        "bleu_lowercased": bleu(translations, references, tokenize, lowercase=True),
    }
    if any(one.values.kept or one.values.lost for one in judged):
        counts["value_fidelity"] = value_fidelity([one.values for one in judged])
    return counts


def signatures(settings: Settings) -> dict[str, str]:
    """Return sacrebleu's signature of each metric; it is stored with every score."""
    tokenize = bleu_tokenizer(settings.data.languages.target)
    return {
        "bleu": bleu_signature(tokenize),
        "chrf": chrf_signature(),
        "bleu_lowercased": bleu_signature(tokenize, lowercase=True),
    }


def lengths_table(judged: Sequence[ScoredExample], counts: Mapping[str, Counts]) -> Table:
    """Return a table of BLEU and chrF++ by the length of the source."""
    chosen = {name: counts[name] for name in ("bleu", "chrf")}
    rows = [
        (row.name, row.examples, row.scores["bleu"].value, row.scores["chrf"].value)
        for row in by_length([one.text for one in judged], chosen)
    ]
    return Table("by source length", ("words", "examples", "BLEU", "chrF++"), rows)


def length_table(judged: Sequence[ScoredExample], counted: Counts) -> Table:
    """Return a table of lengths beside the references, and of errors in length."""
    tokens = counted.rows[:, :2].sum(axis=0)
    ratio = length_ratio(counted)
    ratios = [one.length_ratio for one in judged if one.translation.strip()]
    rows: list[tuple[str, int | float]] = [
        ("tokens of the translations", int(tokens[0])),
        ("tokens of the references", int(tokens[1])),
        ("length ratio, %", float(ratio.score(tokens.astype(np.float64)))),
        ("empty", sum(not one.translation.strip() for one in judged)),
        ("less than half as long as the reference", sum(r < MUCH_SHORTER for r in ratios)),
        ("more than twice as long", sum(r > MUCH_LONGER for r in ratios)),
        ("in a loop that the reference has not", sum(bool(one.loops) for one in judged)),
        ("translated in several pieces", sum(one.split for one in judged)),
        ("cut short", sum(one.truncated for one in judged)),
        ("protected codes lost in decoding", sum(one.lost_codes for one in judged)),
    ]
    return Table("length", ("", "number"), rows)


def values_tables(settings: Settings, judged: Sequence[ScoredExample]) -> list[Table]:
    """Return tables of the source's values by kind, in the translations and in the references.

    A reference may omit an obvious value or write it in a way that no rule reads, so the scores of
    the references are the upper bound.
    """
    languages = settings.data.languages.source, settings.data.languages.target
    ours = by_kind([one.values for one in judged])
    theirs = by_kind([compare(one.text, one.reference, languages) for one in judged])
    rows = [
        (kind, *ours.get(kind, (0, 0, 0)), *theirs.get(kind, (0, 0, 0))[1:])
        for kind in {**ours, **theirs}
    ]
    columns = ("kind", "kept", "lost", "invented", "lost by references", "invented by references")
    return [Table("values", columns, rows)] if rows else []


def _error(one: ScoredExample) -> Mapping[str, Any]:
    def spans_as_text(text: str, found: Sequence[ValueMatch]) -> list[str]:
        return [text[value.start : value.end] for value in found]

    return {
        "source": one.record["source"],
        "text": one.text,
        "target": one.reference,
        "translation": one.translation,
        "chrf": round(one.chrf, 2),
        "lost": spans_as_text(one.text, one.values.lost),
        "invented": spans_as_text(one.translation, one.values.invented),
        "truncated": one.truncated,
    }
