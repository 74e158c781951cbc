"""Role fidelity: whether the translation keeps the roles of the source's gold spans.

"从北京到上海" and "from Shanghai to Beijing" name the same cities and mean opposite journeys. A
tagger for the target language tags the translation; its spans are compared with the source's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from pipeline.metrics.intervals import Counts
from pipeline.metrics.spans import Span

Tagger: TypeAlias = Callable[[Sequence[str]], Sequence[Iterable[Span]]]
"""Maps texts to the spans of each text: (slot, start, end) in characters, end exclusive."""

Value: TypeAlias = tuple[str, str]
"""(slot, text of the span)."""


def role_fidelity(
    sources: Sequence[tuple[str, Iterable[Span]]],
    translations: Sequence[str],
    tag: Tagger,
    roles: Collection[str],
    names: Mapping[str, Collection[str]] | None = None,
) -> Counts:
    """Compute the percentage of translations in which the tagger finds exactly the source's roles.

    Args:
        sources: The text and the gold spans of each source.
        translations: The translation of each source, in the same order.
        tag: The tagger for the target language.
        roles: The slots to compare, with their number of occurrences; other slots are ignored.
        names: Maps a source value to its names in the target language, in any case. If given, a
            role is correct only with one of the names of its value; values that are not in `names`
            may have any. Without `names`, a swap of two cities is not detected.

    Returns:
        Rows (all roles correct, 1) [sentences, 2], and their score in percent.

    Raises:
        ValueError: The numbers of sources, translations and tagger results differ.
    """
    rows = []
    for (text, gold), translation, spans in zip(
        sources, translations, tag(translations), strict=True
    ):
        expected, predicted = _values(text, gold, roles), _values(translation, spans, roles)
        correct = Counter(slot for slot, _ in expected) == Counter(slot for slot, _ in predicted)
        if names is not None:
            correct = correct and _all_named(expected, predicted, names)
        rows.append((correct, 1))
    return Counts(np.array(rows, np.int64).reshape(-1, 2), _share)


def _values(text: str, spans: Iterable[Span], roles: Collection[str]) -> list[Value]:
    return [(slot, text[start:end]) for slot, start, end in spans if slot in roles]


def _all_named(
    expected: Sequence[Value], predicted: Sequence[Value], names: Mapping[str, Collection[str]]
) -> bool:
    """Return whether each expected value has a predicted one of its slot with one of its names.

    Each predicted value is matched at most once.
    """
    unmatched = [(slot, value.casefold()) for slot, value in predicted]
    for slot, value in expected:
        accepted = {name.casefold() for name in names.get(value, ())}
        candidates = [
            each
            for each in unmatched
            if each[0] == slot and (value not in names or each[1] in accepted)
        ]
        if not candidates:
            return False
        unmatched.remove(candidates[0])
    return True


def _share(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    return 100.0 * sums[..., 0] / np.maximum(sums[..., 1], 1)
