"""Answer texts, one JSON object a line, in constant memory."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable
from typing import TextIO

from pipeline.predictor import Predictor

GROUP = 1024


def run(predictor: Predictor, texts: Iterable[str], output: TextIO) -> int:
    """Write one answer a line, in order; return their number."""
    count = 0
    remaining = iter(texts)
    while group := list(itertools.islice(remaining, GROUP)):
        for answer in predictor(group):
            output.write(json.dumps(answer, ensure_ascii=False) + "\n")
        count += len(group)
        output.flush()
    return count
