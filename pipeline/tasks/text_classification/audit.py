"""What to know of labelled texts that are each well formed: repeats, quarrels, gaps.

All tables name file and line, of the first places where there are many.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from pipeline.task import Table
from pipeline.tasks.text_classification.records import TextRecord, shorten

FEW = 5  # examples of a label in train under which it is told of
ROWS = 20  # of a table
PLACES = 3  # file:line that are named for one finding
SHOWN = 60  # characters of a text
TRAIN = "train"
NO_LABEL = "no label"

Splits = Mapping[str, Sequence[TextRecord]]


def audit(splits: Splits) -> list[Table]:
    """Tables of what was found; those with nothing to tell are left out."""
    tables = (_repeated(splits), _quarrels(splits), _overlap(splits), _few(splits))
    return [table for table in tables if table.rows]


def _repeated(splits: Splits) -> Table:
    rows = [
        (len(same), shorten(same[0]["text"], SHOWN), split, _places(same))
        for split, records in splits.items()
        for same in _by_text(records).values()
        if len(same) > 1
    ]
    return _table("repeated texts", ("times", "text", "split", "where"), rows)


def _quarrels(splits: Splits) -> Table:
    """The same text with different labels, within a split or across."""
    rows = []
    everything = [record for records in splits.values() for record in records]
    for same in _by_text(everything).values():
        labelled: dict[str, list[TextRecord]] = defaultdict(list)
        for record in same:
            labelled[_labelling(record)].append(record)
        if len(labelled) > 1:
            said = "\n".join(f"{labels} {len(them)}" for labels, them in labelled.items())
            where = "\n".join(_places(them) for them in labelled.values())
            rows.append((len(same), shorten(same[0]["text"], SHOWN), said, where))
    columns = ("times", "text", "labelled", "where")
    return _table("the same text, labelled differently", columns, rows)


def _overlap(splits: Splits) -> Table:
    """Texts of other splits that stand in train, too: scores on them measure memory."""
    train, rows = _by_text(splits.get(TRAIN, ())), []
    for split, records in splits.items():
        both = [r for r in records if _key(r["text"]) in train] if split != TRAIN else []
        if both:
            twins = [train[_key(record["text"])] for record in both]
            alike = sum(
                _labelling(record) in map(_labelling, same)
                for record, same in zip(both, twins, strict=True)
            )
            pairs = (
                f"{_place(record)} = {_place(same[0])}"
                for record, same in zip(both[:PLACES], twins, strict=False)
            )
            rows.append((split, len(both), len(records), alike, "\n".join(pairs)))
    columns = ("split", "texts also in train", "of", "labelled alike", "where")
    return Table("test texts that stand in train, too", columns, rows)


def _few(splits: Splits) -> Table:
    """Labels with fewer than `FEW` examples in train, of which little can be learned."""
    counts, places = Counter[str](), dict[str, TextRecord]()
    for split, records in splits.items():
        for record in records:
            for label in record["labels"]:
                counts[label] += split == TRAIN
                places.setdefault(label, record)
    few = sorted((n, label) for label, n in counts.items() if n < FEW)
    rows = [(n, label, _place(places[label])) for n, label in few]
    title = f"labels with fewer than {FEW} examples in train"
    return Table(title, ("examples", "label", "first at"), rows)


def _labelling(record: TextRecord) -> str:
    return ", ".join(sorted(record["labels"])) or NO_LABEL


def _by_text(records: Sequence[TextRecord]) -> dict[str, list[TextRecord]]:
    by_text: dict[str, list[TextRecord]] = defaultdict(list)
    for record in records:
        by_text[_key(record["text"])].append(record)
    return by_text


def _key(text: str) -> str:
    """Texts with one key are one text: case and outer space aside."""
    return text.strip().casefold()


def _place(record: TextRecord) -> str:
    """`test.jsonl:7`; with the folder where each text has a file (`pos/1.txt`)."""
    path, _, line = record["source"].rpartition(":")
    if path.startswith("tfds:"):
        return f"{path}:{line}"
    *folders, name = path.split("/")
    in_folder = name.endswith(".txt") and line == "1" and record["labels"] == folders[-1:]
    return f"{folders[-1]}/{name}" if in_folder else f"{name}:{line}"


def _places(records: Sequence[TextRecord]) -> str:
    more = f" and {len(records) - PLACES} more" if len(records) > PLACES else ""
    return ", ".join(map(_place, records[:PLACES])) + more


def _table(title: str, columns: Sequence[str], found: Sequence[tuple[int | str, ...]]) -> Table:
    """The findings that count most; how many there are of all stands in the title."""
    rows = sorted(found, key=lambda row: -int(row[0]))
    shown = f", the {ROWS} most frequent" if len(rows) > ROWS else ""
    return Table(f"{title}: {len(rows)}{shown}", columns, rows[:ROWS])
