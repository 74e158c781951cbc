"""TMX, Translation Memory eXchange 1.4: units of segments in several languages.

`<tu><tuv xml:lang="en-GB"><seg>Hello</seg></tuv><tuv xml:lang="de"><seg>Hallo</seg></tuv></tu>`

A language of the config matches a `tuv` with the same code or a more specific one (`en` matches
`en-GB`); of several, the first is used. Codes inside a segment (`bpt`, `ept`, `it`, `ph`, `ut`) are
markup, not text. The file declares its encoding. Entities that a file declares are rejected and
nothing outside the file is read, so a file can neither include others nor expand in memory.
"""

from __future__ import annotations

import gzip
import itertools
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from pipeline.datasets.lines import OnError, open_bytes, stop
from pipeline.errors import DataError
from pipeline.tasks.translation.file_format import Form
from pipeline.tasks.translation.languages import language_of
from pipeline.tasks.translation.records import Example
from pipeline.tasks.translation.settings import UNKNOWN, LanguageSettings

CHUNK = 1 << 16
CODES = frozenset(("bpt", "ept", "it", "ph", "ut"))
ENTITY = "only the entities &amp; &lt; &gt; &quot; &apos; and numeric ones"
NOT_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # not allowed in XML 1.0
ANY = {"source": "x-source", "target": "x-target"}  # codes for unknown languages
HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<tmx version="1.4">\n<header creationtool="nlp"'
    ' creationtoolversion="1" segtype="sentence" o-tmf="jsonl" adminlang="en" srclang={}'
    ' datatype="plaintext"/>\n<body>\n'
)
UNIT = "<tu><tuv xml:lang={}><seg>{}</seg></tuv><tuv xml:lang={}><seg>{}</seg></tuv></tu>\n"


@dataclass
class Unit:
    """A `tu`: its line, its (language, text) segments, and what is wrong with it."""

    line: int
    segments: list[tuple[str, str]] = field(default_factory=list)
    wrong: str = ""

    def find(self, language: str) -> str | None:
        """Return the segment in a language, or None."""
        wanted = _code(language)
        exact = [text for code, text in self.segments if code == wanted]
        specific = [text for code, text in self.segments if code.startswith(f"{wanted}-")]
        return next(iter(exact + specific), None)


def read(path: Path, form: Form, on_error: OnError = stop) -> Iterator[Example]:
    """Read one example per unit; its line is that of the `tu` element."""
    for unit in _units(path, on_error):
        try:
            yield _example(path, unit, form.languages)
        except DataError as error:
            on_error(error)


def languages_in(path: Path, units: int) -> list[str]:
    """Return the languages of the first units without regions, the most frequent first."""
    counts = Counter(
        code if code.startswith("x-") else code.partition("-")[0]
        for unit in itertools.islice(_units(path, stop), units)
        for code, _ in unit.segments
    )
    return [code for code, _ in counts.most_common()]  # on ties the first seen


def write(examples: Sequence[Example], path: Path) -> None:
    """Write one unit per example, with language codes guessed from the texts.

    Raises:
        RowError: A side has a character that XML does not allow.
    """
    source, target = languages_of(examples)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(HEAD.format(quoteattr(source)))
        for each in examples:
            if invalid := NOT_XML.search(each.text + each.target):
                wrong = f"XML cannot hold the character {invalid[0]!r}"
                raise each.error(wrong, "a text without it (jsonl holds any)")
            sides = (_escaped(each.text), _escaped(each.target))
            file.write(UNIT.format(quoteattr(source), sides[0], quoteattr(target), sides[1]))
        file.write("</body>\n</tmx>\n")


def languages_of(examples: Sequence[Example]) -> tuple[str, str]:
    """Return the guessed language codes of both sides, or `x-source` and `x-target`."""
    source = language_of(each.text for each in examples)
    target = language_of(each.target for each in examples)
    if UNKNOWN in (source, target) or source == target:
        return ANY["source"], ANY["target"]
    return source, target


def _units(path: Path, on_error: OnError) -> Iterator[Unit]:
    reader = _Reader(path)
    with open_bytes(path) as file:
        while not reader.done:
            try:
                chunk = file.read(CHUNK)
                reader.parser.Parse(chunk, not chunk)
                reader.done = not chunk
            except expat.ExpatError as error:
                wrong = f"not well-formed XML ({expat.ErrorString(error.code)})"
                reader.stop(DataError(path, error.lineno, wrong, "an intact TMX file"))
            except (gzip.BadGzipFile, EOFError, zlib.error) as error:
                reader.stop(DataError(path, 0, f"damaged ({error})", "an intact gzip file"))
            except DataError as error:  # from `_refuse_entity`
                reader.stop(error)
            yield from reader.take()
    if reader.failed:
        on_error(reader.failed)


class _Reader:
    """An expat parser that collects units."""

    def __init__(self, path: Path) -> None:
        self.done = False
        self.failed: DataError | None = None
        self._path, self._units = path, list[Unit]()
        self._unit: Unit | None = None
        self._text: list[str] | None = None  # of the current segment
        self._language, self._codes = "", 0
        self.parser: Any = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self.parser.EntityDeclHandler = self._refuse_entity
        self.parser.SkippedEntityHandler = self._skipped

    def take(self) -> list[Unit]:
        """Return the units completed since the last call."""
        units, self._units = self._units, []
        return units

    def stop(self, error: DataError) -> None:
        """Stop reading because of an error."""
        self.done, self.failed = True, error

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        if self._text is not None:
            self._codes += name in CODES
        elif name == "tu":
            self._unit = Unit(self.parser.CurrentLineNumber)
        elif name == "tuv":
            self._language = _code(attributes.get("xml:lang") or attributes.get("lang") or "")
        elif name == "seg":
            self._text = []

    def _end(self, name: str) -> None:
        if name == "seg" and self._text is not None:
            if self._unit is not None:
                self._unit.segments.append((self._language, "".join(self._text)))
            self._text, self._codes = None, 0
        elif self._text is not None:
            self._codes -= name in CODES
        elif name == "tu" and self._unit is not None:
            self._units.append(self._unit)
            self._unit = None

    def _characters(self, text: str) -> None:
        if self._text is not None and not self._codes:
            self._text.append(text)

    def _skipped(self, name: str, is_parameter: bool) -> None:
        if self._unit is not None and not is_parameter:
            self._unit.wrong = f"the entity &{name}; is not defined"

    def _refuse_entity(self, name: str, *_: object) -> None:
        line = self.parser.CurrentLineNumber
        raise DataError(self._path, line, f"the entity {name!r} is declared here", ENTITY)


def _example(path: Path, unit: Unit, languages: LanguageSettings) -> Example:
    if unit.wrong:
        raise DataError(path, unit.line, unit.wrong, ENTITY)
    segments = {code: unit.find(code) for code in (languages.source, languages.target)}
    for code, text in segments.items():
        if text is None:
            known = ", ".join(code for code, _ in unit.segments) or "nothing"
            expected = "both languages of data.languages"
            raise DataError(path, unit.line, f"no `{code}` among {known}", expected)
    text, target = segments[languages.source], segments[languages.target]
    return Example(text or "", target or "", f"{path}:{unit.line}")


def _code(language: str) -> str:
    return language.replace("_", "-").lower()


def _escaped(text: str) -> str:
    return escape(text, {"\r": "&#13;"})
