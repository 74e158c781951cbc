"""Texts with marked places: slots in their colours, attention as a background."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.report.markup import Html, element, join

GOLDEN_ANGLE = 137.508  # degrees: neighbours in a list of any length get colours far apart
SAID_FROM = 0.1  # weights below this share are shaded and not written


@dataclass(frozen=True)
class Mark:
    """A place in a text: code points, end exclusive.

    `wrong` ones are outlined and named; `note` is said when pointed at.
    """

    start: int
    end: int
    label: str
    wrong: bool = False
    note: str = ""


@dataclass(frozen=True)
class Comparison:
    """One wrong example: what was asked for above what was answered.

    Args:
        text: As it stands in the source.
        gold: Marks without overlaps.
        predicted: Marks without overlaps.
        facts: Short words on where it is from and what else is wrong.
    """

    text: str
    gold: Sequence[Mark]
    predicted: Sequence[Mark]
    facts: Sequence[str | Html] = ()


@dataclass(frozen=True)
class Versions:
    """What was said of one thing by several: (who, text or marked text), and facts."""

    lines: Sequence[tuple[str, str | Html]]
    facts: Sequence[str | Html] = ()


@dataclass(frozen=True)
class Attended:
    """A text with how much each of its tokens weighs: (start, end, weight), together 1.

    A weight below 0 speaks against, and has a colour of its own; then their sizes are 1 together.
    """

    text: str
    weights: Sequence[tuple[int, int, float]]
    facts: Sequence[str | Html] = ()


def hues(labels: Sequence[str]) -> dict[str, float]:
    """A colour for each label, in degrees of the colour circle."""
    return {label: round((210 + GOLDEN_ANGLE * i) % 360, 1) for i, label in enumerate(labels)}


def key_of_colours(colours: Mapping[str, float]) -> Html:
    """What colour means which label, and how wrong places look."""
    shown = [element("mark", label, style=f"--h:{hue}") for label, hue in colours.items()]
    wrong = element("mark", "wrong", class_="wrong", style="background:none")
    return element("p", *[join([mark, " "]) for mark in [*shown, wrong]], class_="colours")


def comparisons(examples: Sequence[Comparison], colours: Mapping[str, float]) -> Html:
    """A list of wrong examples, gold above predicted."""
    return versions([_comparison(each, colours) for each in examples])


def versions(examples: Sequence[Versions]) -> Html:
    """A list of examples, their versions one below the other, each after who says it."""
    return element("ol", *map(_versions, examples), class_="examples")


def attention(examples: Sequence[Attended]) -> Html:
    """A list of texts shaded by weight; weights from a tenth on are written in percent."""
    items = (
        element("li", _facts(each.facts), _text(_attended(each), "weighed")) for each in examples
    )
    return element("ol", *items, class_="examples")


def marked(text: str, marks: Sequence[Mark], colours: Mapping[str, float]) -> Html:
    """The text with its marks; each says its label and place when pointed at.

    Raises:
        ValueError: A mark lies outside the text, is empty, or overlaps another one.
    """
    pieces: list[str | Html] = []
    place = 0
    for mark in sorted(marks, key=lambda mark: mark.start):
        if not place <= mark.start < mark.end <= len(text):
            raise ValueError(
                f"mark {mark.label} [{mark.start}, {mark.end}) in a text of {len(text)}; expected"
                " marks inside the text, without overlaps"
            )
        pieces += [text[place : mark.start], _mark(text, mark, colours)]
        place = mark.end
    return join([*pieces, text[place:]])


def _mark(text: str, mark: Mark, colours: Mapping[str, float]) -> Html:
    name = [element("small", mark.label)] if mark.wrong else []
    return element(
        "mark",
        text[mark.start : mark.end],
        *name,
        style=f"--h:{colours.get(mark.label, 0)}",
        class_="wrong" if mark.wrong else None,
        title=f"{mark.label} [{mark.start}, {mark.end}) {mark.note}".rstrip(),
    )


def _comparison(example: Comparison, colours: Mapping[str, float]) -> Versions:
    lines = [("gold", example.gold), ("predicted", example.predicted)]
    shown = [(who, marked(example.text, marks, colours)) for who, marks in lines]
    return Versions(shown, example.facts)


def _versions(example: Versions) -> Html:
    lines = (join([element("span", who, class_="who"), _text(said)]) for who, said in example.lines)
    return element("li", _facts(example.facts), element("div", *lines, class_="pair"))


def _attended(example: Attended) -> Html:
    pieces: list[str | Html] = []
    place = 0
    for start, end, weight in example.weights:
        said = [element("small", f"{100 * weight:.0f}")] if abs(weight) >= SAID_FROM else []
        token = element(
            "span",
            example.text[start:end],
            *said,
            style=f"--w:{abs(weight):.3f}",
            class_="against" if weight < 0 else None,
            title=f"{100 * weight:.1f} %",
        )
        pieces += [example.text[place:start], token]
        place = end
    return join([*pieces, example.text[place:]])


def _facts(facts: Sequence[str | Html]) -> Html:
    shown = (element("span", fact) for fact in facts)
    return element("p", *shown, class_="facts") if facts else Html("")


def _text(content: str | Html, class_: str = "") -> Html:
    """A line that keeps its spaces; right-to-left scripts cannot disturb what is around it."""
    return element("div", content, dir="auto", class_=f"text {class_}".strip())
