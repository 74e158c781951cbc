"""A score with its 95 % interval, by the percentile bootstrap over examples; two models compared.

Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13. Examples are resampled,
not spans or tokens: those of one sentence are right and wrong together. Two models are compared on
the same draws (Koehn 2004, https://aclanthology.org/W04-3250/): a sentence that is hard for one is
often hard for the other, so the interval of the difference is narrower than the two taken apart.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

FloatArray: TypeAlias = NDArray[np.float64]
Score: TypeAlias = Callable[[FloatArray], FloatArray]
"""Sums of counts [..., k] -> score [...]."""

PERCENTILES = (2.5, 97.5)


@dataclass(frozen=True)
class Interval:
    """A score and the two ends of its 95 % interval, all in the score's own unit."""

    value: float
    low: float
    high: float

    def as_dict(self) -> dict[str, float]:
        """Return the three numbers by name, as JSON reports carry them."""
        return {"value": self.value, "low": self.low, "high": self.high}


@dataclass(frozen=True)
class Counts:
    """What a score is computed from: `rows` [examples, k], what each example adds to the k sums."""

    rows: NDArray[Any]
    score: Score

    def interval(self) -> Interval:
        """The score of all examples with its interval."""
        return bootstrap(self.rows, self.score)


@dataclass(frozen=True)
class Difference:
    """How much better the first of two models is, with its 95 % interval, in the score's unit."""

    value: float
    low: float
    high: float

    @property
    def distinguishable(self) -> bool:
        """Whether the interval leaves out 0: else another test set might turn the order round."""
        return self.low > 0 or self.high < 0


def paired_bootstrap(
    first: Counts, second: Counts, *, resamples: int = 1000, seed: int = 0
) -> Difference:
    """Compare two models on the same examples: the first's score less the second's.

    Args:
        first: rows of one model.
        second: rows of the other, of the same examples in the same order, for the same score.
        resamples: number of redrawn sets.
        seed: seed of the draws.

    Raises:
        ValueError: the two differ in shape, or as `bootstrap` says.
    """
    if first.rows.shape != second.rows.shape:
        raise ValueError(
            "expected counts of the same examples; received the shapes"
            f" {first.rows.shape} and {second.rows.shape}"
        )
    width = first.rows.shape[-1]

    def difference(sums: FloatArray) -> FloatArray:
        return first.score(sums[..., :width]) - second.score(sums[..., width:])

    both = np.concatenate([first.rows, second.rows], axis=-1)
    found = bootstrap(both, difference, resamples=resamples, seed=seed)
    return Difference(found.value, found.low, found.high)


def bootstrap(
    counts: NDArray[Any], score: Score, *, resamples: int = 1000, seed: int = 0
) -> Interval:
    """Score the sums of the rows, and find how far that score moves when the rows are redrawn.

    Args:
        counts: [examples, k], what each example adds to the k sums that the score is made of.
        score: maps sums [..., k] to scores [...]; it sees all resamples in one call.
        resamples: number of redrawn sets, each as large as the given one.
        seed: seed of the draws; same seed and counts, same interval.

    Returns:
        The score of the column sums, and its 2.5 and 97.5 percentiles over the redrawn sets.

    Raises:
        ValueError: ``counts`` is not a matrix or holds no example, or ``resamples`` is below 1.
    """
    rows = np.asarray(counts, dtype=np.float64)
    if rows.ndim != 2:
        raise ValueError(f"counts must have the shape [examples, k]; received {rows.shape}")
    if len(rows) == 0:
        raise ValueError("there is no example to score; expected at least one row of counts")
    if resamples < 1:
        raise ValueError(f"resamples must be at least 1; received {resamples}")
    sums = _resampled_sums(rows, resamples, np.random.default_rng(seed))
    low, high = np.percentile(score(sums), PERCENTILES)
    return Interval(float(score(rows.sum(axis=0))), float(low), float(high))


def _resampled_sums(rows: FloatArray, resamples: int, random: np.random.Generator) -> FloatArray:
    """Sum ``resamples`` draws of the rows with replacement: [examples, k] -> [resamples, k].

    One draw at a time, as the number of times each row was drawn: memory stays at one row of
    weights, and counting drawn indices is several times faster than a multinomial draw.
    """
    examples = len(rows)
    sums = np.empty((resamples, rows.shape[1]))
    for resample in range(resamples):
        drawn = random.integers(examples, size=examples)
        sums[resample] = np.bincount(drawn, minlength=examples) @ rows
    return sums
