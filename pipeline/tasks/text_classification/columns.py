"""Which columns of a user's table hold texts and which the labels: by name, else by content."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from statistics import fmean
from typing import Any, NamedTuple

TEXT_NAMES = (
    *("text", "sentence", "utterance", "query", "question", "review", "comment", "tweet"),
    *("message", "content", "body", "document", "description", "headline", "title"),
    *("文本", "句子", "问题", "评论", "正文", "内容", "标题"),
)
LABEL_NAMES = (
    *("label", "labels", "class", "category", "categories", "intent", "intents", "sentiment"),
    *("topic", "topics", "target", "tags", "genre", "genres", "polarity", "stars", "rating"),
    *("标签", "类别", "分类", "意图", "情感", "主题"),
)
SEVERAL = ("labels", "categories", "intents", "topics", "tags", "genres")  # names of many labels
MARKS = "|;,"  # that part labels
LONG = 12  # characters that a text has on average; ids and dates have fewer

Row = Mapping[str, Any]


class Found(NamedTuple):
    """The columns of a table."""

    text: tuple[str, ...]
    label: str


def by_known(names: Sequence[str], known: Mapping[str, Any]) -> Found | None:
    """The columns that are known from elsewhere, as in `data.columns`; None if one is not there."""
    if not known:
        return None
    found = Found(tuple(known["text"]), known["label"])
    return found if {*found.text, found.label} <= {*names} else None


def by_name(names: Sequence[str]) -> Found | None:
    """The columns that have usual names; None if not both have."""
    text, label = _named(names, TEXT_NAMES), _named(names, LABEL_NAMES)
    return Found((text,), label) if text and label else None


def by_content(names: Sequence[str], rows: Sequence[Row]) -> Found | None:
    """The labels where the fewest different values are, the texts in all columns of long strings.

    A usual name counts for more than what the column holds. Columns with one value alone, such as
    a language's, hold no labels.
    """
    values = {name: [row.get(name) for row in rows] for name in names}
    kinds = {name: len(set(map(str, column))) for name, column in values.items()}
    lengths = {name: fmean([len(str(v)) for v in column] or [0]) for name, column in values.items()}
    text, label = _named(names, TEXT_NAMES), _named(names, LABEL_NAMES)
    if not label:
        free = [n for n in names if n != text and kinds[n] > 1 and all(map(_label, values[n]))]
        label = min(free, key=lambda name: (kinds[name], lengths[name]), default="")
    free = [n for n in names if n != label and all(isinstance(v, str) for v in values[n])]
    if not label or not (text or free):
        return None
    if text:
        return Found((text,), label)
    longest = max(free, key=lambda name: lengths[name])
    long = [n for n in free if lengths[n] >= LONG and kinds[n] > kinds[label] and _wordy(values[n])]
    texts = tuple(name for name in names if name == longest or name in long)
    return Found(texts, label) if lengths[longest] > lengths[label] else None


def has_header(rows: Sequence[Sequence[str]], known: Mapping[str, Any]) -> bool:
    """Whether the first row names the columns.

    It does if the known names or the usual ones stand there, or if the cell over the labels, found
    by content, is no label of any further row, while these repeat.
    """
    first, rest = rows[0], rows[1:]
    if by_known(first, known) or by_name(first):
        return True
    places = [str(place) for place in range(len(first))]
    found = by_content(places, [dict(zip(places, row, strict=False)) for row in rest])
    if found is None or len(set(first)) < len(first):
        return False
    place = int(found.label)
    labels = [row[place] for row in rest if len(row) > place]
    repeated = len(set(labels)) < len(labels) or _named(first, (*TEXT_NAMES, *LABEL_NAMES)) != ""
    return first[place] not in labels and not first[place].isdigit() and repeated


def separator_in(name: str, cells: Collection[str]) -> str:
    """What parts several labels in the cells of a column; empty if each cell is one label."""
    if name.lower() not in SEVERAL:
        return ""
    for mark in MARKS:
        holding = [cell for cell in cells if mark in cell]
        for separator in (f" {mark} ", f"{mark} ", mark) if holding else ():
            if all(cell.count(separator) == cell.count(mark) for cell in holding):
                return separator
    return MARKS[-1] if "" in cells else ""


def _named(names: Sequence[str], usual: Sequence[str]) -> str:
    found = [name for word in usual for name in names if name.strip().lower() == word]
    return found[0] if found else ""


def _label(value: Any) -> bool:
    items = value if isinstance(value, list) else [value]
    return all(isinstance(item, str | int) for item in items)


def _wordy(values: Sequence[Any]) -> bool:
    return sum(any(c.isalpha() for c in value) for value in values) > len(values) / 2
