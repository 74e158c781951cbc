r"""One utterance per line with inline slots: `book<TAB>a flight to [Oslo](arrival_city)`.

The intent comes before the first tab of the line, or in a heading above, as in Rasa's Markdown;
lines below a heading may begin with `- `:

    ## intent: book
    - a flight to [Oslo](arrival_city)

A line that begins with `#` is a comment or a heading. A backslash before one of ``[ ] ( ) : \``
makes it text. This project adds two comments: `# tokens = words` (tokens are the words between
spaces, until `# tokens = none`) or a JSON list for the next line, and `# parts`, a JSON list for
the next line.
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
class LineContext:
    """What earlier lines state: the heading's intent, notes, and whether words are tokens."""

    heading: str | None = None
    notes: dict[str, str] = field(default_factory=dict)
    words: bool = False


def read(path: Path, columns: ColumnSettings, on_error: OnError = stop) -> Iterator[Utterance]:
    """Yield an utterance per line; skip blank lines."""
    del columns  # this format has none
    context, last = LineContext(), 0
    for number, line in read_lines(path, on_error):
        if number > last + 1 and context.heading is not None:
            context = LineContext(heading="")  # the damaged line may have been the next heading
        last = number
        if line.startswith("#"):
            _update(context, line)
        elif line.strip(" "):
            try:
                yield _utterance(path, number, line, context)
            except DataError as error:
                on_error(error)
            context.notes = {}


def _update(context: LineContext, line: str) -> None:
    if heading := HEADING.fullmatch(line):
        context.heading = heading[1]
    elif line.startswith("##"):
        context.heading = None  # another heading, such as Rasa's `## synonym: Oslo`
    elif note := NOTE.fullmatch(line):
        if note[1] == "tokens" and note[2] in ("words", "none"):
            context.words = note[2] == "words"
        else:
            context.notes[note[1]] = note[2]


def _utterance(path: Path, number: int, line: str, context: LineContext) -> Utterance:
    if context.heading is None:
        intent, tab, body = line.partition("\t")
        intent, body = (intent.strip(" "), body) if tab else ("", line)
    else:
        intent, body = context.heading, re.sub(r"^ *[-*] ", "", line)
    try:
        text, spans = markup.parse(body, escapes=True)
    except markup.MarkupError as error:
        raise DataError(path, number, error.wrong, error.expected) from error
    tokens = word_offsets(text) if context.words else ()
    if "tokens" in context.notes:
        tokens = tokens_of(path, number, _json(path, number, context.notes["tokens"]))
    parts = parts_of(path, number, _json(path, number, context.notes.get("parts", "[]")))
    return Utterance(text, intent, spans, tokens, parts, source=f"{path}:{number}")


def _json(path: Path, number: int, note: str) -> Any:
    try:
        return json.loads(note)
    except (ValueError, RecursionError) as error:
        wrong = f"the comment above has {note!r}, which is not valid JSON ({error})"
        raise DataError(path, number, wrong, "a list") from error


def write(utterances: Sequence[Utterance], path: Path, scheme: str = "") -> None:
    """Write one line per utterance, the intent before a tab.

    Raises:
        RowError: The format cannot represent an utterance.
    """
    del scheme  # no tags here
    lines, as_words = list[str](), False
    for utterance in utterances:
        text = one_line(utterance)
        if pair := overlaps(utterance.spans):
            raise utterance.error(
                "two spans overlap", "spans that do not overlap: brackets cannot cross", *pair
            )
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
