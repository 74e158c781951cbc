"""Report what is odd about well-formed examples: repeats, contradictions, overlaps, rare labels.

Every table names file and line, of the first places if there are many.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, TypeVar

from pipeline.datasets.splits import text_key
from pipeline.task import Table
from pipeline.userfiles.explain import shorten

MIN_EXAMPLES = 5  # of a label in train; rarer labels are reported
MAX_ROWS = 20  # of a table
MAX_PLACES = 3  # file:line that are named for one finding
MAX_CHARACTERS = 60  # of a text in a table
TRAIN = "train"
T = TypeVar("T")


class Annotated(NamedTuple):
    """An example as the audits see it.

    Attributes:
        text: The text.
        annotation: The whole annotation for a person; equal if two examples are annotated alike.
        labels: Kind of label, such as "slot ", to the labels that train should have often.
        place: "file:line", see `place_of`.
    """

    text: str
    annotation: str
    labels: Mapping[str, Sequence[str]]
    place: str


Splits = Mapping[str, Sequence[Annotated]]


def grouped(items: Iterable[T], key: Callable[[T], str]) -> dict[str, list[T]]:
    """Return the items by key, in order."""
    groups: dict[str, list[T]] = defaultdict(list)
    for item in items:
        groups[key(item)].append(item)
    return groups


def place_of(source: str, folder: bool = False) -> str:
    """Return `test.jsonl:7` for `data/test.jsonl:7`, with `folder` also the folder's name."""
    path, _, line = source.rpartition(":")
    if path.startswith("tfds:"):
        return source
    return f"{'/'.join(path.split('/')[-2 if folder else -1 :])}:{line}"


def listed(places: Sequence[str]) -> str:
    """Return the first places, and how many more there are."""
    more = f" and {len(places) - MAX_PLACES} more" if len(places) > MAX_PLACES else ""
    return ", ".join(places[:MAX_PLACES]) + more


def largest_first(
    title: str, columns: Sequence[str], rows: Iterable[tuple[int | float | str, ...]]
) -> Table:
    """Return a table of the rows with the largest first values; the title counts all rows."""
    ranked = sorted(rows, key=lambda row: -float(row[0]))
    cut = f", the first {MAX_ROWS}" if len(ranked) > MAX_ROWS else ""
    return Table(f"{title}: {len(ranked)}{cut}", columns, ranked[:MAX_ROWS])


def repeated_texts(splits: Splits) -> Table:
    """Return the texts that occur several times in a split."""
    rows = [
        (len(same), _short(same[0].text), split, listed([each.place for each in same]))
        for split, examples in splits.items()
        for same in _by_text(examples).values()
        if len(same) > 1
    ]
    return largest_first("repeated texts", ("times", "text", "split", "where"), rows)


def contradictions(splits: Splits) -> list[dict[str, list[Annotated]]]:
    """Return the texts that are annotated differently, within a split or across splits.

    Returns:
        For each such text its annotations, and the examples of each.
    """
    everything = [example for examples in splits.values() for example in examples]
    groups = (grouped(same, _annotation) for same in _by_text(everything).values())
    return [group for group in groups if len(group) > 1]


def overlap(splits: Splits) -> Table:
    """Return how many texts of other splits are also in train; scores on them measure memory."""
    train, rows = _by_text(splits.get(TRAIN, ())), []
    for split, examples in splits.items():
        known = [e for e in examples if text_key(e.text) in train] if split != TRAIN else []
        if known:
            twins = [train[text_key(example.text)] for example in known]
            alike = sum(
                example.annotation in map(_annotation, same)
                for example, same in zip(known, twins, strict=True)
            )
            pairs = zip(known[:MAX_PLACES], twins, strict=False)
            where = "\n".join(f"{example.place} = {same[0].place}" for example, same in pairs)
            rows.append((split, len(known), len(examples), alike, where))
    columns = ("split", "texts also in train", "of", "labelled alike", "where")
    return Table("test texts that are also in train", columns, rows)


def rare_labels(splits: Splits) -> Table:
    """Return the labels with fewer than `MIN_EXAMPLES` examples in train, rarest first."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    places: dict[tuple[str, str], str] = {}
    for split, examples in splits.items():
        for example in examples:
            for kind, labels in example.labels.items():
                for label in labels:
                    counts[kind][label] += split == TRAIN
                    places.setdefault((kind, label), example.place)
    rows = [
        (count, f"{kind}{label}", places[kind, label])
        for kind, counted in counts.items()
        for count, label in sorted((n, label) for label, n in counted.items())
        if count < MIN_EXAMPLES
    ]
    title = f"labels with fewer than {MIN_EXAMPLES} examples in train"
    return Table(title, ("examples", "label", "first at"), rows)


def _by_text(examples: Iterable[Annotated]) -> dict[str, list[Annotated]]:
    return grouped(examples, lambda example: text_key(example.text))


def _annotation(example: Annotated) -> str:
    return example.annotation


def _short(text: str) -> str:
    return shorten(text, MAX_CHARACTERS)
