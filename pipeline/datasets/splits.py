"""Splits without a file of their own, carved out of the training examples."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeVar

T = TypeVar("T")


def carve(
    examples: Callable[[], Iterable[T]],
    text_of: Callable[[T], str],
    shares: Mapping[str, float],
    seed: int,
) -> dict[str, Callable[[], Iterator[T]]]:
    """Divides examples into `train` and the splits named in `shares`, lazily.

    Where an example goes depends on its text (case and outer space aside) and the seed alone, so
    duplicates stay on one side, more data moves no old example, and nothing is held in memory.

    Args:
        examples: Gives a fresh pass over all examples.
        text_of: The text that two examples must not share across splits.
        shares: Split name to its share in (0, 1); the rest is `train`.
        seed: Another seed, another division.
    """

    def place(example: T) -> str:
        key = f"{seed}\0{text_of(example).strip().casefold()}"
        digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
        point = int.from_bytes(digest[:8]) / 2**64
        for name, share in shares.items():
            if point < share:
                return name
            point -= share
        return "train"

    def reader(name: str) -> Callable[[], Iterator[T]]:
        return lambda: (example for example in examples() if place(example) == name)

    return {name: reader(name) for name in ("train", *shares)}
