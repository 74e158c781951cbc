"""Detect, decode and encode tag schemes: BIO, BIOES, BILOU, BMES, IO.

The schemes differ in the letter for the first, last and only token of a span. `BIO` is decoded as
conlleval does (`pipeline.metrics.spans.chunks`), which also covers IOB1, where a span may begin
with `I-`. Schemes that mark the last token are decoded strictly: a span without an end is an error.

Sources: BIO: Ramshaw and Marcus (1995), https://aclanthology.org/W95-0107/; BILOU: Ratinov and
Roth (2009), https://aclanthology.org/W09-1119/, whose L and U are called E and S in BIOES.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from pipeline.metrics.spans import OUTSIDE, Span, chunks


class Letters(NamedTuple):
    """The letters of a scheme for the first, inside, last and only token of a span."""

    first: str
    inside: str
    last: str
    only: str


BIO, IO = "BIO", "IO"
SCHEMES = {
    BIO: Letters("B", "I", "I", "B"),
    "BIOES": Letters("B", "I", "E", "S"),
    "BILOU": Letters("B", "I", "L", "U"),
    "BMES": Letters("B", "M", "E", "S"),
    IO: Letters("I", "I", "I", "I"),
}


class TagError(ValueError):
    """A tag that the scheme does not allow at its position.

    Args:
        index: The position of the tag, from 0.
        wrong: What is wrong, with the tag.
        expected: What the scheme allows at this position.
    """

    def __init__(self, index: int, wrong: str, expected: str) -> None:
        super().__init__(f"{wrong}; expected {expected}")
        self.index, self.wrong, self.expected = index, wrong, expected


def detect(sequences: Iterable[Sequence[str]]) -> str:
    """Return the scheme that the fewest tag sequences violate; on ties the first of `SCHEMES`.

    The result is `IO` only if all tags of spans begin with `I-`. `IO` cannot separate adjacent
    spans of the same slot.
    """
    letters: set[str] = set()
    broken = dict.fromkeys(SCHEMES, 0)
    for tags in sequences:
        here = {tag[0] for tag in tags if tag[1:2] == "-"}
        letters |= here
        for scheme in broken if here else ():
            try:
                decode(tags, scheme)
            except TagError:
                broken[scheme] += 1
    if letters == {"I"}:
        return IO
    del broken[IO]
    return min(broken, key=lambda scheme: broken[scheme])


def decode(tags: Sequence[str], scheme: str = BIO) -> list[Span]:
    """Return the spans of a tag sequence in order of their start: token indices, end exclusive.

    Raises:
        TagError: A tag is not in the scheme, or a span has no valid first or last tag.
    """
    letters = SCHEMES["BIO" if scheme == IO else scheme]
    allowed = sorted(set(letters), key=lambda letter: (list(letters).index(letter), letter))
    expected = f"O, {', '.join(f'{x}-slot' for x in allowed[:-1])} or {allowed[-1]}-slot"
    for index, tag in enumerate(tags):
        if tag != OUTSIDE and not (tag[:1] in allowed and tag[1:2] == "-" and tag[2:]):
            raise TagError(index, f"tag {index} is {tag!r}", expected)
    return chunks(tags) if letters.last == letters.inside else _strict(tags, letters)


def _strict(tags: Sequence[str], letters: Letters) -> list[Span]:
    spans: list[Span] = []
    slot, start = "", 0  # the open span; an empty slot means that none is open
    for index, tag in enumerate([*tags, OUTSIDE]):
        letter, _, tag_slot = tag.partition("-")
        continues = letter in (letters.inside, letters.last)
        if slot and not (continues and tag_slot == slot):
            wrong = f"tag {index - 1} is {tags[index - 1]!r} where its span ends"
            raise TagError(index - 1, wrong, f"{letters.last}-{slot} or {letters.only}-{slot}")
        if continues and not slot:
            wrong = f"tag {index} is {tag!r} where its span begins"
            wanted = f"{letters.first}-{tag_slot} or {letters.only}-{tag_slot}"
            raise TagError(index, wrong, wanted)
        if letter in (letters.first, letters.only) and tag_slot:
            slot, start = tag_slot, index
        if letter in (letters.last, letters.only) and slot:
            spans.append((slot, start, index + 1))
            slot = ""
    return spans


def encode(spans: Iterable[Span], length: int, scheme: str = BIO) -> list[str]:
    """Return the tags of `length` tokens for spans that do not overlap: the inverse of `decode`.

    `IO` merges adjacent spans of the same slot; callers must check for them.
    """
    letters, tags = SCHEMES[scheme], [OUTSIDE] * length
    for slot, start, end in spans:
        inner = end - start - 2
        run = [letters.first, *[letters.inside] * inner, letters.last]
        tags[start:end] = [f"{letter}-{slot}" for letter in (run if inner >= 0 else [letters.only])]
    return tags
