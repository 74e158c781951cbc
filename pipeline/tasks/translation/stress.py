"""Harder test sets made of a test set: differently written sources with the same targets.

    stress_lower         the source in lower case; empty for scripts without case
    stress_unpunctuated  the source without final punctuation
    stress_joined        two sources joined, with their two targets joined

The first two test careless writing, the third test lengths that training did not have. All but the
joined set have every pair of the test set, so their scores are comparable with it.
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
    """Return the sets by name; a set that would not differ is empty."""
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
    """Join the records in random pairs, each record once."""
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
    """Join two sentences; Chinese and Japanese have no space between sentences."""
    dense = DENSE.search(one) and DENSE.search(other)
    return f"{one.rstrip()}{'' if dense else ' '}{other.lstrip()}"
