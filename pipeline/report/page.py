"""The page: one file that needs no network, no server and no script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.report.markup import Html, element, escape, folded, join, single
from pipeline.report.style import STYLE

# The browser itself refuses whatever a text might manage to ask for.
POLICY = "default-src 'none'; style-src 'unsafe-inline'"


@dataclass(frozen=True)
class Section:
    """A titled piece of the page; a folded one opens at a click."""

    title: str
    body: Html
    folded: bool = False


@dataclass(frozen=True)
class Card:
    """A number in large type, with what it is above and a remark below."""

    title: str
    number: str
    remark: str = ""


def page(
    title: str,
    subtitle: str,
    sections: Sequence[Section],
    cards: Sequence[Card] = (),
    warnings: Sequence[str] = (),
) -> str:
    """The whole document.

    Args:
        title: Its heading and window title.
        subtitle: A line below the heading.
        sections: In order; those with an empty body are left out.
        cards: Headline numbers.
        warnings: What a reader must know before trusting the numbers.
    """
    shown = [section for section in sections if section.body]
    head = join(
        [
            single("meta", charset="utf-8"),
            single("meta", http_equiv="Content-Security-Policy", content=POLICY),
            single("meta", name="viewport", content="width=device-width, initial-scale=1"),
            element("title", title),
            element("style", Html(STYLE)),
        ]
    )
    links = (element("a", section.title, href=f"#s{index}") for index, section in enumerate(shown))
    body = element(
        "main",
        element("h1", title),
        element("p", subtitle, class_="soft"),
        element("nav", *links),
        *(element("p", warning, class_="warning") for warning in warnings),
        element("div", *map(_card, cards), class_="cards"),
        *(_section(section, index) for index, section in enumerate(shown)),
    )
    document = element("html", element("head", head), element("body", body), lang="en")
    return f"<!DOCTYPE html>\n{document}\n"


def subsection(title: str, *blocks: Html) -> Html:
    """A smaller heading with what belongs below it; nothing where there is nothing."""
    content = join(blocks)
    return join([element("h3", title), content]) if content else content


def paragraph(*children: str | Html) -> Html:
    """A remark in the page's small voice."""
    return element("p", *children, class_="note")


def _section(section: Section, index: int) -> Html:
    heading = element("h2", section.title)
    if section.folded:
        return element("section", folded(heading, section.body), id=f"s{index}")
    return element("section", heading, section.body, id=f"s{index}")


def _card(card: Card) -> Html:
    return element(
        "div",
        element("span", card.title),
        element("b", card.number),
        element("span", card.remark) if card.remark else escape(""),
        class_="card",
    )
