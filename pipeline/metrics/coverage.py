"""Coverage holes: source tokens that the decoder hardly looked at, and so may have left out.

The sum of a source token's attention over all target tokens is its coverage (Tu et al. 2016,
https://aclanthology.org/P16-1008/; Wu et al. 2016, equation 14, https://arxiv.org/abs/1609.08144).
Where each target token hands out 1 in all, a source token gets about the ratio of the lengths.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

LEAST = 0.2


def coverage_holes(attention: ArrayLike, least: float = LEAST) -> list[int]:
    """The places of the source tokens that got less than `least` attention in all.

    Args:
        attention: [target, source], weights of each target token over the source.
        least: The coverage from which on a token counts as seen.

    Raises:
        ValueError: `attention` is no matrix.
    """
    weights = np.asarray(attention, np.float64)
    if weights.ndim != 2:
        raise ValueError(
            f"attention must have the shape [target, source]; received {weights.shape}"
        )
    return [int(place) for place in np.flatnonzero(weights.sum(axis=0) < least)]
