"""Replace slot values in an utterance and recompute its text, spans and token offsets."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from pipeline.tasks.slot_filling.records import Span, Utterance

# New values are split into words, and into single characters of Han and kana.
_ALONE = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
TOKEN = re.compile(rf"[{_ALONE}]|[^\s{_ALONE}]+")


class _Edit(NamedTuple):
    """The positions of a replaced value in the old text and of its successor in the new text."""

    start: int
    end: int
    new_start: int
    new_end: int


def replace_values(example: Utterance, values: Mapping[int, str]) -> Utterance:
    """Return the utterance with the values of some spans replaced.

    Args:
        example: An utterance whose spans do not overlap.
        values: Index of a span to its new value, which must not be empty.

    Returns:
        The new utterance. Its spans keep their order; tokens that overlap a replaced value are
        tokenized again.
    """
    text, position = "", 0
    spans, edits = list(example.spans), list[_Edit]()
    for i in sorted(range(len(spans)), key=lambda i: example.spans[i].start):
        slot, start, end = example.spans[i]
        text += example.text[position:start]
        spans[i] = Span(slot, len(text), len(text) + len(values.get(i, example.text[start:end])))
        text += values.get(i, example.text[start:end])
        position = end
        if i in values:
            edits.append(_Edit(start, end, spans[i].start, spans[i].end))
    text += example.text[position:]
    tokens = _tokens(example.tokens, edits, text) if edits else example.tokens
    return replace(example, text=text, spans=tuple(spans), tokens=tokens)


def _tokens(
    tokens: Sequence[tuple[int, int]], edits: Sequence[_Edit], text: str
) -> tuple[tuple[int, int], ...]:
    if not tokens:
        return ()
    regions = _regions(tokens, edits)
    kept = [
        (_moved(start, edits), _moved(end, edits))
        for start, end in tokens
        if not any(start < high and end > low for low, high in regions)
    ]
    for low, high in regions:
        begin, stop = _moved(low, edits), _moved(high, edits)
        kept += [(begin + m.start(), begin + m.end()) for m in TOKEN.finditer(text[begin:stop])]
    return tuple(sorted(kept))


def _regions(tokens: Sequence[tuple[int, int]], edits: Sequence[_Edit]) -> list[tuple[int, int]]:
    """Return the ranges of the old text to tokenize again: replaced values and their tokens."""
    regions: list[tuple[int, int]] = []
    for edit in edits:
        overlapping = [token for token in tokens if token[0] < edit.end and token[1] > edit.start]
        low = min([edit.start, *(start for start, _ in overlapping)])
        high = max([edit.end, *(end for _, end in overlapping)])
        if regions and low < regions[-1][1]:  # both values overlap the same token
            low = regions.pop()[0]
        regions.append((low, high))
    return regions


def _moved(position: int, edits: Sequence[_Edit]) -> int:
    """Return the new position of an old one that is not inside a replaced value."""
    before = [edit for edit in edits if edit.end <= position]
    return position + (before[-1].new_end - before[-1].end if before else 0)
