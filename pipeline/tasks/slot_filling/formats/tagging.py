"""Convert between spans of a text and one tag per token."""

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
    """Return the utterance of a text with one tag per word between spaces.

    Raises:
        DataError: The counts differ, a tag is not in the scheme, or the intent is empty.
    """
    tokens, tags = word_offsets(text), tag_line.split()
    if len(tags) != len(tokens):
        wrong = f"{len(tags)} tags for the {len(tokens)} words of {text!r}"
        raise DataError(path, number, wrong, "one tag per word")
    if not intent:
        raise DataError(path, number, "the intent is empty", "the intent's name")
    try:
        spans = spans_of(tags, tokens, scheme)
    except schemes.TagError as error:
        raise DataError(path, number, error.wrong, error.expected) from error
    return Utterance(text, intent, spans, tokens, source=f"{path}:{number}")


def spans_of(tags: Sequence[str], tokens: Tokens, scheme: str) -> tuple[Span, ...]:
    """Return spans in characters from one tag per token.

    Raises:
        schemes.TagError: A tag is not in the scheme.
    """
    spans = schemes.decode(tags, scheme)
    return tuple(Span(slot, tokens[i][0], tokens[j - 1][1]) for slot, i, j in spans)


def tags_of(utterance: Utterance, tokens: Tokens, scheme: str) -> list[str]:
    """Return one tag per token.

    Raises:
        RowError: Spans overlap, begin or end inside a token, or would be merged by the scheme.
    """
    if pair := overlaps(utterance.spans):
        raise utterance.error(
            "two spans overlap", "spans that do not overlap: a word has one tag", *pair
        )
    starts = {start: index for index, (start, _) in enumerate(tokens)}
    ends = {end: index for index, (_, end) in enumerate(tokens, start=1)}
    spans = []
    for span in sorted(utterance.spans, key=lambda span: span.start):
        if span.start not in starts or span.end not in ends:
            value = utterance.text[span.start : span.end]
            wrong = f"span {span.slot} {value!r} does not consist of whole words"
            raise utterance.error(wrong, "spans of whole words: a word has one tag", span)
        if any(c in " \t\n\r" for c in span.slot) or span.slot.split() != [span.slot]:
            wrong = f"the slot name {span.slot!r} contains whitespace"
            raise utterance.error(wrong, "a name without it: whitespace separates tags", span)
        spans.append((span.slot, starts[span.start], ends[span.end]))
    tags = schemes.encode(spans, len(tokens), scheme)
    if schemes.decode(tags, scheme) != spans:
        wrong = f"two spans of one slot touch, which {scheme} tags cannot represent"
        raise utterance.error(wrong, f"--tags {schemes.BIO}", *utterance.spans)
    return tags


def one_line(utterance: Utterance) -> str:
    """Return the text, for a format with one line per text.

    Raises:
        RowError: The text contains a line break.
    """
    if "\n" in utterance.text or utterance.text.endswith("\r"):
        raise utterance.error("a line break in the text", "a text of one line in this format")
    return utterance.text


def rows_of_words(
    utterances: Iterable[Utterance], scheme: str
) -> Iterable[tuple[Utterance, str, str]]:
    """Yield (utterance, text, tags joined by spaces) for formats that split words at spaces.

    Raises:
        RowError: The tokens are not the words between spaces, or there is no intent.
    """
    for utterance in utterances:
        text = one_line(utterance)
        tokens = word_offsets(text)
        if utterance.tokens not in ((), tokens):
            wrong = "its tokens are not the words between spaces"
            raise utterance.error(wrong, "such tokens, or the format conll, which allows any")
        if not utterance.intent.strip():
            raise utterance.error("it has no intent", "one: this format requires it in every row")
        yield utterance, text, " ".join(tags_of(utterance, tokens, scheme))
