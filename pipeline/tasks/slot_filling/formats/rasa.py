r"""Rasa's YAML: `nlu:` is a list of intents whose examples mark slots as `[value](slot)`.

    nlu:
    - intent: book
      examples: |
        - a flight to [Oslo](city)
        - a flight from [Rome]{"entity": "city", "role": "departure"}

An entity and its role form one slot: `city.departure`. Synonyms, regular expressions, lookup
tables, `value` and `group` are ignored. `metadata` may contain two keys of this project: `tokens`
(`words` for the words between spaces) and `parts`.
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
# PyYAML treats these as line breaks (YAML 1.1) and would change them while reading.
OLD_BREAKS = re.compile("[\x85\u2028\u2029]")
# Texts that need no quoting in a block of examples.
PLAIN = re.compile(
    "[\t\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]+"
)
WORDS = "words"


def read(path: Path, columns: ColumnSettings, on_error: OnError = stop) -> Iterator[Utterance]:
    """Yield the examples of every intent, each with its own line number."""
    del columns  # this format has fixed keys
    document = _compose(path, on_error)
    for _, entries in _pairs(path, document, "nlu"):
        for entry in _items(path, entries, "a list of intents"):
            try:
                yield from _entry(path, entry, on_error)
            except DataError as error:
                on_error(error)


def _compose(path: Path, on_error: OnError) -> yaml.Node | None:
    """Return the file as YAML nodes, which have line numbers; construct no objects from them."""
    errors: list[DataError] = []
    lines = list[str]()
    for number, line in read_lines(path, errors.append):
        lines.append(line)
        if old_break := OLD_BREAKS.search(line):
            wrong = f"U+{ord(old_break[0]):04X} is a line break in YAML 1.1"
            errors.append(DataError(path, number, wrong, "an escape in double quotes"))
    for error in errors:
        on_error(error)
    if errors:
        return None  # the nesting of later lines is unknown
    try:
        return yaml.compose("\n".join(lines) + "\n", yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError) as error:
        wrong = f"not valid YAML ({' '.join(str(error).split())})"
        on_error(DataError(path, _line_of(error, lines), wrong, "a YAML file that Rasa can read"))
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
    """Yield the (key, value) nodes of a mapping, only those of `keys` if any are given."""
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
    fields = {key.value: value for key, value in _pairs(path, node)}
    if OTHER_ENTRIES & fields.keys():
        return
    missing = [key for key in ("intent", "examples") if key not in fields]
    if missing:
        wrong = f"an entry without `{missing[0]}`"
        raise DataError(path, _line(node), wrong, "`intent: name` and `examples: |`")
    intent = _string(path, fields["intent"], "the intent's name")
    shared = _metadata(path, fields.get("metadata"))
    for number, marked, metadata in _examples(path, fields["examples"], on_error):
        try:
            yield _utterance(path, number, intent, marked, {**shared, **metadata})
        except DataError as error:
            on_error(error)


def _examples(
    path: Path, node: yaml.Node, on_error: OnError
) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """Yield (line, text with markup, metadata) of each example in a block or a list."""
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
        fields = {key.value: value for key, value in _pairs(path, item)}
        if "text" not in fields:
            on_error(DataError(path, _line(item), "an example without `text`", "`text: ...`"))
            continue
        text = _string(path, fields["text"], "the example's text").removesuffix("\n")
        yield _line(fields["text"]), text, _metadata(path, fields.get("metadata"))


def _string(path: Path, node: yaml.Node, expected: str) -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise DataError(path, _line(node), _kind(node), expected)
    return str(node.value)


def _metadata(path: Path, node: yaml.Node | None) -> dict[str, Any]:
    """Return the keys of this project in `metadata`, parsed as JSON; ignore everything else."""
    if not isinstance(node, yaml.MappingNode):
        return {}
    metadata = {}
    for key, value in _pairs(path, node, "tokens", "parts"):
        stated = _string(path, value, f"`{key.value}` as JSON in quotes")
        try:
            metadata[key.value] = WORDS if stated == WORDS else json.loads(stated)
        except (ValueError, RecursionError) as error:
            wrong = f"`{key.value}` is {stated!r}"
            raise DataError(path, _line(value), wrong, "JSON in quotes") from error
    return metadata


def _utterance(path: Path, number: int, intent: str, marked: str, metadata: Any) -> Utterance:
    try:
        text, spans = markup.parse(marked, escapes=False)
    except markup.MarkupError as error:
        raise DataError(path, number, error.wrong, error.expected) from error
    tokens = metadata.get("tokens", [])
    return Utterance(
        text,
        intent,
        spans,
        word_offsets(text) if tokens == WORDS else tokens_of(path, number, tokens),
        parts_of(path, number, metadata.get("parts", [])),
        source=f"{path}:{number}",
    )


def write(utterances: Sequence[Utterance], path: Path, scheme: str = "") -> None:
    """Write the utterances grouped by intent, in the order of each intent's first utterance.

    Raises:
        RowError: The format cannot represent an utterance.
    """
    del scheme  # no tags here
    groups: dict[str, list[Utterance]] = {}
    for utterance in utterances:
        if not utterance.intent:
            raise utterance.error("it has no intent", "one: Rasa groups examples by intent")
        if pair := overlaps(utterance.spans):
            raise utterance.error(
                "two spans overlap", "spans that do not overlap: brackets cannot cross", *pair
            )
        groups.setdefault(utterance.intent, []).append(utterance)
    entries = [line for group in groups.values() for line in _lines(group)]
    head = ['version: "3.1"', "nlu:" if entries else "nlu: []"]
    path.write_text("\n".join([*head, *entries, ""]), encoding="utf-8", newline="\n")


def _lines(group: Sequence[Utterance]) -> Iterator[str]:
    """Yield an entry: a block of examples if all are simple, else a list of texts with metadata."""
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
    """Return the text as a YAML scalar on one line, in double quotes unless it is a plain name."""
    if re.fullmatch(r"[A-Za-z][\w./+#-]*", text) and yaml.safe_load(text) == text:
        return text
    quoted: str = yaml.safe_dump(text, default_style='"', allow_unicode=True, width=10**9)
    return quoted.rstrip("\n")
