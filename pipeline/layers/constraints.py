"""Which tag may follow which: what a tagging scheme allows, for a `CRF` layer.

Ratinov and Roth 2009, "Design challenges and misconceptions in named entity recognition".
Needs nothing of this project, so the file can be copied beside `crf.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple


class Constraints(NamedTuple):
    """What a scheme allows, as `CRF` takes it: `CRF(len(tags), *bio_constraints(tags))`."""

    allowed: list[list[int]]
    allowed_start: list[int]
    allowed_end: list[int]


def bio_constraints(tags: Sequence[str]) -> Constraints:
    """BIO: `I-x` only follows `B-x` or `I-x`."""

    def follows(before: str, after: str) -> bool:
        return not after.startswith("I-") or before[1:] == after[1:]

    return _constraints(tags, follows)


def bioes_constraints(tags: Sequence[str]) -> Constraints:
    """BIOES (also called BILOU, with L for E and U for S): a span of several tokens ends in `E-x`.

    `I-x` and `E-x` only follow `B-x` or `I-x`, and these two are followed by nothing else.
    """

    def follows(before: str, after: str) -> bool:
        opened, inside = before[0] in "BI", after[0] in "IEL"
        return opened == inside and (not inside or before[1:] == after[1:])

    return _constraints(tags, follows)


def _constraints(tags: Sequence[str], follows: Callable[[str, str], bool]) -> Constraints:
    """A sequence begins as after `O`, and ends as before it."""
    return Constraints(
        [[int(follows(before, after)) for after in tags] for before in tags],
        [int(follows("O", tag)) for tag in tags],
        [int(follows(tag, "O")) for tag in tags],
    )
