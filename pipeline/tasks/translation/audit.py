"""Report what is odd about well-formed pairs: repeats, leaks, sides that cannot be right."""

from __future__ import annotations

import math
import statistics
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal

from pipeline.datasets.splits import text_key
from pipeline.task import Table
from pipeline.tasks.translation.languages import fits, length, main_script
from pipeline.tasks.translation.near_duplicates import NearDuplicate, find_near_duplicates
from pipeline.tasks.translation.records import PairRecord
from pipeline.text.scripts import count_scripts
from pipeline.userfiles.audit import (
    MAX_CHARACTERS,
    MAX_PLACES,
    TRAIN,
    grouped,
    largest_first,
    listed,
    place_of,
)
from pipeline.userfiles.explain import shorten

Side = Literal["text", "target"]  # the key of a record
SIDES: Mapping[str, Side] = {"source": "text", "target": "target"}
MAX_RATIO = 3.0  # pairs with more times the usual ratio of lengths are odd
MIN_LENGTH = 20  # of the longer side; ratios of shorter pairs mean nothing
MIN_SHARE = 0.8  # of a side's texts in one script, for other scripts to be odd

Splits = Mapping[str, Sequence[PairRecord]]


def audit(splits: Splits) -> list[Table]:
    """Return the tables that have rows."""
    tables = (
        _identical(splits),
        _wordless(splits),
        _lengths(splits),
        _scripts(splits),
        _controls(splits),
        _repeated(splits),
        _ambiguous(splits),
        _overlap(splits),
    )
    return [table for table in tables if table.rows]


def _identical(splits: Splits) -> Table:
    def select(records: Sequence[PairRecord]) -> Iterator[PairRecord]:
        return (r for r in records if text_key(r["text"]) == text_key(r["target"]))

    return _grouped("pairs whose sides are the same", splits, select)


def _wordless(splits: Splits) -> Table:
    def select(records: Sequence[PairRecord]) -> Iterator[PairRecord]:
        return (r for r in records if not all(any(map(str.isalnum, r[s])) for s in SIDES.values()))

    return _grouped("pairs with a side that has no letter and no digit", splits, select)


def _grouped(
    title: str, splits: Splits, select: Callable[[Sequence[PairRecord]], Iterator[PairRecord]]
) -> Table:
    """Return a table of the pairs that `select` picks, a row for each source text."""
    rows = []
    for split, records in splits.items():
        for same in grouped(select(records), lambda record: text_key(record["text"])).values():
            rows.append((len(same), *_sides(same[0]), split, _places(same)))
    return largest_first(title, ("times", "source", "target", "split", "where"), rows)


def _lengths(splits: Splits) -> Table:
    """Return the pairs whose ratio of lengths is far from the median of train."""
    usual = statistics.median([_ratio(r) for r in _train(splits)] or [0.0])
    rows = []
    for split, records in splits.items():
        for record in records:
            times = math.exp(abs(_ratio(record) - usual))
            if (
                times > MAX_RATIO
                and max(length(record[side]) for side in SIDES.values()) >= MIN_LENGTH
            ):
                rows.append((round(times, 1), *_sides(record), split, place_of(record["source"])))
    title = f"pairs whose lengths are over {MAX_RATIO:g} times out of proportion"
    return largest_first(title, ("times", "source", "target", "split", "where"), rows)


def _scripts(splits: Splits) -> Table:
    """Return the texts that are not in the script of nearly all texts of their side."""
    rows = []
    for side, name in SIDES.items():
        counts = Counter(main_script(count_scripts(record[name])) for record in _train(splits))
        counts.pop("", None)
        (script, most), *_ = counts.most_common(1) or [("", 0)]
        if most < MIN_SHARE * counts.total() or not most:
            continue
        usual = frozenset({script, "Kana"} if script == "Han" else {script})
        for split, records in splits.items():
            odd = [record for record in records if not fits(record[name], usual)]
            if odd:
                shown = shorten(odd[0][name], MAX_CHARACTERS)
                rows.append((len(odd), side, script, shown, split, _places(odd)))
    columns = ("texts", "side", "not in", "such as", "split", "where")
    return largest_first("texts in another script than the rest of their side", columns, rows)


def _controls(splits: Splits) -> Table:
    """Return control characters, tabs, line breaks, byte order marks and replacement characters."""
    found: dict[tuple[str, str, str], list[PairRecord]] = defaultdict(list)
    for split, records in splits.items():
        for record in records:
            for side, name in SIDES.items():
                if record[name].isprintable():
                    continue
                for character in sorted(set(record[name])):
                    if unicodedata.category(character) == "Cc" or character in "\ufeff\ufffd":
                        found[character, side, split].append(record)
    rows = [
        (len(them), f"U+{ord(character):04X}", side, split, _places(them))
        for (character, side, split), them in found.items()
    ]
    return largest_first(
        "control characters", ("texts", "character", "side", "split", "where"), rows
    )


def _repeated(splits: Splits) -> Table:
    rows = [
        (len(same), *_sides(same[0]), split, _places(same))
        for split, records in splits.items()
        for same in grouped(
            records, lambda r: f"{text_key(r['text'])}\0{text_key(r['target'])}"
        ).values()
        if len(same) > 1
    ]
    return largest_first("repeated pairs", ("times", "source", "target", "split", "where"), rows)


def _ambiguous(splits: Splits) -> Table:
    """Return the sources with different targets, within a split or across splits."""
    rows = []
    everything = [record for records in splits.values() for record in records]
    for same in grouped(everything, lambda record: text_key(record["text"])).values():
        targets = {text_key(record["target"]): record["target"] for record in same}
        if len(targets) > 1:
            ways = [
                shorten(target, MAX_CHARACTERS) for target in list(targets.values())[:MAX_PLACES]
            ]
            source = shorten(same[0]["text"], MAX_CHARACTERS)
            rows.append((len(targets), source, "\n".join(ways), _places(same)))
    columns = ("targets", "source", "such as", "where")
    return largest_first("the same source, translated differently", columns, rows)


def _overlap(splits: Splits) -> Table:
    """Return the sides of other splits that are also in train, or nearly.

    Scores on them measure memory.
    """
    train = _train(splits)
    rest = [(split, record) for split, rows in splits.items() if split != TRAIN for record in rows]
    rows = []
    for side, name in SIDES.items():
        found = find_near_duplicates(
            [record[name] for _, record in rest], (record[name] for record in train)
        )
        for split in dict.fromkeys(split for split, _ in rest):
            mine = {n: twin for n, twin in found.items() if rest[n][0] == split}
            same = sum(twin.similarity == 1 for twin in mine.values())
            if mine:
                where = _where(mine, [record for _, record in rest], train)
                rows.append((split, side, same, len(mine) - same, len(splits[split]), where))
    columns = ("split", "side", "also in train", "nearly so", "of", "where")
    return Table("sides of other splits that are also in train", columns, rows)


def _where(
    found: Mapping[int, NearDuplicate], asked: Sequence[PairRecord], train: Sequence[PairRecord]
) -> str:
    """Return the first places, exact matches before near ones."""
    first = sorted(found, key=lambda number: (found[number].similarity < 1, number))[:MAX_PLACES]
    lines = []
    for number in first:
        here, twin = place_of(asked[number]["source"]), found[number]
        sign = "=" if twin.similarity == 1 else "≈"
        lines.append(f"{here} {sign} {place_of(train[twin.place]['source'])}")
    return "\n".join(lines)


def _train(splits: Splits) -> Sequence[PairRecord]:
    return splits.get(TRAIN, ())


def _ratio(record: PairRecord) -> float:
    """Return the logarithm of the ratio of the target's length to the source's."""
    return math.log(max(length(record["target"]), 1) / max(length(record["text"]), 1))


def _sides(record: PairRecord) -> tuple[str, str]:
    return shorten(record["text"], MAX_CHARACTERS), shorten(record["target"], MAX_CHARACTERS)


def _places(records: Sequence[PairRecord]) -> str:
    return listed([place_of(record["source"]) for record in records])
