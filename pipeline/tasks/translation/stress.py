"""Harder test sets made of a test set: the same translations of texts that are written otherwise.

    stress_lower         the source in lower case; scripts without case have none
    stress_unpunctuated  the source without the marks that end it
    stress_joined        two sources in a row, to be translated by their two targets in a row

The first two ask whether a model reads past what careless writers leave out, the third whether it
holds beyond the lengths that it has seen. All but the joined set hold every pair of the test set,
so that their scores compare with those of the test set itself.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from pipeline.tasks.translation.languages import DENSE
from pipeline.tasks.translation.records import PairRecord

END = re.compile(r"[\s.!?。！？…]+$")


def stress(
    settings: Any, train: Iterable[PairRecord], records: Sequence[PairRecord], seed: int
) -> dict[str, list[PairRecord]]:
    """The sets by name; one of which nothing would differ is empty."""
    return {
        "stress_lower": _changed(records, str.lower),
        "stress_unpunctuated": _changed(records, lambda text: END.sub("", text) or text),
        "stress_joined": _joined(records, random.Random(seed)),
    }


def _changed(records: Sequence[PairRecord], change: Callable[[str], str]) -> list[PairRecord]:
    changed: list[PairRecord] = [{**record, "text": change(record["text"])} for record in records]
    differ = any(new["text"] != old["text"] for new, old in zip(changed, records, strict=True))
    return changed if differ else []


def _joined(records: Sequence[PairRecord], rng: random.Random) -> list[PairRecord]:
    """As many pairs as can be made with each record in one."""
    shuffled = rng.sample(list(records), len(records))
    couples = zip(shuffled[::2], shuffled[1::2], strict=False)
    return [
        {
            **one,
            "text": _in_a_row(one["text"], other["text"]),
            "target": _in_a_row(one["target"], other["target"]),
        }
        for one, other in couples
    ]


def _in_a_row(one: str, other: str) -> str:
    """Joined as their script is: Chinese and Japanese have no space between sentences."""
    dense = DENSE.search(one) and DENSE.search(other)
    return f"{one.rstrip()}{'' if dense else ' '}{other.lstrip()}"
