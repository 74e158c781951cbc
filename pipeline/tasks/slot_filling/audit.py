"""Report what is odd about well-formed annotated utterances."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from pipeline.task import Table
from pipeline.tasks.slot_filling.records import (
    Span,
    Utterance,
    UtteranceRecord,
    from_record,
    mark_spans,
)
from pipeline.userfiles.audit import (
    Annotated,
    Splits,
    contradictions,
    largest_first,
    listed,
    overlap,
    place_of,
    rare_labels,
    repeated_texts,
)

WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|\d+|[^\W\d_]+|[^\w\s]|_")
NO_SLOT = "no slot"


class Phrase(NamedTuple):
    """The words of a span in lower case, and the word on each side; empty at the text's edge."""

    before: str
    words: tuple[str, ...]
    after: str


class Words(NamedTuple):
    """The words of a text in lower case, and the index of the word at each start and end.

    Each Han character is a word.
    """

    words: list[str]
    starts: dict[int, int]
    ends: dict[int, int]


def audit(splits: Mapping[str, Sequence[UtteranceRecord]]) -> list[Table]:
    """Return the tables that have rows."""
    utterances = {split: list(map(from_record, records)) for split, records in splits.items()}
    read = {split: list(map(_annotated, each)) for split, each in utterances.items()}
    tables = (
        repeated_texts(read),
        _contradictions(read),
        _phrases(utterance for each in utterances.values() for utterance in each),
        overlap(read),
        rare_labels(read),
    )
    return [table for table in tables if table.rows]


def _annotated(utterance: Utterance) -> Annotated:
    margin = len(utterance.text) - len(utterance.text.lstrip())
    spans = [Span(slot, start - margin, end - margin) for slot, start, end in utterance.spans]
    annotation = f"{utterance.intent}: {mark_spans(utterance.text.strip().casefold(), spans)}"
    labels = {"intent ": [utterance.intent], "slot ": [span.slot for span in utterance.spans]}
    return Annotated(utterance.text, annotation, labels, _place(utterance))


def _contradictions(splits: Splits) -> Table:
    rows = []
    for by_annotation in contradictions(splits):
        places = [[each.place for each in same] for same in by_annotation.values()]
        where = "\n".join(map(listed, places))
        rows.append((sum(map(len, places)), "\n".join(by_annotation), where))
    columns = ("times", "intent: text with slots", "where")
    return largest_first("the same text, labelled differently", columns, rows)


def _phrases(utterances: Iterable[Utterance]) -> Table:
    """Return the phrases between the same words that fill different slots, or one and none."""
    read = [(each, _words(each.text)) for each in utterances]
    slots_of: dict[Phrase, dict[str, list[Utterance]]] = defaultdict(lambda: defaultdict(list))
    for utterance, words in read:
        for first, last, slot in _marked_words(utterance, words):
            slots_of[_phrase(words.words, first, last)][slot].append(utterance)
    longest = max((len(phrase.words) for phrase in slots_of), default=0)
    for utterance, words in read:
        for phrase in _unmarked(utterance, words, longest):
            if phrase in slots_of:
                slots_of[phrase][NO_SLOT].append(utterance)
    rows = []
    for phrase, by_slot in slots_of.items():
        if len(by_slot) > 1:
            ranked = sorted(by_slot.items(), key=lambda pair: (-len(pair[1]), pair[0]))
            shown = f"{phrase.before} [{' '.join(phrase.words)}] {phrase.after}".strip()
            labelled = "\n".join(f"{slot} {len(them)}" for slot, them in ranked)
            where = "\n".join(_place(them[0]) for _, them in ranked)
            rows.append((sum(map(len, by_slot.values())), shown, labelled, where))
    columns = ("times", "phrase", "labelled", "first at")
    return largest_first(
        "the same phrase between the same words, labelled differently", columns, rows
    )


def _marked_words(utterance: Utterance, words: Words) -> Iterator[tuple[int, int, str]]:
    """Yield (first word, last word, slot) of the spans that consist of whole words."""
    for slot, start, end in utterance.spans:
        if start in words.starts and end in words.ends:
            yield words.starts[start], words.ends[end], slot


def _unmarked(utterance: Utterance, words: Words, longest: int) -> Iterator[Phrase]:
    """Yield all phrases of up to `longest` words that touch no span."""
    count, taken = len(words.words), set[int]()
    for start, first in words.starts.items():
        if any(span.start <= start < span.end for span in utterance.spans):
            taken.add(first)
    for first in range(count):
        for last in range(first, min(first + longest, count)):
            if last in taken:
                break
            yield _phrase(words.words, first, last)


def _phrase(words: Sequence[str], first: int, last: int) -> Phrase:
    before = words[first - 1] if first else ""
    after = words[last + 1] if last + 1 < len(words) else ""
    return Phrase(before, tuple(words[first : last + 1]), after)


def _words(text: str) -> Words:
    matches = list(WORD.finditer(text))
    starts = {match.start(): index for index, match in enumerate(matches)}
    ends = {match.end(): index for index, match in enumerate(matches)}
    return Words([match[0].casefold() for match in matches], starts, ends)


def _place(utterance: Utterance) -> str:
    """Return `test.jsonl:7`, with the folder if its files are named as in every other folder."""
    path, _, _ = utterance.source.rpartition(":")
    return place_of(utterance.source, folder=path.split("/")[-1].startswith("seq."))
