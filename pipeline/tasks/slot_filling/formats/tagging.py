"""Tags laid over a text's tokens, and taken off them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from pipeline.errors import DataError
from pipeline.tasks.slot_filling import schemes
from pipeline.tasks.slot_filling.records import Span, Utterance, overlaps, word_offsets

Tokens = tuple[tuple[int, int], ...]


def tagged(
    path: Path, number: int, text: str, tag_line: str, intent: str, scheme: str = schemes.BIO
) -> Utterance:
    """An utterance from a text and as many tags as it has words between spaces.

    Raises:
        DataError: Counts differ, a tag is not the scheme's, or the intent is empty.
    """
    tokens, tags = word_offsets(text), tag_line.split()
    if len(tags) != len(tokens):
        wrong = f"{len(tags)} tags for the {len(tokens)} words of {text!r}"
        raise DataError(path, number, wrong, "one tag a word")
    if not intent:
        raise DataError(path, number, "the intent is empty", "the intent's name")
    try:
        spans = spans_of(tags, tokens, scheme)
    except schemes.TagError as error:
        raise DataError(path, number, error.wrong, error.expected) from error
    return Utterance(text, intent, spans, tokens, source=f"{path}:{number}")


def spans_of(tags: Sequence[str], tokens: Tokens, scheme: str) -> tuple[Span, ...]:
    """Spans in characters from one tag a token.

    Raises:
        schemes.TagError: A tag is not one of the scheme's.
    """
    found = schemes.decode(tags, scheme)
    return tuple(Span(slot, tokens[i][0], tokens[j - 1][1]) for slot, i, j in found)


def tags_of(utterance: Utterance, tokens: Tokens, scheme: str) -> list[str]:
    """One tag a token.

    Raises:
        RowError: Spans overlap, one begins or ends inside a token, or the scheme joins two.
    """
    if pair := overlaps(utterance.spans):
        raise utterance.error("two spans overlap", "spans apart: a word has one tag", *pair)
    starts = {start: index for index, (start, _) in enumerate(tokens)}
    ends = {end: index for index, (_, end) in enumerate(tokens, start=1)}
    spans = []
    for span in sorted(utterance.spans, key=lambda span: span.start):
        if span.start not in starts or span.end not in ends:
            value = utterance.text[span.start : span.end]
            wrong = f"span {span.slot} {value!r} is not made up of whole words"
            raise utterance.error(wrong, "spans of whole words: a word has one tag", span)
        if any(c in " \t\n\r" for c in span.slot) or span.slot.split() != [span.slot]:
            wrong = f"the slot's name {span.slot!r} holds white space"
            raise utterance.error(wrong, "a name without it: tags are told apart by it", span)
        spans.append((span.slot, starts[span.start], ends[span.end]))
    tags = schemes.encode(spans, len(tokens), scheme)
    if schemes.decode(tags, scheme) != spans:
        wrong = f"two spans of one slot touch, which {scheme} tags cannot tell"
        raise utterance.error(wrong, f"--tags {schemes.BIO}", *utterance.spans)
    return tags


def one_line(utterance: Utterance) -> str:
    """The text, for a format with a line a text.

    Raises:
        RowError: It holds a line break.
    """
    if "\n" in utterance.text or utterance.text.endswith("\r"):
        raise utterance.error("a line break in the text", "a text of one line in this format")
    return utterance.text


def rows_of_words(
    utterances: Iterable[Utterance], scheme: str
) -> Iterable[tuple[Utterance, str, str]]:
    """(utterance, its text, its tags between spaces), for formats whose words stand between spaces.

    Raises:
        RowError: The text has no such words, or the utterance states no intent.
    """
    for utterance in utterances:
        text = one_line(utterance)
        tokens = word_offsets(text)
        if utterance.tokens not in ((), tokens):
            wrong = "its tokens are not the words between spaces"
            raise utterance.error(wrong, "such words, or the format conll, which has any tokens")
        if not utterance.intent.strip():
            raise utterance.error("it has no intent", "one: this format states it in every row")
        yield utterance, text, " ".join(tags_of(utterance, tokens, scheme))
