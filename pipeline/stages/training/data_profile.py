"""Facts about the training texts: how many, how long, how many tokens are unknown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from pipeline.report.terminal import note
from pipeline.task import A, M, R, S, T, Task

PERCENTILES = (0, 5, 25, 50, 75, 95, 99, 100)


def data_profile(
    task: Task[S, R, A, T, M], tokenizer: T, texts: Iterable[Sequence[str]]
) -> dict[str, Any]:
    """Count the tokens of the training texts; logs how many texts are over the limit.

    Args:
        task: The task of the model.
        tokenizer: The tokenizer of the model.
        texts: Groups of texts.

    Returns:
        `examples`, `tokens`, `unknown_token_rate`, `length_percentiles` and, where the task has a
        longest text, `cut_share`: the share of texts that are longer.
    """
    counts = [row for group in texts for row in task.model.count_tokens(tokenizer, group)]
    lengths, unknown = [tokens for tokens, _ in counts], sum(unknown for _, unknown in counts)
    percentiles = np.percentile(lengths, PERCENTILES).tolist()
    limit = task.model.max_tokens(tokenizer)
    over = 0 if limit is None else sum(length > limit for length in lengths)
    if over:
        note(
            f"{over:,} of {len(lengths):,} texts of train ({100 * over / len(lengths):.1f} %) have"
            f" more than tokenizer.max_tokens = {limit:,} tokens; {task.model.over_limit}"
        )
    return {
        "examples": len(lengths),
        "tokens": sum(lengths),
        "unknown_token_rate": unknown / max(1, sum(lengths)),
        **({} if limit is None else {"cut_share": over / max(1, len(lengths))}),
        "length_percentiles": dict(zip(map(str, PERCENTILES), percentiles, strict=True)),
    }
