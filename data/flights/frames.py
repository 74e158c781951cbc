"""Reads templates, and renders a template and its values as text with spans.

A template is one line of a frame. Its syntax: `{to}` is a value, `{+date}` a value with its English
lead-in ("on May 1st"), `{seat:noun}` its noun form, `{+when}` a date and a time ("tomorrow
morning"), `(a|b)` a free choice of words, `[a|b]` a choice tied to the one in the other language,
and, in contrast frames only, `<leave/reach>` the cue of a departure and of an arrival. The wordings
of a frame are interchangeable, unless the frame is `aligned`: then each line corresponds to the
same line of the other language.
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
# Prefixes of template names. A name is: prefix, a letter of the file's second word, frame, z or e.
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
CONTRACTION = re.compile(r" ('(?:d|m)\b)")  # "I (want|'d like)" leaves a space to remove
CUE = re.compile(r"<([^<>/]*)/([^<>/]*)>")


@dataclass(frozen=True)
class Piece:
    """A piece of text that is the span of one slot, or of none."""

    text: str
    slot: str | None = None


@dataclass(frozen=True)
class Template:
    """One wording of a frame."""

    name: str
    language: str
    text: str

    def kinds(self) -> set[str]:
        """Return the kinds of value that the template needs."""
        named = {match[2] for match in PLACEHOLDER.finditer(self.text)}
        if "when" in named:
            named = (named - {"when"}) | {"date", "time"}
        return named - {"city"}


@dataclass(frozen=True)
class Frame:
    """Wordings in both languages that mean the same and take the same values."""

    intent: str
    templates: dict[str, list[Template]]
    contrast: str | None  # the contrast part it belongs to: cue_before, cue_after
    weight: int = 1  # relative frequency among the frames of the intent
    source: str = ""  # the frame in the file; all lines of an aligned frame share it

    def kinds(self) -> set[str]:
        """Return the kinds of value of the frame, which all its wordings share."""
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
        raise ValueError("template names are not unique; choose other prefixes in SHORT")
    return frames


def _groups(wordings: dict[str, list[Template]], aligned: bool) -> list[dict[str, list[Template]]]:
    """Return one group of interchangeable wordings, or one group per line if aligned."""
    if not aligned:
        return [wordings]
    if len({len(templates) for templates in wordings.values()}) > 1:
        raise ValueError(
            f"{wordings['zh'][0].name}: aligned languages differ in their number of lines"
        )
    lines = zip(*(wordings[language] for language in LANGUAGES), strict=True)
    return [{template.language: [template] for template in line} for line in lines]


def _templates(frame: str, language: str, block: str) -> list[Template]:
    """Return the wordings of one language, one per line."""
    lines = [line.strip() for line in block.splitlines() if line.strip()]
    return [
        Template(f"{frame}{language[0]}{index}", language, line)
        for index, line in enumerate(lines, start=1)
    ]


def check_frame(frame: Frame) -> None:
    """Raise ValueError if wordings of a frame differ in their values or a kind is unknown."""
    for templates in frame.templates.values():
        for template in templates:
            if template.kinds() != frame.kinds():
                raise ValueError(
                    f"{template.name} takes {sorted(template.kinds())}, "
                    f"expected those of its frame: {sorted(frame.kinds())}"
                )
            if TIED.findall(template.text) and any(
                _tied_sizes(template) != _tied_sizes(other)
                for others in frame.templates.values()
                for other in others
            ):
                raise ValueError(f"{template.name}: tied choices differ in their number of options")
            unknown = template.kinds() - SLOT_OF_KIND.keys()
            if unknown:
                raise ValueError(f"{template.name}: unknown kinds of value {sorted(unknown)}")


def _tied_sizes(template: Template) -> list[int]:
    """Return the number of options of each tied choice of a template."""
    return [choice.count("|") + 1 for choice in TIED.findall(template.text)]


def choose_words(text: str, rng: random.Random, tie: int = 0) -> str:
    """Resolve the choices of a template; `tie` resolves tied ones alike in both languages."""

    def tied(match: re.Match[str]) -> str:
        options = match[1].split("|")
        return options[tie % len(options)]

    text = CHOICE.sub(lambda match: rng.choice(match[1].split("|")), TIED.sub(tied, text))
    return CONTRACTION.sub(r"\1", text)


def choose_cues(text: str, rng: random.Random) -> tuple[str, str]:
    """Return the departure and the arrival reading of a contrast template."""
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
    """Return the pieces of one placeholder."""
    with_lead, kind, noun = bool(match[1]), match[2], bool(match[3])
    if kind == "when":
        return _fill_when(language, values["date"], values["time"])
    value = values[kind]
    slot = city_slot if kind == "city" else SLOT_OF_KIND[kind]
    lead = value.lead if with_lead and language == "en" else ""
    return [Piece(lead), Piece(value.wording(language, noun), slot)]


def _fill_when(language: str, date: Value, time: Value) -> list[Piece]:
    """Return the pieces of a date with a time: 明天早上, tomorrow morning, on May 1st at 8 am."""
    if language == "zh":
        return [Piece(date.zh, "date"), Piece(time.zh, "time")]
    # "in the morning" becomes "morning" directly after a weekday or "tomorrow".
    time_lead = "" if date.near and time.lead == "in the " else time.lead
    return [
        Piece(date.lead),
        Piece(date.en, "date"),
        Piece(" " + time_lead),
        Piece(time.en, "time"),
    ]


def _fix_articles(pieces: list[Piece]) -> list[Piece]:
    """Replace "a" at the end of a piece by "an" if the next piece starts with a vowel sound."""
    fixed = list(pieces)
    for index in range(len(fixed) - 1):
        text, following = fixed[index].text, fixed[index + 1].text
        vowel = following[0].lower() in "aeio" and not following.startswith("one")
        if vowel and re.search(r"(^|\s)[aA] $", text):
            fixed[index] = Piece(text[:-1] + "n ", fixed[index].slot)
    return fixed
