"""What to know of pairs that are each well formed: repeats, leaks, sides that cannot be right.

All tables name file and line, of the first places where there are many.
"""

from __future__ import annotations

import math
import statistics
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal

from pipeline.task import Table
from pipeline.tasks.translation.filters import key
from pipeline.tasks.translation.languages import fits, length, main_script
from pipeline.tasks.translation.near_duplicates import Twin, twins
from pipeline.tasks.translation.records import PairRecord, shorten
from pipeline.text.scripts import count_scripts

ROWS = 20  # of a table
PLACES = 3  # file:line that are named for one finding
SHOWN = 60  # characters of a text
TRAIN = "train"
Side = Literal["text", "target"]  # the key of a record
SIDES: Mapping[str, Side] = {"source": "text", "target": "target"}
RATIO = 3.0  # times the usual ratio of lengths, from which a pair is odd
LONG = 20  # characters of the longer side, under which no ratio is odd
MOSTLY = 0.8  # share of a side's texts in one script, from which other scripts are odd

Splits = Mapping[str, Sequence[PairRecord]]


def audit(splits: Splits) -> list[Table]:
    """Tables of what was found; those with nothing to tell are left out."""
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
    def found(records: Sequence[PairRecord]) -> Iterator[PairRecord]:
        return (r for r in records if key(r["text"]) == key(r["target"]))

    return _grouped("pairs whose sides are the same", splits, found)


def _wordless(splits: Splits) -> Table:
    def found(records: Sequence[PairRecord]) -> Iterator[PairRecord]:
        return (r for r in records if not all(any(map(str.isalnum, r[s])) for s in SIDES.values()))

    return _grouped("pairs with a side that has no letter and no digit", splits, found)


def _grouped(
    title: str, splits: Splits, found: Callable[[Sequence[PairRecord]], Iterator[PairRecord]]
) -> Table:
    """The pairs found, those with the same source in one row."""
    rows = []
    for split, records in splits.items():
        for same in _by(found(records), lambda record: key(record["text"])).values():
            rows.append((len(same), *_sides(same[0]), split, _places(same)))
    return _table(title, ("times", "source", "target", "split", "where"), rows)


def _lengths(splits: Splits) -> Table:
    """Pairs whose ratio of lengths is far from the middle one of train."""
    usual = statistics.median([_ratio(r) for r in _train(splits)] or [0.0])
    rows = []
    for split, records in splits.items():
        for record in records:
            times = math.exp(abs(_ratio(record) - usual))
            if times > RATIO and max(length(record[side]) for side in SIDES.values()) >= LONG:
                rows.append((round(times, 1), *_sides(record), split, _place(record)))
    title = f"pairs whose lengths are over {RATIO:g} times out of proportion"
    return _table(title, ("times", "source", "target", "split", "where"), rows)


def _scripts(splits: Splits) -> Table:
    """Texts that are not in the script that nearly all of their side are in."""
    rows = []
    for side, name in SIDES.items():
        counts = Counter(main_script(count_scripts(record[name])) for record in _train(splits))
        counts.pop("", None)
        (script, most), *_ = counts.most_common(1) or [("", 0)]
        if most < MOSTLY * counts.total() or not most:
            continue
        usual = frozenset({script, "Kana"} if script == "Han" else {script})
        for split, records in splits.items():
            odd = [record for record in records if not fits(record[name], usual)]
            if odd:
                shown = shorten(odd[0][name], SHOWN)
                rows.append((len(odd), side, script, shown, split, _places(odd)))
    columns = ("texts", "side", "not in", "such as", "split", "where")
    return _table("texts in another script than the rest of their side", columns, rows)


def _controls(splits: Splits) -> Table:
    """Control characters, tabs and line breaks, byte order marks and what replaces lost letters."""
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
    return _table("control characters", ("texts", "character", "side", "split", "where"), rows)


def _repeated(splits: Splits) -> Table:
    rows = [
        (len(same), *_sides(same[0]), split, _places(same))
        for split, records in splits.items()
        for same in _by(records, lambda r: f"{key(r['text'])}\0{key(r['target'])}").values()
        if len(same) > 1
    ]
    return _table("repeated pairs", ("times", "source", "target", "split", "where"), rows)


def _ambiguous(splits: Splits) -> Table:
    """The same source with different targets, within a split or across."""
    rows = []
    everything = [record for records in splits.values() for record in records]
    for same in _by(everything, lambda record: key(record["text"])).values():
        targets = {key(record["target"]): record["target"] for record in same}
        if len(targets) > 1:
            ways = [shorten(target, SHOWN) for target in list(targets.values())[:PLACES]]
            source = shorten(same[0]["text"], SHOWN)
            rows.append((len(targets), source, "\n".join(ways), _places(same)))
    columns = ("targets", "source", "such as", "where")
    return _table("the same source, translated differently", columns, rows)


def _overlap(splits: Splits) -> Table:
    """Sides of other splits that stand in train, too, or nearly: scores on them measure memory."""
    train = _train(splits)
    rest = [(split, record) for split, rows in splits.items() if split != TRAIN for record in rows]
    rows = []
    for side, name in SIDES.items():
        found = twins([record[name] for _, record in rest], (record[name] for record in train))
        for split in dict.fromkeys(split for split, _ in rest):
            mine = {n: twin for n, twin in found.items() if rest[n][0] == split}
            same = sum(twin.alike == 1 for twin in mine.values())
            if mine:
                where = _where(mine, [record for _, record in rest], train)
                rows.append((split, side, same, len(mine) - same, len(splits[split]), where))
    columns = ("split", "side", "also in train", "nearly so", "of", "where")
    return Table("sides of other splits that stand in train, too", columns, rows)


def _where(
    found: Mapping[int, Twin], asked: Sequence[PairRecord], train: Sequence[PairRecord]
) -> str:
    """The first few, those that are the same before those that nearly are."""
    first = sorted(found, key=lambda number: (found[number].alike < 1, number))[:PLACES]
    pairs = ((found[n], _place(asked[n]), _place(train[found[n].place])) for n in first)
    return "\n".join(f"{a} {'=' if twin.alike == 1 else '≈'} {b}" for twin, a, b in pairs)


def _train(splits: Splits) -> Sequence[PairRecord]:
    return splits.get(TRAIN, ())


def _ratio(record: PairRecord) -> float:
    """The logarithm of the target's length to the source's."""
    return math.log(max(length(record["target"]), 1) / max(length(record["text"]), 1))


def _sides(record: PairRecord) -> tuple[str, str]:
    return shorten(record["text"], SHOWN), shorten(record["target"], SHOWN)


def _by(
    records: Iterator[PairRecord] | Sequence[PairRecord], key_of: Callable[[PairRecord], str]
) -> dict[str, list[PairRecord]]:
    groups: dict[str, list[PairRecord]] = defaultdict(list)
    for record in records:
        groups[key_of(record)].append(record)
    return groups


def _place(record: PairRecord) -> str:
    """`test.jsonl:7`."""
    path, _, line = record["source"].rpartition(":")
    name = path if path.startswith("tfds:") else path.rpartition("/")[2]
    return f"{name}:{line}"


def _places(records: Sequence[PairRecord]) -> str:
    more = f" and {len(records) - PLACES} more" if len(records) > PLACES else ""
    return ", ".join(map(_place, records[:PLACES])) + more


def _table(
    title: str, columns: Sequence[str], found: Sequence[tuple[int | float | str, ...]]
) -> Table:
    """The findings that count most; how many there are of all stands in the title."""
    rows = sorted(found, key=lambda row: -float(row[0]))
    shown = f", the first {ROWS}" if len(rows) > ROWS else ""
    return Table(f"{title}: {len(rows)}{shown}", columns, rows[:ROWS])
