"""95 % intervals of scores by the percentile bootstrap; paired comparison of two models.

Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13. The bootstrap resamples
examples, not spans or tokens, because the spans of one sentence are not independent. Two models are
compared on the same resamples (Koehn 2004, https://aclanthology.org/W04-3250/): a sentence that is
hard for one model is often hard for the other, so the interval of the difference is narrower than
separate intervals suggest.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

FloatArray: TypeAlias = NDArray[np.float64]
Score: TypeAlias = Callable[[FloatArray], FloatArray]
"""Maps sums of counts [..., k] to scores [...]."""

PERCENTILES = (2.5, 97.5)


@dataclass(frozen=True)
class Interval:
    """A score and the bounds of its 95 % interval, in the unit of the score."""

    value: float
    low: float
    high: float

    def as_dict(self) -> dict[str, float]:
        """Return the three numbers by name, for JSON reports."""
        return {"value": self.value, "low": self.low, "high": self.high}


@dataclass(frozen=True)
class Counts:
    """The counts of each example, `rows` [examples, k], and the score of their sums."""

    rows: NDArray[Any]
    score: Score

    def interval(self) -> Interval:
        """Compute the score of all examples with its interval."""
        return bootstrap(self.rows, self.score)


@dataclass(frozen=True)
class Difference:
    """The first model's score minus the second's, with its 95 % interval."""

    value: float
    low: float
    high: float

    @property
    def distinguishable(self) -> bool:
        """Whether the interval excludes 0; otherwise another test set may reverse the order."""
        return self.low > 0 or self.high < 0


def paired_bootstrap(
    first: Counts, second: Counts, *, resamples: int = 1000, seed: int = 0
) -> Difference:
    """Compare two models on the same examples: the first score minus the second.

    Args:
        first: counts of one model.
        second: counts of the other, for the same score and the same examples in the same order.
        resamples: number of resamples.
        seed: seed of the resampling.

    Raises:
        ValueError: the shapes differ, or as `bootstrap`.
    """
    if first.rows.shape != second.rows.shape:
        raise ValueError(
            "expected counts of the same examples; received counts of shapes"
            f" {first.rows.shape} and {second.rows.shape}"
        )
    width = first.rows.shape[-1]

    def difference(sums: FloatArray) -> FloatArray:
        return first.score(sums[..., :width]) - second.score(sums[..., width:])

    both = np.concatenate([first.rows, second.rows], axis=-1)
    interval = bootstrap(both, difference, resamples=resamples, seed=seed)
    return Difference(interval.value, interval.low, interval.high)


def bootstrap(
    counts: NDArray[Any], score: Score, *, resamples: int = 1000, seed: int = 0
) -> Interval:
    """Compute the score of the summed counts and its 95 % bootstrap interval.

    Args:
        counts: [examples, k], the counts of each example.
        score: maps sums [..., k] to scores [...]; called once with all resamples.
        resamples: number of resamples, each as large as the given set.
        seed: seed of the resampling; the same seed and counts give the same interval.

    Returns:
        The score of the column sums, and its 2.5 and 97.5 percentiles over the resamples.

    Raises:
        ValueError: ``counts`` is not a matrix or has no rows, or ``resamples`` is below 1.
    """
    rows = np.asarray(counts, dtype=np.float64)
    if rows.ndim != 2:
        raise ValueError(f"counts must have the shape [examples, k]; received {rows.shape}")
    if len(rows) == 0:
        raise ValueError("expected at least one row of counts; received none")
    if resamples < 1:
        raise ValueError(f"resamples must be at least 1; received {resamples}")
    sums = _resampled_sums(rows, resamples, np.random.default_rng(seed))
    low, high = np.percentile(score(sums), PERCENTILES)
    return Interval(float(score(rows.sum(axis=0))), float(low), float(high))


def _resampled_sums(rows: FloatArray, resamples: int, random: np.random.Generator) -> FloatArray:
    """Sum rows drawn with replacement, ``resamples`` times: [examples, k] -> [resamples, k].

    Each resample is drawn as row multiplicities, so memory holds one vector of weights only.
    Counting drawn indices is several times faster than a multinomial draw.
    """
    examples = len(rows)
    sums = np.empty((resamples, rows.shape[1]))
    for resample in range(resamples):
        drawn = random.integers(examples, size=examples)
        sums[resample] = np.bincount(drawn, minlength=examples) @ rows
    return sums
