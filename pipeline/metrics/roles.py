"""Role fidelity: whether a tagger finds in the translation what the source's gold spans say.

"从北京到上海" and "from Shanghai to Beijing" name the same cities and mean opposite journeys. A
tagger of the target language reads the translation; its spans are compared with the source's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from pipeline.metrics.intervals import Counts
from pipeline.metrics.spans import Span

Tag: TypeAlias = Callable[[Sequence[str]], Sequence[Iterable[Span]]]
"""Texts to the spans of each: (slot, start, end), in characters, end exclusive."""

Value: TypeAlias = tuple[str, str]
"""(slot, what stands in its span)."""


def role_fidelity(
    sources: Sequence[tuple[str, Iterable[Span]]],
    translations: Sequence[str],
    tag: Tag,
    roles: Collection[str],
    names: Mapping[str, Collection[str]] | None = None,
) -> Counts:
    """The share of translations in which the tagger finds the source's roles, all and no others.

    Args:
        sources: Text and gold spans of each source.
        translations: Of the sources, in the same order.
        tag: The tagger of the target language.
        roles: The slots that are compared, each as often as it occurs; other spans do not matter.
        names: A source value to its names in the target language, in any case: then a role is right
            only with its own value, except where the source value is not among them. Without it, a
            swap of two cities goes unseen.

    Returns:
        Rows (all roles right, 1) [sentences, 2], and their score in percent.

    Raises:
        ValueError: Sources, translations or what the tagger gives differ in number.
    """
    rows = []
    for (text, gold), translation, spans in zip(
        sources, translations, tag(translations), strict=True
    ):
        wanted, found = _values(text, gold, roles), _values(translation, spans, roles)
        right = Counter(slot for slot, _ in wanted) == Counter(slot for slot, _ in found)
        if names is not None:
            right = right and _all_named(wanted, found, names)
        rows.append((right, 1))
    return Counts(np.array(rows, np.int64).reshape(-1, 2), _share)


def _values(text: str, spans: Iterable[Span], roles: Collection[str]) -> list[Value]:
    return [(slot, text[start:end]) for slot, start, end in spans if slot in roles]


def _all_named(
    wanted: Sequence[Value], found: Sequence[Value], names: Mapping[str, Collection[str]]
) -> bool:
    """Whether each value is found under its slot by one of its names; each serves once."""
    left = [(slot, value.casefold()) for slot, value in found]
    for slot, value in wanted:
        known = {name.casefold() for name in names.get(value, ())}
        fitting = [
            each for each in left if each[0] == slot and (value not in names or each[1] in known)
        ]
        if not fitting:
            return False
        left.remove(fitting[0])
    return True


def _share(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    return 100.0 * sums[..., 0] / np.maximum(sums[..., 1], 1)
