r"""One utterance a line with its slots inside: `book<TAB>a flight to [Oslo](arrival_city)`.

The intent stands before the line's first tab, or in a heading above the lines as Rasa's Markdown
has it, where each may begin with `- `:

    ## intent: book
    - a flight to [Oslo](arrival_city)

A line that begins with `#` is a comment or such a heading. A backslash before one of
``[ ] ( ) : \`` makes it text. Two comments are ours: `# tokens = words` (those between spaces,
until `# tokens = none`) or a JSON list for the next line, and `# parts`, a list for the next line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.datasets.lines import OnError, read_lines, stop
from pipeline.errors import DataError
from pipeline.tasks.slot_filling.formats import markup
from pipeline.tasks.slot_filling.formats.objects import parts_of, tokens_of
from pipeline.tasks.slot_filling.formats.tagging import one_line
from pipeline.tasks.slot_filling.records import Utterance, overlaps, word_offsets
from pipeline.tasks.slot_filling.settings import ColumnSettings

HEADING = re.compile(r"#+ *intent *[:=] *(.*?) *")
NOTE = re.compile(r"# +(tokens|parts) *[=:] *(.*)")


@dataclass
class Above:
    """What the lines above say of a line: a heading's intent, notes for it, words as tokens."""

    heading: str | None = None
    notes: dict[str, str] = field(default_factory=dict)
    words: bool = False


def read(path: Path, columns: ColumnSettings, on_error: OnError = stop) -> Iterator[Utterance]:
    """Reads line after line; blank ones are passed over."""
    del columns  # this format has none
    above, last = Above(), 0
    for number, line in read_lines(path, on_error):
        if number > last + 1 and above.heading is not None:
            above = Above(heading="")  # a line was refused; it may have been the next heading
        last = number
        if line.startswith("#"):
            _take(above, line)
        elif line.strip(" "):
            try:
                yield _utterance(path, number, line, above)
            except DataError as error:
                on_error(error)
            above.notes = {}


def _take(above: Above, line: str) -> None:
    if heading := HEADING.fullmatch(line):
        above.heading = heading[1]
    elif line.startswith("##"):
        above.heading = None  # of another kind, such as Rasa's `## synonym: Oslo`
    elif note := NOTE.fullmatch(line):
        if note[1] == "tokens" and note[2] in ("words", "none"):
            above.words = note[2] == "words"
        else:
            above.notes[note[1]] = note[2]


def _utterance(path: Path, number: int, line: str, above: Above) -> Utterance:
    if above.heading is None:
        intent, tab, body = line.partition("\t")
        intent, body = (intent.strip(" "), body) if tab else ("", line)
    else:
        intent, body = above.heading, re.sub(r"^ *[-*] ", "", line)
    try:
        text, spans = markup.parse(body, escapes=True)
    except markup.MarkupError as error:
        raise DataError(path, number, error.wrong, error.expected) from error
    tokens = word_offsets(text) if above.words else ()
    if "tokens" in above.notes:
        tokens = tokens_of(path, number, _json(path, number, above.notes["tokens"]))
    parts = parts_of(path, number, _json(path, number, above.notes.get("parts", "[]")))
    return Utterance(text, intent, spans, tokens, parts, source=f"{path}:{number}")


def _json(path: Path, number: int, note: str) -> Any:
    try:
        return json.loads(note)
    except (ValueError, RecursionError) as error:
        wrong = f"the comment above says {note!r}, which is not valid JSON ({error})"
        raise DataError(path, number, wrong, "a list") from error


def write(utterances: Sequence[Utterance], path: Path, scheme: str = "") -> None:
    """Writes a line an utterance, its intent before a tab.

    Raises:
        RowError: An utterance has what the format cannot hold.
    """
    del scheme  # no tags here
    lines, as_words = list[str](), False
    for utterance in utterances:
        text = one_line(utterance)
        if pair := overlaps(utterance.spans):
            raise utterance.error("two spans overlap", "spans apart: brackets do not cross", *pair)
        if utterance.tokens and (utterance.tokens == word_offsets(text)) != as_words:
            as_words = not as_words
            lines.append(f"# tokens = {'words' if as_words else 'none'}")
        elif not utterance.tokens and word_offsets(text) and as_words:
            as_words = False
            lines.append("# tokens = none")
        if utterance.tokens and not as_words:
            lines.append(f"# tokens = {json.dumps(utterance.tokens)}")
        if utterance.parts:
            lines.append(f"# parts = {json.dumps(utterance.parts, ensure_ascii=False)}")
        lines.append(f"{utterance.intent}\t{markup.render(text, utterance.spans, escapes=True)}")
    content = "".join(f"{line}\n" for line in lines)
    path.write_text(content, encoding="utf-8", newline="\n")
