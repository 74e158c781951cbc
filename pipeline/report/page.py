"""The page: one file without network, server or script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.report.markup import Html, element, escape, folded, join, single
from pipeline.report.style import STYLE

# The browser refuses everything that a text might try to load.
POLICY = "default-src 'none'; style-src 'unsafe-inline'"


@dataclass(frozen=True)
class Section:
    """A section of the page; a folded one opens at a click."""

    title: str
    body: Html
    folded: bool = False


@dataclass(frozen=True)
class Card:
    """A large number with a title above and a remark below."""

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
    """Return the whole document.

    Args:
        title: The heading and window title.
        subtitle: A line below the heading.
        sections: The sections in order; those with an empty body are omitted.
        cards: Headline numbers.
        warnings: Warnings that a reader must see first.
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
    """Return a smaller heading with its content; nothing without content."""
    content = join(blocks)
    return join([element("h3", title), content]) if content else content


def paragraph(*children: str | Html) -> Html:
    """Return a remark in small type."""
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
