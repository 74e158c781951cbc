r"""CoNLL columns: one word per line, its tag in the last column, a blank line between utterances.

    # intent = book
    # text = to Oslo, now
    to      O
    Oslo    B-city
    ,       O
    now     O

The intent is in such a comment (`=` or `:`), or alone on the first or last line of a block. Without
`# text`, the words are joined by single spaces. This project adds two comments: `# tokens` (a JSON
list of [start, end] if the words do not determine their positions, or `none` if the utterance has
no tokens) and `# parts` (a JSON list). Other comments and `-DOCSTART-` are ignored.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.datasets.lines import OnError, read_lines, stop
from pipeline.errors import DataError
from pipeline.tasks.slot_filling import schemes
from pipeline.tasks.slot_filling.formats.objects import parts_of, tokens_of
from pipeline.tasks.slot_filling.formats.tagging import Tokens, one_line, spans_of, tags_of
from pipeline.tasks.slot_filling.records import Utterance
from pipeline.tasks.slot_filling.records import word_offsets as between_spaces
from pipeline.tasks.slot_filling.settings import ColumnSettings

NOTE = re.compile(r"# +(intent|text|tokens|parts) *[=:] ?(.*)", re.DOTALL)
TAG = re.compile(r"O|[BIESLUM]-[^ \t]+")
DOCSTART = "-DOCSTART-"
MADE_UP = "none"  # value of `# tokens` if the utterance has none; words were split to have rows
# How to split a text without tokens: at spaces, and around each Han and Kana character.
PIECE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^ \t\u3040-\u30ff\u3400-\u9fff]+")


@dataclass
class Block:
    """The lines of one utterance: comments by key, and rows as (line number, columns)."""

    line: int
    notes: dict[str, str] = field(default_factory=dict)
    rows: list[tuple[int, list[str]]] = field(default_factory=list)


def read(path: Path, columns: ColumnSettings, on_error: OnError = stop) -> Iterator[Utterance]:
    """Yield an utterance per block; its line is that of its first word.

    The first column is ignored if it numbers the words from 1 in every block.
    """
    del columns  # the word is in the first column, the tag in the last
    all_blocks = list(blocks(path, on_error))
    scheme = schemes.detect([row[-1] for _, row in block.rows] for block in all_blocks)
    numbered = all(_is_numbered(block) for block in all_blocks)
    for block in all_blocks:
        try:
            yield _utterance(path, block, scheme, 1 if numbered else 0)
        except DataError as error:
            on_error(error)


def blocks(path: Path, on_error: OnError = stop) -> Iterator[Block]:
    """Yield the blocks of a file; an intent on a line of its own is moved to the notes.

    A block that contains a line that is not UTF-8 is not yielded.
    """
    errors: list[DataError] = []
    block, reported = Block(0), 0
    for number, line in read_lines(path, errors.append):
        if line.strip(" \t"):
            _add_line(block, number, line)
            continue
        if len(errors) == reported:
            yield from _finished(path, block, on_error)
        reported = _report(errors, reported, on_error)
        block = Block(0)
    if len(errors) == reported:
        yield from _finished(path, block, on_error)
    _report(errors, reported, on_error)


def _report(errors: Sequence[DataError], reported: int, on_error: OnError) -> int:
    """Pass the errors not reported yet to `on_error`; return the number of reported ones."""
    for error in errors[reported:]:
        on_error(error)
    return len(errors)


def _add_line(block: Block, number: int, line: str) -> None:
    cells = [cell.strip(" ") for cell in line.split("\t" if "\t" in line else " ")]
    cells = [cell for cell in cells if cell]
    note = NOTE.fullmatch(line)
    if note:
        block.notes[note[1]] = note[2]
    elif line.startswith("#") and not (len(cells) > 1 and TAG.fullmatch(cells[-1])):
        return  # an unrelated comment
    elif cells[0] != DOCSTART:
        block.rows.append((number, cells))
    block.line = block.line or number


def _finished(path: Path, block: Block, on_error: OnError) -> Iterator[Block]:
    """Yield the block if it is an utterance whose rows all have the same number of columns."""
    rows = block.rows
    for place in (0, -1):
        if len(rows) > 1 and len(rows[place][1]) == 1 and "intent" not in block.notes:
            block.notes["intent"] = rows.pop(place)[1][0]
    sizes = [len(cells) for _, cells in rows]
    for (number, cells), size in zip(rows, sizes, strict=True):
        if size < 2:
            wrong = f"only one column, {cells[0]!r}"
            on_error(DataError(path, number, wrong, "a word, a space or tab, and its tag"))
            return
        if size != sizes[0]:
            wrong = f"{size} columns after rows of {sizes[0]}"
            on_error(DataError(path, number, wrong, "the same number in all rows of an utterance"))
            return
    if rows:
        block.line = rows[0][0]
    if rows or "text" in block.notes:
        yield block
    elif "intent" in block.notes:
        wrong = f"the intent {block.notes['intent']!r} without words"
        on_error(DataError(path, block.line, wrong, "it directly above the words of its utterance"))


def _is_numbered(block: Block) -> bool:
    """Return whether the first of three or more columns numbers the words from 1."""
    numbers = [cells[0] for _, cells in block.rows if len(cells) > 2]
    return numbers == [str(place) for place in range(1, len(block.rows) + 1)]


def _utterance(path: Path, block: Block, scheme: str, column: int) -> Utterance:
    numbers = [number for number, _ in block.rows]
    words = [cells[column] for _, cells in block.rows]
    text = block.notes.get("text", " ".join(words))
    made_up = block.notes.get("tokens") == MADE_UP
    if "tokens" in block.notes and not made_up:
        tokens = tokens_of(path, block.line, _json(path, block, "tokens"))
        if [text[start:end] for start, end in tokens] != words:
            wrong = "the words differ from the text at the offsets of `# tokens`"
            raise DataError(path, block.line, wrong, "one word for each of its tokens")
    else:
        tokens = _align(path, text, words, numbers)
    try:
        spans = spans_of([cells[-1] for _, cells in block.rows], tokens, scheme)
    except schemes.TagError as error:
        raise DataError(path, numbers[error.index], error.wrong, error.expected) from error
    parts = parts_of(path, block.line, _json(path, block, "parts"))
    intent = block.notes.get("intent", "").strip(" \t")
    source = f"{path}:{block.line}"
    return Utterance(text, intent, spans, () if made_up else tokens, parts, source=source)


def _json(path: Path, block: Block, key: str) -> Any:
    try:
        return json.loads(block.notes.get(key, "[]"))
    except (ValueError, RecursionError) as error:
        wrong = f"`# {key}` is not valid JSON ({error})"
        raise DataError(path, block.line, wrong, "a list") from error


def _align(path: Path, text: str, words: Sequence[str], numbers: Sequence[int]) -> Tokens:
    """Return the offsets of each word: its first occurrence after the previous word."""
    tokens, place = [], 0
    for word, number in zip(words, numbers, strict=True):
        start = text.find(word, place)
        if start < 0:
            wrong = f"the word {word!r} does not occur in {text[place:]!r}, the rest of `# text`"
            raise DataError(path, number, wrong, "the words of the text in order")
        place = start + len(word)
        tokens.append((start, place))
    return tuple(tokens)


def write(utterances: Sequence[Utterance], path: Path, scheme: str = schemes.BIO) -> None:
    """Write `word<TAB>tag` rows, with `# text` and `# tokens` if the words do not determine them.

    An utterance without tokens is split at spaces, around Han and Kana characters, and at the edges
    of spans.

    Raises:
        RowError: The format cannot represent an utterance.
    """
    content = "\n".join("".join(f"{line}\n" for line in _lines(u, scheme)) for u in utterances)
    path.write_text(content, encoding="utf-8", newline="\n")


def _lines(utterance: Utterance, scheme: str) -> Iterator[str]:
    text, tokens = one_line(utterance), utterance.tokens or _cut(utterance)
    words = [text[start:end] for start, end in tokens]
    if any(not word.strip(" ") or word != word.strip(" ") or "\t" in word for word in words):
        raise utterance.error("a token has outer spaces or a tab", "tokens without them")
    if utterance.intent:
        yield f"# intent = {utterance.intent}"
    if text != " ".join(words) or not words:
        yield f"# text = {text}"
    if _align(Path(), text, words, range(len(words))) != tokens:
        yield f"# tokens = {json.dumps(tokens)}"
    elif not utterance.tokens and tokens != between_spaces(text):
        yield f"# tokens = {MADE_UP}"
    if utterance.parts:
        yield f"# parts = {json.dumps(utterance.parts, ensure_ascii=False)}"
    tags = tags_of(utterance, tokens, scheme)
    yield from (f"{word}\t{tag}" for word, tag in zip(words, tags, strict=True))


def _cut(utterance: Utterance) -> Tokens:
    text = utterance.text
    edges = {edge for _, start, end in utterance.spans for edge in (start, end)}
    cuts = sorted({0, len(text)} | {edge for edge in edges if 0 <= edge <= len(text)})
    pieces = itertools.pairwise(cuts)
    return tuple(match.span() for a, b in pieces for match in PIECE.finditer(text, a, b))
