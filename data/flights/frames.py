"""Reads the templates and turns a template and its values into text with spans.

A template is one line of a frame. In it `{to}` is a value, `{+date}` a value with the English
words that lead it in ("on May 1st"), `{seat:noun}` its noun form, `{+when}` a date and a time
("tomorrow morning"), `(a|b)` a free choice of words, `[a|b]` a choice tied to the one in the other
language, and, in contrast frames only, `<leave/reach>` the cue of a departure and of an arrival.
The wordings of a frame are interchangeable, unless the frame is `aligned`: then each line goes
with the same line of the other language.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from pathlib import Path

import yaml
from lexicon import GRAMMAR, Value
from values import SLOT_OF_KIND

LANGUAGES = ("zh", "en")
# The start of a template's name: kind of file, a letter of the file's second word, frame; z or e.
SHORT = {
    "baggage": "bag",
    "book": "b",
    "cancel": "can",
    "change": "ch",
    "check_in": "ci",
    "cue_after": "ca",
    "cue_before": "cb",
    "fare": "f",
    "meal": "m",
    "other": "o",
    "query": "q",
    "refund": "r",
    "seat": "s",
    "status": "st",
}
PLACEHOLDER = re.compile(r"\{(\+?)(\w+)(:noun)?\}")
CHOICE = re.compile(r"\(([^()]*)\)")
TIED = re.compile(r"\[([^\[\]]*)\]")
CONTRACTION = re.compile(r" ('(?:d|m)\b)")  # "I (want|'d like)" leaves a space to close up
CUE = re.compile(r"<([^<>/]*)/([^<>/]*)>")


@dataclass(frozen=True)
class Piece:
    """A stretch of text that is one slot's span, or none's."""

    text: str
    slot: str | None = None


@dataclass(frozen=True)
class Template:
    """One wording of a frame."""

    name: str
    language: str
    text: str

    def kinds(self) -> set[str]:
        """The kinds of value it needs."""
        named = {match[2] for match in PLACEHOLDER.finditer(self.text)}
        if "when" in named:
            named = (named - {"when"}) | {"date", "time"}
        return named - {"city"}


@dataclass(frozen=True)
class Frame:
    """Wordings in both languages that mean the same and take the same values."""

    intent: str
    templates: dict[str, list[Template]]
    contrast: str | None  # the contrast part it serves: cue_before, cue_after
    weight: int = 1  # how often it is drawn, compared with other frames of the intent
    source: str = ""  # the frame of the file; the lines of an aligned one have it in common

    def kinds(self) -> set[str]:
        """The kinds of value of the frame (all its wordings share them)."""
        return self.templates["zh"][0].kinds()


def load_frames(folder: Path = GRAMMAR / "frames") -> list[Frame]:
    """Read all frames; a file's name up to a hyphen is the intent, or the contrast part."""
    frames = []
    for path in sorted(folder.glob("*.yaml")):
        entries = yaml.safe_load(path.read_text(encoding="utf-8"))
        for number, entry in enumerate(entries, start=1):
            use = path.stem.split("-")[0]
            short = SHORT[use] + path.stem[len(use) :].replace("-", "")[:1]
            contrast = use if use.startswith("cue_") else None
            wordings = {
                language: _templates(f"{short}{number}", language, entry[language])
                for language in LANGUAGES
            }
            for templates in _groups(wordings, aligned=entry.get("aligned", False)):
                frame = Frame(
                    intent=entry["intent"] if contrast else use,
                    templates=templates,
                    contrast=contrast,
                    weight=entry.get("weight", 1),
                    source=f"{path.stem}{number}",
                )
                check_frame(frame)
                frames.append(frame)
    names = [
        template.name
        for frame in frames
        for templates in frame.templates.values()
        for template in templates
    ]
    if len(set(names)) < len(names):
        raise ValueError("two templates have the same name; see SHORT")
    return frames


def _groups(wordings: dict[str, list[Template]], aligned: bool) -> list[dict[str, list[Template]]]:
    """One group of interchangeable wordings, or, where aligned, one group for each line."""
    if not aligned:
        return [wordings]
    if len({len(templates) for templates in wordings.values()}) > 1:
        raise ValueError(f"{wordings['zh'][0].name}: lines of the languages differ in number")
    lines = zip(*(wordings[language] for language in LANGUAGES), strict=True)
    return [{template.language: [template] for template in line} for line in lines]


def _templates(frame: str, language: str, block: str) -> list[Template]:
    """The wordings of one language, one a line."""
    lines = [line.strip() for line in block.splitlines() if line.strip()]
    return [
        Template(f"{frame}{language[0]}{index}", language, line)
        for index, line in enumerate(lines, start=1)
    ]


def check_frame(frame: Frame) -> None:
    """Stop where wordings of a frame differ in their values or a kind is unknown."""
    for templates in frame.templates.values():
        for template in templates:
            if template.kinds() != frame.kinds():
                raise ValueError(
                    f"{template.name} takes {sorted(template.kinds())}, "
                    f"its frame {sorted(frame.kinds())}"
                )
            if TIED.findall(template.text) and any(
                _tied_sizes(template) != _tied_sizes(other)
                for others in frame.templates.values()
                for other in others
            ):
                raise ValueError(f"{template.name}: tied choices differ in number")
            unknown = template.kinds() - SLOT_OF_KIND.keys()
            if unknown:
                raise ValueError(f"{template.name}: unknown {sorted(unknown)}")


def _tied_sizes(template: Template) -> list[int]:
    """How many words each tied choice of a template has."""
    return [choice.count("|") + 1 for choice in TIED.findall(template.text)]


def choose_words(text: str, rng: random.Random, tie: int = 0) -> str:
    """Settle the choices of a template; `tie` decides the tied ones, in both languages alike."""

    def tied(match: re.Match[str]) -> str:
        options = match[1].split("|")
        return options[tie % len(options)]

    text = CHOICE.sub(lambda match: rng.choice(match[1].split("|")), TIED.sub(tied, text))
    return CONTRACTION.sub(r"\1", text)


def choose_cues(text: str, rng: random.Random) -> tuple[str, str]:
    """The departure and the arrival reading of a contrast template."""
    departure = CUE.sub(lambda match: rng.choice(match[1].split("|")), text)
    arrival = CUE.sub(lambda match: rng.choice(match[2].split("|")), text)
    return departure, arrival


def render(
    text: str, language: str, values: dict[str, Value], city_slot: str = "arrival_city"
) -> list[Piece]:
    """Fill the placeholders; `city_slot` is the slot of the bare `{city}` of contrast frames."""
    pieces: list[Piece] = []
    end = 0
    for match in PLACEHOLDER.finditer(text):
        pieces.append(Piece(text[end : match.start()]))
        pieces.extend(_fill(match, language, values, city_slot))
        end = match.end()
    pieces.append(Piece(text[end:]))
    return _fix_articles([piece for piece in pieces if piece.text])


def _fill(
    match: re.Match[str], language: str, values: dict[str, Value], city_slot: str
) -> list[Piece]:
    """The pieces of one placeholder."""
    with_lead, kind, noun = bool(match[1]), match[2], bool(match[3])
    if kind == "when":
        return _fill_when(language, values["date"], values["time"])
    value = values[kind]
    slot = city_slot if kind == "city" else SLOT_OF_KIND[kind]
    lead = value.lead if with_lead and language == "en" else ""
    return [Piece(lead), Piece(value.wording(language, noun), slot)]


def _fill_when(language: str, date: Value, time: Value) -> list[Piece]:
    """A date with a time: 明天早上, tomorrow morning, on May 1st at 8 am."""
    if language == "zh":
        return [Piece(date.zh, "date"), Piece(time.zh, "time")]
    # "in the morning" turns into "morning" right after a weekday or "tomorrow".
    time_lead = "" if date.near and time.lead == "in the " else time.lead
    return [
        Piece(date.lead),
        Piece(date.en, "date"),
        Piece(" " + time_lead),
        Piece(time.en, "time"),
    ]


def _fix_articles(pieces: list[Piece]) -> list[Piece]:
    """Write "an" for an "a" of the template that stands before a vowel of the value."""
    fixed = list(pieces)
    for index in range(len(fixed) - 1):
        text, following = fixed[index].text, fixed[index + 1].text
        vowel = following[0].lower() in "aeio" and not following.startswith("one")
        if vowel and re.search(r"(^|\s)[aA] $", text):
            fixed[index] = Piece(text[:-1] + "n ", fixed[index].slot)
    return fixed
