"""Texts with marked spans: slots in colours, attention as a background."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.report.markup import Html, element, join

GOLDEN_ANGLE = 137.508  # degrees: neighbours in a list get clearly different colours
MIN_WRITTEN_WEIGHT = 0.1  # smaller weights are shaded without a number


@dataclass(frozen=True)
class Mark:
    """A marked span of a text, in code points, end exclusive.

    `wrong` spans have an outline and a name; `note` is the tooltip.
    """

    start: int
    end: int
    label: str
    wrong: bool = False
    note: str = ""


@dataclass(frozen=True)
class Comparison:
    """One wrong example: gold spans above predicted ones.

    Args:
        text: The text.
        gold: Marks without overlaps.
        predicted: Marks without overlaps.
        facts: Short notes on its source and its other errors.
    """

    text: str
    gold: Sequence[Mark]
    predicted: Sequence[Mark]
    facts: Sequence[str | Html] = ()


@dataclass(frozen=True)
class Versions:
    """Versions of one text: (name, text or marked text), and facts."""

    lines: Sequence[tuple[str, str | Html]]
    facts: Sequence[str | Html] = ()


@dataclass(frozen=True)
class Attended:
    """A text with the weights of its tokens: (start, end, weight), with the sum 1.

    Negative weights have their own colour; then the absolute values have the sum 1.
    """

    text: str
    weights: Sequence[tuple[int, int, float]]
    facts: Sequence[str | Html] = ()


def hues(labels: Sequence[str]) -> dict[str, float]:
    """Return a colour for each label, in degrees of the colour circle."""
    return {label: round((210 + GOLDEN_ANGLE * i) % 360, 1) for i, label in enumerate(labels)}


def key_of_colours(colours: Mapping[str, float]) -> Html:
    """Return the legend of labels and of wrong spans."""
    shown = [element("mark", label, style=f"--h:{hue}") for label, hue in colours.items()]
    wrong = element("mark", "wrong", class_="wrong", style="background:none")
    return element("p", *[join([mark, " "]) for mark in [*shown, wrong]], class_="colours")


def comparisons(examples: Sequence[Comparison], colours: Mapping[str, float]) -> Html:
    """Return a list of wrong examples, gold above predicted."""
    return versions([_comparison(each, colours) for each in examples])


def versions(examples: Sequence[Versions]) -> Html:
    """Return a list of examples, each with its named versions below each other."""
    return element("ol", *map(_versions, examples), class_="examples")


def attention(examples: Sequence[Attended]) -> Html:
    """Return a list of texts shaded by weight; large weights are written in percent."""
    items = (
        element("li", _facts(each.facts), _text(_attended(each), "weighed")) for each in examples
    )
    return element("ol", *items, class_="examples")


def marked(text: str, marks: Sequence[Mark], colours: Mapping[str, float]) -> Html:
    """Return the text with its marks; label and position are the tooltip.

    Raises:
        ValueError: A mark is outside the text, is empty, or overlaps another one.
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
    lines = (
        join([element("span", who, class_="who"), _text(version)]) for who, version in example.lines
    )
    return element("li", _facts(example.facts), element("div", *lines, class_="pair"))


def _attended(example: Attended) -> Html:
    pieces: list[str | Html] = []
    place = 0
    for start, end, weight in example.weights:
        percent = (
            [element("small", f"{100 * weight:.0f}")] if abs(weight) >= MIN_WRITTEN_WEIGHT else []
        )
        token = element(
            "span",
            example.text[start:end],
            *percent,
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
    """Return a line that keeps its spaces and isolates right-to-left scripts."""
    return element("div", content, dir="auto", class_=f"text {class_}".strip())
