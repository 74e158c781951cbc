"""Spans on tokens: character spans as token spans, and as one tag a token."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import tensorflow as tf

from pipeline.metrics.spans import Span
from pipeline.tasks.slot_filling.records import Utterance
from pipeline.text.tokens import tokenize

Offsets = Sequence[tuple[int, int]]
"""(start, end) of each token: code points, end exclusive."""


def token_offsets(examples: Sequence[Utterance]) -> list[Offsets]:
    """The tokens of each example: its source's own where it has them, else this project's."""
    found = tokenize(tf.constant([example.text for example in examples], tf.string))
    ours = zip(found.starts.to_list(), found.ends.to_list(), strict=True)
    return [
        example.tokens or list(zip(starts, ends, strict=True))
        for example, (starts, ends) in zip(examples, ours, strict=True)
    ]


def on_tokens(spans: Iterable[tuple[str, int, int]], tokens: Offsets) -> list[Span]:
    """Character spans as spans of tokens, by start.

    A span takes in every token that it touches; one that would then share a token with the span
    before it is left out, as one tag a token could not write it.
    """
    placed: list[Span] = []
    for slot, start, end in sorted(spans, key=lambda span: span[1:]):
        touched = [i for i, (a, b) in enumerate(tokens) if a < end and b > start]
        if touched and (not placed or touched[0] >= placed[-1][2]):
            placed.append((slot, touched[0], touched[-1] + 1))
    return placed


def bio(spans: Iterable[tuple[str, int, int]], tokens: Offsets) -> list[str]:
    """Character spans as one BIO tag a token."""
    tags = ["O"] * len(tokens)
    for slot, start, end in on_tokens(spans, tokens):
        tags[start:end] = [f"B-{slot}", *[f"I-{slot}"] * (end - start - 1)]
    return tags
