"""A translation beside its reference, with what the tables and the report show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from pipeline.metrics.repetition import Phrase, loops
from pipeline.metrics.source_lengths import words
from pipeline.metrics.translation import chrf
from pipeline.metrics.values.fidelity import ComparedValues, compare
from pipeline.tasks.translation.records import PairAnswer, PairRecord


class Languages(Protocol):
    """Codes of the two languages."""

    @property
    def source(self) -> str: ...

    @property
    def target(self) -> str: ...


class Data(Protocol):
    """The part of the data settings that is used here."""

    @property
    def languages(self) -> Languages: ...


class Settings(Protocol):
    """The part of the settings that is used here: `data.languages`."""

    @property
    def data(self) -> Data: ...


@dataclass(frozen=True)
class ScoredExample:
    """A translation and its reference.

    Args:
        record: The record of the pair.
        answer: The answer of the model.
        chrf: chrF++ of this sentence, in percent.
        values: The source's numbers, dates, codes and so on, compared with the translation's.
        loops: Phrases that the translation repeats at once and the reference does not.
    """

    record: PairRecord
    answer: PairAnswer
    chrf: float
    values: ComparedValues
    loops: set[Phrase]

    @property
    def text(self) -> str:
        return str(self.record["text"])

    @property
    def reference(self) -> str:
        return str(self.record["target"])

    @property
    def translation(self) -> str:
        return str(self.answer["translation"])

    @property
    def same(self) -> bool:
        """Return whether the translation equals the reference."""
        return self.translation == self.reference

    @property
    def truncated(self) -> bool:
        return bool(self.answer.get("truncated", False))

    @property
    def split(self) -> bool:
        """Return whether the source was translated in several segments."""
        return int(self.answer.get("segments", 1)) > 1

    @property
    def lost_codes(self) -> int:
        """Return the number of protected items that the translation lacks."""
        return int(self.answer.get("lost", 0))

    @property
    def length_ratio(self) -> float:
        """Return the length of the translation divided by that of the reference, in words."""
        return len(words(self.translation)) / max(1, len(words(self.reference)))


def score_examples(
    settings: Settings, records: Sequence[PairRecord], answers: Sequence[PairAnswer]
) -> list[ScoredExample]:
    """Pair each record with its answer, in order.

    Raises:
        ValueError: Records and answers differ in number.
    """
    translations = [answer["translation"] for answer in answers]
    counted = chrf(translations, [record["target"] for record in records])
    sentences = counted.score(counted.rows.astype(np.float64))
    languages = settings.data.languages.source, settings.data.languages.target
    return [
        ScoredExample(
            record,
            answer,
            float(score),
            compare(record["text"], answer["translation"], languages),
            loops(answer["translation"]) - loops(record["target"]),
        )
        for record, answer, score in zip(records, answers, sentences, strict=True)
    ]
