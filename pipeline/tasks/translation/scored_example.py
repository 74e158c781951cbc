"""A translation beside its reference, with all that the tables and the report say of it."""

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
    """The codes of the two languages."""

    @property
    def source(self) -> str: ...

    @property
    def target(self) -> str: ...


class Data(Protocol):
    """What is read of the data section."""

    @property
    def languages(self) -> Languages: ...


class Settings(Protocol):
    """What is read of a config: `data.languages.source` and `.target`."""

    @property
    def data(self) -> Data: ...


@dataclass(frozen=True)
class Judged:
    """One example.

    Args:
        record: With `text`, `target` and `source`.
        answer: With `translation`, and maybe `segments`, `truncated` and `lost`.
        chrf: chrF++ of this sentence, in percent.
        values: What became of the source's numbers, dates, codes and so on.
        loops: What the translation repeats at once and the reference does not.
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
        """Whether it is the reference, letter by letter."""
        return self.translation == self.reference

    @property
    def truncated(self) -> bool:
        return bool(self.answer.get("truncated", False))

    @property
    def split(self) -> bool:
        """Whether the source was translated in several pieces."""
        return int(self.answer.get("segments", 1)) > 1

    @property
    def lost_codes(self) -> int:
        """How many of the things that must come out unchanged did not, as the model says."""
        return int(self.answer.get("lost", 0))

    @property
    def length_ratio(self) -> float:
        """Words of the translation for each of the reference."""
        return len(words(self.translation)) / max(1, len(words(self.reference)))


def judge(
    settings: Settings, records: Sequence[PairRecord], answers: Sequence[PairAnswer]
) -> list[Judged]:
    """Pairs each record with its answer, in order.

    Raises:
        ValueError: The two differ in number.
    """
    translations = [answer["translation"] for answer in answers]
    counted = chrf(translations, [record["target"] for record in records])
    sentences = counted.score(counted.rows.astype(np.float64))
    languages = settings.data.languages.source, settings.data.languages.target
    return [
        Judged(
            record,
            answer,
            float(score),
            compare(record["text"], answer["translation"], languages),
            loops(answer["translation"]) - loops(record["target"]),
        )
        for record, answer, score in zip(records, answers, sentences, strict=True)
    ]
