"""Write a run as one HTML page: scores, training curves, errors and settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline import artifacts
from pipeline.config import Config
from pipeline.datasets import store
from pipeline.predictor import answer_all
from pipeline.report.bars import IntervalRow, intervals
from pipeline.report.curves import COLOURS, curves
from pipeline.report.markup import Html, element, folded, join, readable
from pipeline.report.page import Card, Section, page, paragraph, subsection
from pipeline.report.tables import facts_table, scores_table, table
from pipeline.stages.evaluation import evaluate, report_verdict
from pipeline.stages.run import Run
from pipeline.stages.training.assembly import outputs_of
from pipeline.stages.training.epochs import kept_epoch, read_metrics
from pipeline.task import Answer

Scores = Mapping[str, Mapping[str, Any]]


def run(run: Run, results: Sequence[evaluate.Result] = ()) -> Path:
    """Write `report.html` into a run folder and return its path.

    The report shows every row of `scores.json`; a run without scores is evaluated now. Examples
    come from the best weights and the data as it is now.

    Args:
        run: The run.
        results: Results of an evaluation just done; their answers are used again.

    Raises:
        InputError: The run has not finished an epoch.
    """
    folder, headline = run.folder, run.task.headline
    if not folder.scores.exists():
        results = evaluate.of_run(run)
    scores = _by_split(artifacts.read_json(folder.scores))
    facts = artifacts.read_json(folder.environment)
    sections = [
        *_verdict(folder.verdict),
        Section("Scores", _scores(headline, scores)),
        Section("Training", _training(headline, scores, read_metrics(folder.metrics), run.config)),
        *_splits(run, {r.split: r.answers for r in results}),
        *_settings(run.config, facts, run.data),
    ]
    document = page(
        run.config.name,
        f"{run.task.name} · run {folder.path.name} · commit {facts['commit'] or 'unknown'}",
        sections,
        cards=_cards(headline, scores),
        warnings=_warnings(facts, run.data),
    )
    artifacts.write_file(folder.report, document.encode())
    return folder.report


def _verdict(file: Path) -> list[Section]:
    """Return the section on the retraining; none if the run is not one."""
    return [report_verdict.section(artifacts.read_json(file))] if file.exists() else []


def _by_split(scores: Scores) -> Scores:
    """Order the scores so that every part follows its split, even if it was scored later."""
    splits = list(dict.fromkeys(name.partition("/")[0] for name in scores))
    order = sorted(scores, key=lambda name: splits.index(name.partition("/")[0]))
    return {name: scores[name] for name in order}


def _cards(headline: str, scores: Scores) -> list[Card]:
    """Return a card with the headline metric for each split, test first."""
    cards = []
    for split in _in_order([name for name in scores if "/" not in name]):
        metric = scores[split]["metrics"].get(headline)
        if metric:
            remark = f"{metric['low']:.1f}–{metric['high']:.1f}"
            title = f"{split} {readable(headline)}"
            cards.append(Card(title, f"{metric['value']:.2f}", f"{remark} (95 %)"))
    return cards


def _scores(headline: str, scores: Scores) -> Html:
    rows = [
        IntervalRow(name, metric["value"], metric["low"], metric["high"])
        for name, result in scores.items()
        if (metric := result["metrics"].get(headline))
    ]
    return join(
        [
            paragraph("Scores in percent, each above its 95 % interval (bootstrap over examples)."),
            scores_table(list(scores.values()), headline),
            _unseen(scores),
            intervals(f"{readable(headline)} by split and part", rows),
        ]
    )


def _unseen(scores: Scores) -> Html:
    """Return a table of labels that occur in a split but not in train; empty if there are none."""
    rows = [
        (split, kind, sum(labels.values()), ", ".join(f"{k} ({n})" for k, n in labels.items()))
        for split, result in scores.items()
        if "/" not in split
        for kind, labels in result.get("unseen_labels", {}).items()
        if labels
    ]
    if not rows:
        return Html("")
    text = paragraph("Labels that do not occur in train. They count in the scores like all others.")
    return join([text, table(("split", "of", "times", "labels"), rows)])


def _training(
    headline: str, scores: Scores, lines: Sequence[dict[str, Any]], config: Config
) -> Html:
    """Draw loss and valid metrics by epoch, with all numbers in a collapsed table."""
    if not lines:
        return paragraph("No epoch has been recorded.")
    names = list(dict.fromkeys(name for line in lines for name in line))
    known = {metric for result in scores.values() for metric in result["metrics"]}
    losses = [name for name in names if name.endswith("loss")]
    metrics = sorted((name for name in names if name in known), key=lambda n: n != headline)
    epochs = [int(line["epoch"]) for line in lines]
    best = kept_epoch(lines, headline, config.settings.train.tolerance)
    charts = [
        curves(title, epochs, _distinct(lines, chosen), best)
        for title, chosen in (("Loss", losses), ("Percent on valid", metrics))
        if chosen
    ]
    rows = [[line.get(name, "–") for name in names] for line in lines]
    numbers = table([readable(name) for name in names], rows, class_="scores")
    return join(
        [
            element("div", *charts, class_="charts"),
            paragraph(f"The dashed line marks epoch {best}, whose weights were kept."),
            folded("All numbers", numbers),
        ]
    )


def _distinct(
    lines: Sequence[Mapping[str, Any]], names: Sequence[str]
) -> dict[str, list[float | None]]:
    """Return at most `COLOURS` curves; of equal curves only the first."""
    drawn: dict[str, list[float | None]] = {}
    for name in names:
        values = [line.get(name) for line in lines]
        if values not in drawn.values() and len(drawn) < COLOURS:
            drawn[name] = values
    return drawn


def _splits(run: Run, known: Mapping[str, Sequence[Answer]]) -> list[Section]:
    """Return what the task shows of each split but train; only the first section is open."""
    parts = run.best
    outputs = outputs_of(parts.service)
    sections: list[Section] = []
    for split in _in_order([name for name in run.data.info.splits if name != "train"]):
        records = list(run.records(split))
        answers = known.get(split) or answer_all(run.task, outputs, [r["text"] for r in records])
        details = run.task.judge.report(
            run.settings, parts.tokenizer, parts.model, records, answers
        )
        body = join(subsection(detail.title, detail.body) for detail in details)
        sections.append(Section(f"Split {split}", body, folded=bool(sections)))
    return sections


def _settings(config: Config, facts: Mapping[str, Any], data: store.Prepared) -> list[Section]:
    counts = {name: split.num_examples for name, split in data.info.splits.items()}
    machine = {name: value for name, value in facts.items() if name not in ("config", "data")}
    return [
        Section("Settings", element("pre", config.as_yaml()), folded=True),
        Section("Environment", facts_table({**machine, "config": facts["config"]}), folded=True),
        Section("Data", facts_table({"examples": counts, **facts["data"]}), folded=True),
    ]


def _warnings(facts: Mapping[str, Any], data: store.Prepared) -> list[str]:
    if facts["data"]["key"] == data.builder_config.name:
        return []
    return [
        "The data has changed since this model was trained. The examples are from the new data."
    ]


def _in_order(splits: Sequence[str]) -> list[str]:
    """Return the splits with test first."""
    return sorted(splits, key=lambda name: name != "test")
