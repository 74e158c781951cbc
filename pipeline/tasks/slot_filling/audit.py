"""What to know of annotated utterances that are each well formed: repeats, quarrels, gaps.

All tables name file and line, of the first places where there are many.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from pipeline.task import Table
from pipeline.tasks.slot_filling.records import (
    Span,
    Utterance,
    UtteranceRecord,
    from_record,
    marked,
)

FEW = 5  # examples of a label in train under which it is told of
ROWS = 20  # of a table
PLACES = 3  # file:line that are named for one finding
SHOWN = 60  # characters of a text
TRAIN = "train"
WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|\d+|[^\W\d_]+|[^\w\s]|_")
NO_SLOT = "no slot"

Splits = Mapping[str, Sequence[Utterance]]


class Phrase(NamedTuple):
    """The words of a span in lower case, and the word on each side, empty at the text's edge."""

    before: str
    words: tuple[str, ...]
    after: str


class Words(NamedTuple):
    """A text's words in lower case, each Han character by itself, and where they start and end."""

    words: list[str]
    starts: dict[int, int]
    ends: dict[int, int]


def audit(splits: Mapping[str, Sequence[UtteranceRecord]]) -> list[Table]:
    """Tables of what was found; those with nothing to tell are left out."""
    read = {split: [from_record(record) for record in rows] for split, rows in splits.items()}
    tables = (_repeated(read), _quarrels(read), _phrases(read), _overlap(read), _few(read))
    return [table for table in tables if table.rows]


def _repeated(splits: Splits) -> Table:
    rows = [
        (len(same), _short(same[0].text), split, _places(same))
        for split, utterances in splits.items()
        for same in _by_text(utterances).values()
        if len(same) > 1
    ]
    return _table("repeated texts", ("times", "text", "split", "where"), rows)


def _quarrels(splits: Splits) -> Table:
    """The same text with different intents or spans, within a split or across."""
    rows = []
    everything = [utterance for utterances in splits.values() for utterance in utterances]
    for same in _by_text(everything).values():
        labelled: dict[str, list[Utterance]] = defaultdict(list)
        for utterance in same:
            labelled[_labelling(utterance)].append(utterance)
        if len(labelled) > 1:
            where = "\n".join(_places(them) for them in labelled.values())
            rows.append((len(same), "\n".join(labelled), where))
    columns = ("times", "intent: text with slots", "where")
    return _table("the same text, labelled differently", columns, rows)


def _labelling(utterance: Utterance) -> str:
    outer = len(utterance.text) - len(utterance.text.lstrip())
    spans = [Span(slot, start - outer, end - outer) for slot, start, end in utterance.spans]
    return f"{utterance.intent}: {marked(utterance.text.strip().casefold(), spans)}"


def _phrases(splits: Splits) -> Table:
    """The same words between the same neighbours as different slots, or as one and as none."""
    read = [(each, _words(each.text)) for rows in splits.values() for each in rows]
    found: dict[Phrase, dict[str, list[Utterance]]] = defaultdict(lambda: defaultdict(list))
    for utterance, words in read:
        for first, last, slot in _marked_words(utterance, words):
            found[_phrase(words.words, first, last)][slot].append(utterance)
    longest = max((len(phrase.words) for phrase in found), default=0)
    for utterance, words in read:
        for phrase in _unmarked(utterance, words, longest):
            if phrase in found:
                found[phrase][NO_SLOT].append(utterance)
    rows = []
    for phrase, by_slot in found.items():
        if len(by_slot) > 1:
            ranked = sorted(by_slot.items(), key=lambda pair: (-len(pair[1]), pair[0]))
            shown = f"{phrase.before} [{' '.join(phrase.words)}] {phrase.after}".strip()
            said = "\n".join(f"{slot} {len(them)}" for slot, them in ranked)
            where = "\n".join(_place(them[0]) for _, them in ranked)
            rows.append((sum(map(len, by_slot.values())), shown, said, where))
    columns = ("times", "phrase", "labelled", "first at")
    return _table("the same phrase between the same words, labelled differently", columns, rows)


def _marked_words(utterance: Utterance, words: Words) -> Iterator[tuple[int, int, str]]:
    """(first word, last word, slot) of the spans that are whole words."""
    for slot, start, end in utterance.spans:
        if start in words.starts and end in words.ends:
            yield words.starts[start], words.ends[end], slot


def _unmarked(utterance: Utterance, words: Words, longest: int) -> Iterator[Phrase]:
    """All phrases of up to `longest` words that touch no span."""
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
    found = list(WORD.finditer(text))
    starts = {match.start(): place for place, match in enumerate(found)}
    ends = {match.end(): place for place, match in enumerate(found)}
    return Words([match[0].casefold() for match in found], starts, ends)


def _overlap(splits: Splits) -> Table:
    """Texts of other splits that stand in train, too: scores on them measure memory."""
    train, rows = _by_text(splits.get(TRAIN, ())), []
    labels = {_labelling(utterance) for them in train.values() for utterance in them}
    for split, utterances in splits.items():
        both = [u for u in utterances if _key(u.text) in train] if split != TRAIN else []
        if both:
            alike = sum(_labelling(utterance) in labels for utterance in both)
            pairs = (f"{_place(u)} = {_place(train[_key(u.text)][0])}" for u in both[:PLACES])
            rows.append((split, len(both), len(utterances), alike, "\n".join(pairs)))
    columns = ("split", "texts also in train", "of", "labelled alike", "where")
    return Table("test texts that stand in train, too", columns, rows)


def _few(splits: Splits) -> Table:
    """Labels with fewer than `FEW` examples in train, of which little can be learned."""
    rows = []
    for kind in ("intent", "slot"):
        counts, places = Counter[str](), dict[str, Utterance]()
        for split, utterances in splits.items():
            for utterance in utterances:
                for label in _labels(utterance, kind):
                    counts[label] += split == TRAIN
                    places.setdefault(label, utterance)
        few = sorted((n, label) for label, n in counts.items() if n < FEW)
        rows += [(n, f"{kind} {label}", _place(places[label])) for n, label in few]
    title = f"labels with fewer than {FEW} examples in train"
    return Table(title, ("examples", "label", "first at"), rows)


def _labels(utterance: Utterance, kind: str) -> list[str]:
    return [utterance.intent] if kind == "intent" else [span.slot for span in utterance.spans]


def _by_text(utterances: Sequence[Utterance]) -> dict[str, list[Utterance]]:
    by_text: dict[str, list[Utterance]] = defaultdict(list)
    for utterance in utterances:
        by_text[_key(utterance.text)].append(utterance)
    return by_text


def _key(text: str) -> str:
    """Texts with one key are one text: case and outer space aside."""
    return text.strip().casefold()


def _place(utterance: Utterance) -> str:
    """`test.jsonl:7`; the folder too where all files have the same names."""
    path, _, line = utterance.source.rpartition(":")
    folders = path.split("/")
    shown = "/".join(folders[-2:]) if folders[-1].startswith("seq.") else folders[-1]
    return f"{shown}:{line}"


def _places(utterances: Sequence[Utterance]) -> str:
    more = f" and {len(utterances) - PLACES} more" if len(utterances) > PLACES else ""
    return ", ".join(map(_place, utterances[:PLACES])) + more


def _short(text: str) -> str:
    return marked(text if len(text) <= SHOWN else f"{text[:SHOWN]}…", [])


def _table(title: str, columns: Sequence[str], found: Sequence[tuple[int | str, ...]]) -> Table:
    """The findings that count most; how many there are of all stands in the title."""
    rows = sorted(found, key=lambda row: -int(row[0]))
    shown = f", the {ROWS} most frequent" if len(rows) > ROWS else ""
    return Table(f"{title}: {len(rows)}{shown}", columns, rows[:ROWS])
