"""Convert character spans to token spans, and to one BIO tag for each token."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import tensorflow as tf

from pipeline.metrics.spans import Span
from pipeline.tasks.slot_filling.records import Utterance
from pipeline.text.tokens import tokenize

Offsets = Sequence[tuple[int, int]]
"""(start, end) of each token: code points, end exclusive."""


def token_offsets(examples: Sequence[Utterance]) -> list[Offsets]:
    """Return the tokens of each example: the source's if it has any, else this project's."""
    tokenized = tokenize(tf.constant([example.text for example in examples], tf.string))
    ours = zip(tokenized.starts.to_list(), tokenized.ends.to_list(), strict=True)
    return [
        example.tokens or list(zip(starts, ends, strict=True))
        for example, (starts, ends) in zip(examples, ours, strict=True)
    ]


def to_token_spans(spans: Iterable[tuple[str, int, int]], tokens: Offsets) -> list[Span]:
    """Convert character spans to spans of tokens, sorted by start.

    A span includes every token that it overlaps. A span that would share a token with the span
    before it is dropped, since each token has only one tag.
    """
    token_spans: list[Span] = []
    for slot, start, end in sorted(spans, key=lambda span: span[1:]):
        overlapping = [i for i, (a, b) in enumerate(tokens) if a < end and b > start]
        if overlapping and (not token_spans or overlapping[0] >= token_spans[-1][2]):
            token_spans.append((slot, overlapping[0], overlapping[-1] + 1))
    return token_spans


def bio_tags(spans: Iterable[tuple[str, int, int]], tokens: Offsets) -> list[str]:
    """Return one BIO tag for each token."""
    tags = ["O"] * len(tokens)
    for slot, start, end in to_token_spans(spans, tokens):
        tags[start:end] = [f"B-{slot}", *[f"I-{slot}"] * (end - start - 1)]
    return tags
