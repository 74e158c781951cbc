"""Find the columns of texts and labels in a user's table: by name, otherwise by content."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from statistics import fmean
from typing import Any, NamedTuple

from pipeline.userfiles.columns import Row, usual_column

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
SEVERAL = (
    "labels",
    "categories",
    "intents",
    "topics",
    "tags",
    "genres",
)  # names of columns with several labels in a cell
MARKS = "|;,"  # that may separate labels
MIN_TEXT_LENGTH = 12  # mean number of characters of texts; ids and dates have fewer


class TextColumns(NamedTuple):
    """The columns of texts and labels in a table."""

    text: tuple[str, ...]
    label: str


def by_known(names: Sequence[str], known: Mapping[str, Any]) -> TextColumns | None:
    """Return the known columns, as in `data.columns`; None if the table lacks one."""
    if not known:
        return None
    found = TextColumns(tuple(known["text"]), known["label"])
    return found if {*found.text, found.label} <= {*names} else None


def by_name(names: Sequence[str]) -> TextColumns | None:
    """Return the columns with usual names; None if the table lacks one."""
    text, label = usual_column(names, TEXT_NAMES), usual_column(names, LABEL_NAMES)
    return TextColumns((text,), label) if text and label else None


def by_content(names: Sequence[str], rows: Sequence[Row]) -> TextColumns | None:
    """Return the column with the fewest different values as labels, those of long strings as texts.

    A column with a usual name is preferred. Columns with only one value, such as a language, hold
    no labels.
    """
    values = {name: [row.get(name) for row in rows] for name in names}
    kinds = {name: len(set(map(str, column))) for name, column in values.items()}
    lengths = {name: fmean([len(str(v)) for v in column] or [0]) for name, column in values.items()}
    text, label = usual_column(names, TEXT_NAMES), usual_column(names, LABEL_NAMES)
    if not label:
        free = [n for n in names if n != text and kinds[n] > 1 and all(map(_is_label, values[n]))]
        label = min(free, key=lambda name: (kinds[name], lengths[name]), default="")
    free = [n for n in names if n != label and all(isinstance(v, str) for v in values[n])]
    if not label or not (text or free):
        return None
    if text:
        return TextColumns((text,), label)
    longest = max(free, key=lambda name: lengths[name])
    long = [
        n
        for n in free
        if lengths[n] >= MIN_TEXT_LENGTH and kinds[n] > kinds[label] and _has_letters(values[n])
    ]
    texts = tuple(name for name in names if name == longest or name in long)
    return TextColumns(texts, label) if lengths[longest] > lengths[label] else None


def has_header(rows: Sequence[Sequence[str]], known: Mapping[str, Any]) -> bool:
    """Tell whether the first row names the columns.

    It does if it holds the known or usual names. It also does if its cell above the labels, found
    by content, is the label of no other row, while the other labels repeat.
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
    repeated = (
        len(set(labels)) < len(labels) or usual_column(first, (*TEXT_NAMES, *LABEL_NAMES)) != ""
    )
    return first[place] not in labels and not first[place].isdigit() and repeated


def separator_in(name: str, cells: Collection[str]) -> str:
    """Return the separator of several labels in the cells of a column; empty if there is none."""
    if name.lower() not in SEVERAL:
        return ""
    for mark in MARKS:
        holding = [cell for cell in cells if mark in cell]
        for separator in (f" {mark} ", f"{mark} ", mark) if holding else ():
            if all(cell.count(separator) == cell.count(mark) for cell in holding):
                return separator
    return MARKS[-1] if "" in cells else ""


def _is_label(value: Any) -> bool:
    items = value if isinstance(value, list) else [value]
    return all(isinstance(item, str | int) for item in items)


def _has_letters(values: Sequence[Any]) -> bool:
    return sum(any(c.isalpha() for c in value) for value in values) > len(values) / 2
