r"""CoNLL columns: a word a line, its tag in the last column, a blank line between utterances.

    # intent = book
    # text = to Oslo, now
    to      O
    Oslo    B-city
    ,       O
    now     O

The intent stands in such a comment (`=` or `:`), or alone on a block's first or last line. Without
`# text` the words are joined by single spaces. Two more comments are ours: `# tokens` (a JSON list
of [start, end] where the words do not tell, or `none` where the text came without) and `# parts`
(a JSON list). Other comments and `-DOCSTART-` are passed over.
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
MADE_UP = "none"  # `# tokens`: the words were cut to have rows; the text came without tokens
# Where a text has no tokens: words between spaces, each Han character and Kana by itself.
PIECE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^ \t\u3040-\u30ff\u3400-\u9fff]+")


@dataclass
class Block:
    """The lines of one utterance: its comments by key, its rows as (line number, columns)."""

    line: int
    notes: dict[str, str] = field(default_factory=dict)
    rows: list[tuple[int, list[str]]] = field(default_factory=list)


def read(path: Path, columns: ColumnSettings, on_error: OnError = stop) -> Iterator[Utterance]:
    """Reads block after block; an utterance's line is that of its first word.

    A first column that counts the words from 1 in every block is passed over.
    """
    del columns  # the word is the first column, the tag the last
    found = list(blocks(path, on_error))
    scheme = schemes.detect([row[-1] for _, row in block.rows] for block in found)
    counted = all(_counts(block) for block in found)
    for block in found:
        try:
            yield _utterance(path, block, scheme, 1 if counted else 0)
        except DataError as error:
            on_error(error)


def blocks(path: Path, on_error: OnError = stop) -> Iterator[Block]:
    """The blocks of a file, intents on lines of their own among the notes.

    A block with a line that is not UTF-8 is not yielded: what the line said is unknown.
    """
    refused: list[DataError] = []
    block, told = Block(0), 0
    for number, line in read_lines(path, refused.append):
        if line.strip(" \t"):
            _take(block, number, line)
            continue
        if len(refused) == told:
            yield from _finished(path, block, on_error)
        told = _tell(refused, told, on_error)
        block = Block(0)
    if len(refused) == told:
        yield from _finished(path, block, on_error)
    _tell(refused, told, on_error)


def _tell(refused: Sequence[DataError], told: int, on_error: OnError) -> int:
    for error in refused[told:]:
        on_error(error)
    return len(refused)


def _take(block: Block, number: int, line: str) -> None:
    cells = [cell.strip(" ") for cell in line.split("\t" if "\t" in line else " ")]
    cells = [cell for cell in cells if cell]
    note = NOTE.fullmatch(line)
    if note:
        block.notes[note[1]] = note[2]
    elif line.startswith("#") and not (len(cells) > 1 and TAG.fullmatch(cells[-1])):
        return  # a comment that says nothing of ours
    elif cells[0] != DOCSTART:
        block.rows.append((number, cells))
    block.line = block.line or number


def _finished(path: Path, block: Block, on_error: OnError) -> Iterator[Block]:
    """The block, if it is an utterance and its rows have as many columns."""
    rows = block.rows
    for place in (0, -1):
        if len(rows) > 1 and len(rows[place][1]) == 1 and "intent" not in block.notes:
            block.notes["intent"] = rows.pop(place)[1][0]
    sizes = [len(cells) for _, cells in rows]
    for (number, cells), size in zip(rows, sizes, strict=True):
        if size < 2:
            wrong = f"the one column {cells[0]!r}"
            on_error(DataError(path, number, wrong, "a word, a space or tab, and its tag"))
            return
        if size != sizes[0]:
            wrong = f"{size} columns after rows of {sizes[0]}"
            on_error(DataError(path, number, wrong, "as many in every row of an utterance"))
            return
    if rows:
        block.line = rows[0][0]
    if rows or "text" in block.notes:
        yield block
    elif "intent" in block.notes:
        wrong = f"the intent {block.notes['intent']!r} without words"
        on_error(DataError(path, block.line, wrong, "it above the words that it belongs to"))


def _counts(block: Block) -> bool:
    """Whether the first of three or more columns counts the words from 1."""
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
            wrong = "the words are not those that `# tokens` cuts out of the text"
            raise DataError(path, block.line, wrong, "a word for each of its tokens")
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
    """Each word's place in the text: the first at or after the end of the one before."""
    tokens, place = [], 0
    for word, number in zip(words, numbers, strict=True):
        start = text.find(word, place)
        if start < 0:
            wrong = f"the word {word!r} does not stand in {text[place:]!r}, the rest of `# text`"
            raise DataError(path, number, wrong, "the text's words in order")
        place = start + len(word)
        tokens.append((start, place))
    return tuple(tokens)


def write(utterances: Sequence[Utterance], path: Path, scheme: str = schemes.BIO) -> None:
    """Writes `word<TAB>tag` rows; `# text` and `# tokens` where the words alone do not give them.

    An utterance without tokens gets them: words between spaces, each Han character by itself, cut
    at the edges of spans.

    Raises:
        RowError: An utterance has what the format cannot hold.
    """
    content = "\n".join("".join(f"{line}\n" for line in _lines(u, scheme)) for u in utterances)
    path.write_text(content, encoding="utf-8", newline="\n")


def _lines(utterance: Utterance, scheme: str) -> Iterator[str]:
    text, tokens = one_line(utterance), utterance.tokens or _cut(utterance)
    words = [text[start:end] for start, end in tokens]
    if any(not word.strip(" ") or word != word.strip(" ") or "\t" in word for word in words):
        raise utterance.error("a token with a space at its edge or a tab", "tokens without")
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
