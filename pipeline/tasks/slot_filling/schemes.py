"""Tag schemes told apart, read and written: BIO, BIOES, BILOU, BMES, IO.

All say which tokens belong to a span; they differ in how a span's first, last and only token is
called. `BIO` is read as conlleval does (`pipeline.metrics.spans.chunks`), so that IOB1, where a
span may open with `I-`, is read too. The schemes with a letter for the last token are read
strictly, since they say where a span ends: one that does not end is an error.

Sources: BIO: Ramshaw and Marcus (1995), https://aclanthology.org/W95-0107/; BILOU: Ratinov and
Roth (2009), https://aclanthology.org/W09-1119/, whose L and U are called E and S in BIOES.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from pipeline.metrics.spans import OUTSIDE, Span, chunks


class Letters(NamedTuple):
    """What a scheme calls the tokens of a span: first, inside, last, only."""

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
    """A tag that the scheme does not allow where it stands.

    Args:
        index: The tag's place, from 0.
        wrong: What is wrong, with the tag.
        expected: What the scheme has there.
    """

    def __init__(self, index: int, wrong: str, expected: str) -> None:
        super().__init__(f"{wrong}; expected {expected}")
        self.index, self.wrong, self.expected = index, wrong, expected


def detect(sequences: Iterable[Sequence[str]]) -> str:
    """The scheme that the fewest of the tag sequences break; the first of `SCHEMES`, of equals.

    `IO` only where no tag says `B-`: whether two spans of a slot that touch are one is then unsaid.
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
    """The spans of one tag sequence, in the order they begin, in token indices, end exclusive.

    Raises:
        TagError: A tag is none of the scheme's, or a span neither begins nor ends as it should.
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
    slot, start = "", 0  # the open span; an empty slot says that none is open
    for index, tag in enumerate([*tags, OUTSIDE]):
        letter, _, tag_slot = tag.partition("-")
        goes_on = letter in (letters.inside, letters.last)
        if slot and not (goes_on and tag_slot == slot):
            wrong = f"tag {index - 1} is {tags[index - 1]!r} where its span ends"
            raise TagError(index - 1, wrong, f"{letters.last}-{slot} or {letters.only}-{slot}")
        if goes_on and not slot:
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
    """The tags of `length` tokens from spans that do not overlap: the inverse of `decode`.

    In `IO` two spans of one slot that touch become one; whoever writes that must refuse it.
    """
    letters, tags = SCHEMES[scheme], [OUTSIDE] * length
    for slot, start, end in spans:
        inner = end - start - 2
        run = [letters.first, *[letters.inside] * inner, letters.last]
        tags[start:end] = [f"{letter}-{slot}" for letter in (run if inner >= 0 else [letters.only])]
    return tags
