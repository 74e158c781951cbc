"""Coverage holes: source tokens that received little attention and may be untranslated.

The coverage of a source token is its attention summed over all target tokens (Tu et al. 2016,
https://aclanthology.org/P16-1008/; Wu et al. 2016, equation 14, https://arxiv.org/abs/1609.08144).
The weights of each target token sum to 1, so the mean coverage is target_length / source_length.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

MIN_COVERAGE = 0.2


def coverage_holes(attention: ArrayLike, min_coverage: float = MIN_COVERAGE) -> list[int]:
    """Return the indices of the source tokens whose coverage is below `min_coverage`.

    Args:
        attention: [target_length, source_length], weights of each target token over the source.
        min_coverage: The lowest coverage at which a token counts as covered.

    Raises:
        ValueError: `attention` is not a matrix.
    """
    weights = np.asarray(attention, np.float64)
    if weights.ndim != 2:
        raise ValueError(
            "attention must have the shape [target_length, source_length]; received"
            f" {weights.shape}"
        )
    return [int(index) for index in np.flatnonzero(weights.sum(axis=0) < min_coverage)]
