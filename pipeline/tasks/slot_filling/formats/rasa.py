r"""Rasa's YAML: `nlu:`, a list of intents with examples and `[value](slot)` inside them.

    nlu:
    - intent: book
      examples: |
        - a flight to [Oslo](city)
        - a flight from [Rome]{"entity": "city", "role": "departure"}

A role makes the slot, with its entity: `city.departure`. Synonyms, regular expressions, lookup
tables, `value` and `group` are passed over. `metadata` may hold our `tokens` (`words` for those
between spaces) and `parts`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from pipeline.datasets.lines import OnError, read_lines, stop
from pipeline.errors import DataError
from pipeline.tasks.slot_filling.formats import markup
from pipeline.tasks.slot_filling.formats.objects import own_keys, parts_of, tokens_of
from pipeline.tasks.slot_filling.records import Utterance, overlaps, word_offsets
from pipeline.tasks.slot_filling.settings import ColumnSettings

OTHER_ENTRIES = {"synonym", "regex", "lookup"}
# PyYAML takes these for line breaks (YAML 1.1); as such they would be changed in reading.
OLD_BREAKS = re.compile("[\x85\u2028\u2029]")
# What may stand in a block of examples as it is.
PLAIN = re.compile(
    "[\t\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]+"
)
WORDS = "words"


def read(path: Path, columns: ColumnSettings, on_error: OnError = stop) -> Iterator[Utterance]:
    """Reads the examples of every intent; an example's line is its own."""
    del columns  # this format has fixed keys
    document = _compose(path, on_error)
    for _, entries in _pairs(path, document, "nlu"):
        for entry in _items(path, entries, "a list of intents"):
            try:
                yield from _entry(path, entry, on_error)
            except DataError as error:
                on_error(error)


def _compose(path: Path, on_error: OnError) -> yaml.Node | None:
    """The file as YAML nodes, which know their lines; nothing is constructed from them."""
    refused: list[DataError] = []
    lines = list[str]()
    for number, line in read_lines(path, refused.append):
        lines.append(line)
        if odd := OLD_BREAKS.search(line):
            wrong = f"U+{ord(odd[0]):04X}, which breaks lines in YAML 1.1"
            refused.append(DataError(path, number, wrong, "it as an escape in double quotes"))
    for error in refused:
        on_error(error)
    if refused:
        return None  # what the lines below belong to is unknown
    try:
        return yaml.compose("\n".join(lines) + "\n", yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError) as error:
        wrong = f"not valid YAML ({' '.join(str(error).split())})"
        on_error(DataError(path, _line_of(error, lines), wrong, "a file that Rasa reads"))
        return None


def _line_of(error: Exception, lines: Sequence[str]) -> int:
    mark, position = getattr(error, "problem_mark", None), getattr(error, "position", 0)
    return 1 + int(mark.line if mark else "\n".join(lines).count("\n", 0, position))


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _kind(node: yaml.Node) -> str:
    kinds = {yaml.ScalarNode: "scalar", yaml.SequenceNode: "list", yaml.MappingNode: "mapping"}
    return f"a YAML {kinds[type(node)]}"


def _pairs(path: Path, node: yaml.Node | None, *keys: str) -> Iterator[tuple[yaml.Node, yaml.Node]]:
    """The (key, value) nodes of a mapping, of these keys if any are named."""
    if node is None:
        return
    if not isinstance(node, yaml.MappingNode):
        raise DataError(path, _line(node), _kind(node), "a mapping, such as `nlu:`")
    for key, value in node.value:
        if not keys or key.value in keys:
            yield key, value


def _items(path: Path, node: yaml.Node, expected: str) -> list[yaml.Node]:
    if not isinstance(node, yaml.SequenceNode):
        raise DataError(path, _line(node), _kind(node), expected)
    return list(node.value)


def _entry(path: Path, node: yaml.Node, on_error: OnError) -> Iterator[Utterance]:
    found = {key.value: value for key, value in _pairs(path, node)}
    if OTHER_ENTRIES & found.keys():
        return
    missing = [key for key in ("intent", "examples") if key not in found]
    if missing:
        wrong = f"an entry without `{missing[0]}`"
        raise DataError(path, _line(node), wrong, "`intent: name` and `examples: |`")
    intent = _string(path, found["intent"], "the intent's name")
    shared = _metadata(path, found.get("metadata"))
    for number, marked, about in _examples(path, found["examples"], on_error):
        try:
            yield _utterance(path, number, intent, marked, {**shared, **about})
        except DataError as error:
            on_error(error)


def _examples(
    path: Path, node: yaml.Node, on_error: OnError
) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """(line, text with markup, metadata) of each example, of a block of them or a list."""
    if isinstance(node, yaml.ScalarNode):
        first = _line(node) + (node.style == "|")
        for place, line in enumerate(str(node.value).split("\n")):
            number = first + (place if node.style == "|" else 0)
            if line.strip(" \r\t") and not line.lstrip(" ").startswith("-"):
                wrong = f"{line[:60]!r} in `examples`"
                on_error(DataError(path, number, wrong, "`- ` before every example"))
            elif line.strip(" \r\t"):
                yield number, line.lstrip(" ")[1:].strip(" \r"), {}
        return
    for item in _items(path, node, "`examples: |` with `- ` before every example, or a list"):
        if isinstance(item, yaml.ScalarNode):
            yield _line(item), item.value, {}
            continue
        found = {key.value: value for key, value in _pairs(path, item)}
        if "text" not in found:
            on_error(DataError(path, _line(item), "an example without `text`", "`text: ...`"))
            continue
        text = _string(path, found["text"], "the example's text").removesuffix("\n")
        yield _line(found["text"]), text, _metadata(path, found.get("metadata"))


def _string(path: Path, node: yaml.Node, expected: str) -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise DataError(path, _line(node), _kind(node), expected)
    return str(node.value)


def _metadata(path: Path, node: yaml.Node | None) -> dict[str, Any]:
    """Our keys of `metadata`, which hold JSON; it may be anything else, too."""
    if not isinstance(node, yaml.MappingNode):
        return {}
    found = {}
    for key, value in _pairs(path, node, "tokens", "parts"):
        stated = _string(path, value, f"`{key.value}` as JSON in quotes")
        try:
            found[key.value] = WORDS if stated == WORDS else json.loads(stated)
        except (ValueError, RecursionError) as error:
            wrong = f"`{key.value}` is {stated!r}"
            raise DataError(path, _line(value), wrong, "JSON in quotes") from error
    return found


def _utterance(path: Path, number: int, intent: str, marked: str, about: Any) -> Utterance:
    try:
        text, spans = markup.parse(marked, escapes=False)
    except markup.MarkupError as error:
        raise DataError(path, number, error.wrong, error.expected) from error
    tokens = about.get("tokens", [])
    return Utterance(
        text,
        intent,
        spans,
        word_offsets(text) if tokens == WORDS else tokens_of(path, number, tokens),
        parts_of(path, number, about.get("parts", [])),
        source=f"{path}:{number}",
    )


def write(utterances: Sequence[Utterance], path: Path, scheme: str = "") -> None:
    """Writes the utterances intent by intent, in the order in which the intents first come.

    Raises:
        RowError: An utterance has what the format cannot hold.
    """
    del scheme  # no tags here
    groups: dict[str, list[Utterance]] = {}
    for utterance in utterances:
        if not utterance.intent:
            raise utterance.error("it has no intent", "one: Rasa's examples stand under an intent")
        if pair := overlaps(utterance.spans):
            raise utterance.error("two spans overlap", "spans apart: brackets do not cross", *pair)
        groups.setdefault(utterance.intent, []).append(utterance)
    entries = [line for group in groups.values() for line in _lines(group)]
    head = ['version: "3.1"', "nlu:" if entries else "nlu: []"]
    path.write_text("\n".join([*head, *entries, ""]), encoding="utf-8", newline="\n")


def _lines(group: Sequence[Utterance]) -> Iterator[str]:
    """An entry: a block of examples if all are simple, else a list of texts with metadata."""
    yield f"- intent: {_scalar(group[0].intent)}"
    as_words = any(u.tokens for u in group) and all(u.tokens == word_offsets(u.text) for u in group)
    if as_words:
        yield f"  metadata:\n    tokens: {WORDS}"
    texts = [markup.render(u.text, u.spans, escapes=False) for u in group]
    extras = [own_keys(u) for u in group]
    for extra in extras if as_words else ():
        extra.pop("tokens", None)
    if not any(extras) and all(PLAIN.fullmatch(t) and t == t.strip(" ") for t in texts):
        yield "  examples: |"
        yield from (f"    - {text}" for text in texts)
        return
    yield "  examples:"
    for text, extra in zip(texts, extras, strict=True):
        yield f"  - text: {_scalar(text + chr(10) if text.endswith(chr(10)) else text)}"
        if extra:
            yield "    metadata:"
            yield from (f"      {key}: {_scalar(json.dumps(extra[key]))}" for key in extra)


def _scalar(text: str) -> str:
    """The text on one line of YAML, in double quotes unless it is a name like any other."""
    if re.fullmatch(r"[A-Za-z][\w./+#-]*", text) and yaml.safe_load(text) == text:
        return text
    quoted: str = yaml.safe_dump(text, default_style='"', allow_unicode=True, width=10**9)
    return quoted.rstrip("\n")
