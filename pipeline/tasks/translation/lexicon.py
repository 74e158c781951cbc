"""IBM Model 1: the target pieces that a source piece may become, for the shortlist of a search.

Brown et al. 1993, "The mathematics of statistical machine translation", section 4.1: each target
piece of a pair comes from one of its source pieces or from none, in any order; expectation
maximisation finds t(target | source). Jean et al. 2015, section 3.3, restrict vocabularies with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

ROUNDS = 5
NONE = 0  # the source of a target piece without one


def shortlists(pairs: Sequence[tuple[Any, Any]], sources: int, targets: int, size: int) -> Any:
    """Return the most likely target pieces of each source piece, int32 [sources, size], or -1.

    Args:
        pairs: Ids of sources and targets, int [source] and [target].
        sources: The number of source pieces.
        targets: The number of target pieces.
        size: The number of target pieces for each source piece.
    """
    source, target, place = _links(pairs)
    if not len(source):
        return np.full((sources, size), -1, np.int32)
    keys, link = np.unique(source.astype(np.int64) * targets + target, return_inverse=True)
    chances = _expected(link, place, keys // targets)
    order = np.lexsort((keys, -chances, keys // targets))
    owner = (keys // targets)[order]
    rank = np.arange(len(owner)) - np.searchsorted(owner, owner)
    kept = rank < size
    found = np.full((sources, size), -1, np.int32)
    found[owner[kept], rank[kept]] = (keys % targets)[order][kept]
    return found


def commonest(pairs: Sequence[tuple[Any, Any]], targets: int, size: int) -> Any:
    """Return the most frequent target pieces, int32 [at most size]."""
    counts = np.bincount(np.concatenate([target for _, target in pairs]), minlength=targets)
    order = np.lexsort((np.arange(targets), -counts))[:size]
    return order[counts[order] > 0].astype(np.int32)


def _links(pairs: Sequence[tuple[Any, Any]]) -> tuple[Any, Any, Any]:
    """Link each source piece, and none, with each target piece of its pair."""
    sources, targets, places, passed = [], [], [], 0
    for source, target in pairs:
        whole = np.concatenate([[NONE], source])
        sources.append(np.tile(whole, len(target)))
        targets.append(np.repeat(target, len(whole)))
        places.append(np.repeat(np.arange(passed, passed + len(target)), len(whole)))
        passed += len(target)
    nothing = np.zeros(0, np.int64)
    source, target, place = (
        np.concatenate(each or [nothing]) for each in (sources, targets, places)
    )
    return source, target, place


def _expected(link: Any, place: Any, source_of: Any) -> Any:
    """Return t(target | source) of each distinct link, after `ROUNDS` rounds."""
    chances = np.ones(len(source_of))
    for _ in range(ROUNDS):
        weight = chances[link]
        share = weight / np.bincount(place, weight)[place]
        counts = np.bincount(link, share, minlength=len(chances))
        chances = counts / np.bincount(source_of, counts)[source_of]
    return chances
