"""An utterance with other values: the text, every span and every token offset made anew."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from pipeline.tasks.slot_filling.records import Span, Utterance

# How a value is cut that the source never cut: into words, and characters of Han and kana.
_ALONE = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
TOKEN = re.compile(rf"[{_ALONE}]|[^\s{_ALONE}]+")


class _Edit(NamedTuple):
    """Where a replaced value stood and where the new one stands."""

    start: int
    end: int
    new_start: int
    new_end: int


def replaced(example: Utterance, values: Mapping[int, str]) -> Utterance:
    """The utterance with the values of some spans replaced.

    Args:
        example: Its spans do not overlap.
        values: Index of a span to its new value, which is not empty.

    Returns:
        Text, spans (in the same order) and tokens of the new utterance; tokens that a replaced
        value touches are cut anew.
    """
    text, place = "", 0
    spans, edits = list(example.spans), list[_Edit]()
    for i in sorted(range(len(spans)), key=lambda i: example.spans[i].start):
        slot, start, end = example.spans[i]
        text += example.text[place:start]
        spans[i] = Span(slot, len(text), len(text) + len(values.get(i, example.text[start:end])))
        text += values.get(i, example.text[start:end])
        place = end
        if i in values:
            edits.append(_Edit(start, end, spans[i].start, spans[i].end))
    text += example.text[place:]
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
    """The old text to be cut anew: each replaced value with the tokens that it touches."""
    regions: list[tuple[int, int]] = []
    for edit in edits:
        touched = [token for token in tokens if token[0] < edit.end and token[1] > edit.start]
        low = min([edit.start, *(start for start, _ in touched)])
        high = max([edit.end, *(end for _, end in touched)])
        if regions and low < regions[-1][1]:  # both values touch one token
            low = regions.pop()[0]
        regions.append((low, high))
    return regions


def _moved(place: int, edits: Sequence[_Edit]) -> int:
    """The new place of an old one that is not inside a replaced value."""
    before = [edit for edit in edits if edit.end <= place]
    return place + (before[-1].new_end - before[-1].end if before else 0)
