"""The report of a split: scores by slot, confusions, wrong answers, calibration, attention."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import keras

from pipeline.metrics.calibration import calibration_error, coverage, reliability
from pipeline.metrics.error_kinds import Kind
from pipeline.metrics.spans import per_slot
from pipeline.report.bars import BarRow, bars
from pipeline.report.heatmap import heatmap, most_confused
from pipeline.report.highlight import (
    Attended,
    Comparison,
    Mark,
    attention,
    comparisons,
    hues,
    key_of_colours,
)
from pipeline.report.markup import Html, element, folded, join
from pipeline.report.page import Section, paragraph
from pipeline.report.reliability import coverage_table, reliability_plot
from pipeline.report.tables import table
from pipeline.tasks.slot_filling.attention import attention_weights
from pipeline.tasks.slot_filling.error_analysis import (
    EDGES,
    MISSED,
    NO_INTENT,
    SPURIOUS,
    Judged,
    by_kind,
    intent_confusion,
    judge,
    score_of,
    slot_confusion,
)
from pipeline.tasks.slot_filling.minimal_pairs import minimal_pairs
from pipeline.tasks.slot_filling.records import UtteranceAnswer, UtteranceRecord, from_record
from pipeline.tasks.slot_filling.settings import SlotFillingSettings
from pipeline.tasks.slot_filling.tokenizer import SlotTokenizer

SHOWN = 20  # examples of a kind of mistake
PAIRED, LOOKED_AT = 4, 10  # utterances of minimal pairs, and all whose attention is shown

PRECISIONS = (90, 95, 98, 99, 99.5)  # percent

MEANING: dict[Kind, str] = {
    "role_swapped": "the right kind of value in the wrong role",
    "wrong_slot": "a value under another slot",
    "boundary": "the right slot, too long or too short",
    "missed": "a value that was not found",
    "spurious": "a value where there is none",
    "intent": "another intent",
}


def report(
    settings: SlotFillingSettings,
    tokenizer: SlotTokenizer,
    model: keras.Model,
    records: Sequence[UtteranceRecord],
    answers: Sequence[UtteranceAnswer],
) -> list[Section]:
    """The part of the page on one split: sections in the order in which one reads them."""
    judged = [
        judge(from_record(record), answer, settings.data.roles)
        for record, answer in zip(records, answers, strict=True)
    ]
    return [
        Section("Slots", _slot_bars(judged)),
        Section("Confusion matrices", join([_slot_heat(judged), _intent_heat(judged)])),
        Section("Wrong answers", _mistakes(judged)),
        Section("Calibration of the scores", _trust(judged)),
        Section("Attention for the intent", _attention(settings, tokenizer, model, judged)),
    ]


def _trust(judged: Sequence[Judged]) -> Html:
    """Of intents, and of slots found: the score against how often it is right."""
    intents = [(one.answer["intent"]["score"], "intent" not in one.kinds) for one in judged]
    slots = [
        (slot["score"], (slot["slot"], slot["start"], slot["end"]) in gold)
        for one in judged
        for gold in [{(span.slot, span.start, span.end) for span in one.example.spans}]
        for slot in one.answer["slots"]
    ]
    shown = []
    for name, pairs in (("Intents", intents), ("Slots", slots)):
        scores, right = [score for score, _ in pairs], [hit for _, hit in pairs]
        error = calibration_error(scores, right)
        title = f"{name}: {len(pairs)} answers, calibration error {error:.1f}"
        shown.append(reliability_plot(title, reliability(scores, right)))
        shown.append(coverage_table(coverage(scores, right, PRECISIONS)))
    remark = (
        "On the dashed line, answers with a score of 80 are right in 80 % of cases. The thresholds"
        " were chosen on this split."
    )
    return join([paragraph(remark), *shown])


def _slot_bars(judged: Sequence[Judged]) -> Html:
    scores = per_slot((one.gold for one in judged), (one.predicted for one in judged))
    rows = [
        BarRow(
            slot,
            {"precision": row["precision"], "recall": row["recall"], "F1": row["f1"]},
            {"gold": row["gold"], "predicted": row["predicted"]},
        )
        for slot, row in scores.items()
    ]
    return bars("Precision, recall and F1 of each slot, in percent", rows)


def _slot_heat(judged: Sequence[Judged]) -> Html:
    counts = slot_confusion(judged)
    slots = [slot for slot, _ in _names(counts) if slot not in (EDGES, MISSED, SPURIOUS)]
    shown = most_confused(slots, counts)
    return join(
        [
            heatmap("Slots", [*shown, SPURIOUS], [*shown, EDGES, MISSED], counts),
            _left_out(len(slots) - len(shown), "slots"),
        ]
    )


def _intent_heat(judged: Sequence[Judged]) -> Html:
    counts = intent_confusion(judged)
    intents = [intent for intent, _ in _names(counts)]
    shown = most_confused(intents, counts)
    return join(
        [heatmap("Intents", shown, shown, counts), _left_out(len(intents) - len(shown), "intents")]
    )


def _names(counts: Counter[tuple[str, str]]) -> list[tuple[str, int]]:
    """Gold and predicted names, the most frequent gold ones first."""
    totals: Counter[str] = Counter()
    for (gold, predicted), times in counts.items():
        totals[gold] += times
        totals[predicted] += 0
    return sorted(totals.items(), key=lambda item: (-item[1], item[0]))


def _left_out(count: int, what: str) -> Html:
    note = f"{count} {what} with few or no errors are not shown."
    return paragraph(note) if count else Html("")


def _mistakes(judged: Sequence[Judged]) -> Html:
    groups = by_kind(judged)
    if not any(groups.values()):
        return paragraph("Every answer is right.")
    mistakes = Counter(error.kind for one in judged for error in one.errors)
    mistakes["intent"] = len(groups["intent"])
    rows = [
        (_spaced(kind), mistakes[kind], len(group), MEANING[kind]) for kind, group in groups.items()
    ]
    wrong = sum(bool(one.kinds) for one in judged)
    slots = Counter(span[0] for one in judged for span in [*one.gold, *one.predicted])
    colours = hues([slot for slot, _ in slots.most_common()])
    return join(
        [
            paragraph(
                f"{wrong:,} of {len(judged):,} answers have an error; some have more than one kind."
            ),
            table(("kind", "mistakes", "answers", "meaning"), rows),
            key_of_colours(colours),
            *(_group(kind, group, colours) for kind, group in groups.items() if group),
        ]
    )


def _group(kind: Kind, group: Sequence[Judged], colours: dict[str, float]) -> Html:
    shown = group[:SHOWN]
    count = f"{len(shown)} of {len(group):,}"
    if kind != "missed":  # a missed span has no score
        count += ", highest scores first"
    title = join(
        [
            element("b", _spaced(kind)),
            f" – {MEANING[kind]} ",
            element("span", f"({count})", class_="soft"),
        ]
    )
    return folded(title, comparisons([_comparison(one) for one in shown], colours))


def _comparison(one: Judged) -> Comparison:
    wrong = {span for error in one.errors for span in (error.gold, error.predicted) if span}
    return Comparison(
        one.example.text,
        [Mark(*span[1:], span[0], span in wrong) for span in one.gold],
        [
            Mark(*span[1:], span[0], span in wrong, f"{score_of(one, span):.2f}")
            for span in one.predicted
        ],
        [one.example.source, _intent(one), ", ".join(map(_spaced, one.kinds))],
    )


def _intent(one: Judged) -> str | Html:
    predicted = one.answer["intent"]
    if "intent" not in one.kinds:
        return f"intent {predicted['label']}"
    gold = one.example.intent or NO_INTENT
    return element("b", f"intent {gold} → {predicted['label']} ({predicted['score']:.2f})")


def _attention(
    settings: SlotFillingSettings,
    tokenizer: SlotTokenizer,
    model: keras.Model,
    judged: Sequence[Judged],
) -> Html:
    """Minimal pairs first, then the surest wrong intents, then whatever comes first."""
    chosen: dict[str, Sequence[str | Html]] = {}
    pairs = minimal_pairs([one.example for one in judged], settings.data.roles)
    for example in pairs[:PAIRED]:
        roles = [s for s in example.spans if s.slot in settings.data.roles]
        values = [f"{s.slot} {example.text[s.start : s.end]}" for s in roles or example.spans]
        chosen[example.text] = ["minimal pair", f"intent {example.intent}", ", ".join(values)]
    for one in [*by_kind(judged)["intent"][: LOOKED_AT - PAIRED], *judged]:
        if len(chosen) < LOOKED_AT and one.example.text.strip():
            chosen.setdefault(one.example.text, [one.example.source, _intent(one)])
    weights = attention_weights(tokenizer, model, list(chosen))
    if weights is None:
        return paragraph("This model does not pool by attention, so there are no weights to show.")
    texts = zip(chosen.items(), weights, strict=True)
    return join(
        [
            paragraph(
                "A stronger background means more attention for the intent; numbers are percent."
            ),
            attention([Attended(text, row, facts) for (text, facts), row in texts]),
        ]
    )


def _spaced(name: str) -> str:
    return name.replace("_", " ")
