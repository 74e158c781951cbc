"""Choose the unlabelled texts to annotate next, with the model's suggestions to correct."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import tensorflow as tf

from pipeline import artifacts
from pipeline.config import Config
from pipeline.errors import InputError
from pipeline.metrics import drift
from pipeline.predictor import BATCH, answer_all
from pipeline.report.terminal import note, print_table
from pipeline.runs import VersionFolder
from pipeline.stages.data import bundled_rows
from pipeline.stages.data.convert import publish, refuse
from pipeline.stages.evaluation.train_overlap import text_key
from pipeline.stages.live import learning_curve
from pipeline.stages.live.selection import CandidateText, Choice, choose
from pipeline.stages.publishing import drift_reference, known_ngrams
from pipeline.stages.training import checkpoint
from pipeline.stages.training.assembly import Assembly, assemble, outputs_of
from pipeline.task import Answer, Record, Task

SHOWN = 10


class Chosen(NamedTuple):
    """A text to annotate: the model's answer, and why the text was chosen."""

    answer: Answer
    choice: Choice


def run(
    task: Task, config: Config, version: VersionFolder, texts: Iterable[str], count: int
) -> list[Chosen]:
    """Choose up to `count` texts, the most useful first.

    Empty texts, repeats, and texts of the annotated rows that travel with the version (replay,
    validation and exam rows) are skipped.

    Args:
        task: The task of the version.
        config: The config of the version.
        version: The folder of the version.
        texts: All texts to choose from; they are held in memory.
        count: The largest number of texts to choose.

    Raises:
        InputError: The version keeps no counts to compare with, or no text is left to choose.
    """
    reference = drift_reference.read(version.drift_reference)
    if reference is None:
        raise InputError(f"{version.drift_reference}: no such file; export the model again")
    known = {
        (name, label): amount
        for name, rows in reference.items()
        if name.startswith(drift_reference.LABELS)
        for label, amount in drift.sum_amounts(rows).items()
    }
    files = (version.replay, version.valid, version.exam)
    annotated = [row for file in files for row in bundled_rows.read(task, config, file)]
    fresh = _fresh(texts, annotated)
    if not fresh:
        raise InputError(
            "label-next: all texts are annotated already; expected at least one new text"
        )
    parts = in_memory(task, config, version)
    answers = answer_all(task, outputs_of(parts.service), fresh)
    chosen = choose(_candidates(task, parts, version, fresh, answers), known, count)
    return [Chosen(answers[choice.place], choice) for choice in chosen]


def in_memory(task: Task, config: Config, version: VersionFolder) -> Assembly:
    """Build a version's model with its weights, for the margins of its answers."""
    parts = assemble(task, config, version.vocabularies)
    checkpoint.load(version.weights, parts.model)
    return parts


def write(task: Task, chosen: Sequence[Chosen], output: Path, format_: str | None = None) -> str:
    """Write the chosen texts with their suggested annotations in a format of the task."""
    refuse(output)
    records = [task.answers.suggest(each.answer) for each in chosen]
    return publish(output, lambda path: task.data.write(records, path, format_, None))


def curve(task: Task, config: Config, version: VersionFolder) -> learning_curve.Curve | None:
    """Return the baseline's learning curve on the rows that travel with a version.

    None, with a note, if there are too few rows or the extra `baseline` is not installed.
    """
    train, exam = (bundled_rows.read(task, config, file) for file in (version.replay, version.exam))
    if not learning_curve.enough(train, exam):
        note(
            f"no learning curve: {len(train)} replay rows and {len(exam)} exam rows travel with the"
            f" version; expected {round(learning_curve.LEAST / learning_curve.SHARES[0])} and"
            f" {learning_curve.LEAST} (export.replay_rows, export.exam_rows)"
        )
        return None
    note(f"{config.name}: fitting the baseline on shares of {len(train)} replay rows")
    try:
        return learning_curve.run(task, config.settings, train, exam, config.settings.train.seed)
    except InputError as error:  # the chosen texts are written already
        note(f"no learning curve: {error}")
        return None


def print_chosen(name: str, chosen: Sequence[Chosen]) -> None:
    """Print the first texts with the three parts of their gain."""
    rows: list[list[Any]] = [[*each.choice[1:], each.answer["text"]] for each in chosen[:SHOWN]]
    title = f"{name}: the first {len(rows)} of {len(chosen)} texts to annotate"
    print_table(title, ("doubt", "novelty", "rarity", "text"), rows)


def print_gain(
    task: Task, config: Config, version: VersionFolder, found: learning_curve.Curve, more: int
) -> None:
    """Print what more rows may gain: the baseline's slope applied to the model's score."""
    learning_curve.print_curve(config.name, task.headline, found)
    rows = artifacts.read_json(version.data_profile)["examples"]
    score = artifacts.read_json(version.scores)["test"]["metrics"][task.headline]["value"]
    low, high = found.slopes[0], found.slopes[-1]
    expected, least, most = (
        100 - found.expected(100 - score, rows, more, slope) for slope in (found.slope, low, high)
    )
    print(
        f"expected {task.headline.replace('_', ' ')} with {more} more rows: {score:.2f} ->"
        f" {expected:.2f} ({least:.2f} to {most:.2f} by draw), if errors fall as n^-"
        f"{found.slope:.2f} from the {rows} rows of training; the slope is the baseline's for"
        " random rows, and chosen rows should gain more"
    )


def _fresh(texts: Iterable[str], annotated: Sequence[Record]) -> list[str]:
    """Return each text once, without empty ones and those annotated already."""
    seen = {text_key(record["text"]) for record in annotated} | {""}
    fresh: list[str] = []
    for text in texts:
        if (key := text_key(text)) not in seen:
            seen.add(key)
            fresh.append(text)
    return fresh


def _candidates(
    task: Task,
    parts: Assembly,
    version: VersionFolder,
    texts: Sequence[str],
    answers: Sequence[Answer],
) -> list[CandidateText]:
    known = known_ngrams.read(version.known_ngrams)
    bags = [ids for group in known_ngrams.in_groups(texts) for ids in known_ngrams.ids_of(group)]
    return [
        CandidateText(margin, frozenset(ids.tolist()), frozenset(ids[~known[ids]].tolist()), labels)
        for margin, ids, labels in zip(
            _margins(parts, texts), bags, (_labels(task, answer) for answer in answers), strict=True
        )
    ]


def _margins(parts: Assembly, texts: Sequence[str]) -> list[float]:
    """Return the smallest gap of each text, computed in batches of similar length."""
    order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
    found = dict[int, float]()
    for start in range(0, len(order), BATCH):
        places = order[start : start + BATCH]
        group = tf.constant([texts[place] for place in places], tf.string)
        found.update(zip(places, parts.service.margin(group).numpy().tolist(), strict=True))
    return [found[place] for place in range(len(texts))]


def _labels(task: Task, answer: Answer) -> tuple[tuple[str, str], ...]:
    found = task.answers.labels(task.answers.suggest(answer))
    return tuple(
        (drift_reference.LABELS + kind, label) for kind, labels in found.items() for label in labels
    )
