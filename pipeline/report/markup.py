"""HTML and SVG as strings, with a type that tells what is markup from what is somebody's text.

Everything that is not `Html` is escaped when it goes into an element, so a text can never become
markup by being forgotten.
"""

from __future__ import annotations

import html
from collections.abc import Iterable

# Characters that HTML may not hold, or that would not be seen: C0 controls by their pictures
# (tab and line feed stay), the others by the replacement character.
_UNSEEN = {code: chr(0x2400 + code) for code in range(0x20) if chr(code) not in "\t\n"}
_UNSEEN |= {0x7F: "\u2421", **dict.fromkeys(range(0x80, 0xA0), "\ufffd")}
_UNSEEN |= dict.fromkeys([*range(0xD800, 0xE000), 0xFFFE, 0xFFFF], "\ufffd")


class Html(str):
    """A string that is markup already; made by the functions of this package only."""


Child = Html | str | int | float
Attribute = str | int | float | bool | None


def escape(child: Child) -> Html:
    """Markup as it stands, anything else as text that a browser shows as it was written."""
    if isinstance(child, Html):
        return child
    return Html(html.escape(number(child).translate(_UNSEEN), quote=True))


def number(value: str | int | float) -> str:
    """Whole numbers with a comma at thousands, others with two decimals; strings as they are."""
    if isinstance(value, str):
        return value
    return f"{value:,}" if isinstance(value, int) else f"{value:.2f}"


def readable(name: str) -> str:
    """`slot_f1` as a heading says it: slot F1."""
    return " ".join("F1" if word == "f1" else word for word in name.split("_"))


def join(children: Iterable[Child]) -> Html:
    """One after the other, nothing between."""
    return Html("".join(map(escape, children)))


def element(name: str, /, *children: Child, **attributes: Attribute) -> Html:
    """`element("p", text, class_="note")`; an attribute of None or False is left out.

    An underscore at the end of an attribute's name is dropped, another one becomes a hyphen.
    """
    inner = join(children)
    return Html(f"<{name}{_written(attributes)}>{inner}</{name}>")


def single(name: str, /, **attributes: Attribute) -> Html:
    """An element without an end, as `<meta charset="utf-8">`."""
    return Html(f"<{name}{_written(attributes)}>")


def folded(title: Child, *children: Child, opened: bool = False) -> Html:
    """What a click opens, without any script."""
    return element("details", element("summary", title), *children, open=opened)


def _written(attributes: dict[str, Attribute]) -> str:
    pairs = [
        (name.rstrip("_").replace("_", "-"), value)
        for name, value in attributes.items()
        if value is not None and value is not False
    ]
    return "".join(
        f" {name}" if value is True else f' {name}="{_value(value)}"' for name, value in pairs
    )


def _value(value: str | int | float) -> str:
    """Coordinates with at most one decimal: the eye sees no more, and files stay small."""
    if isinstance(value, str):
        return escape(value)
    return f"{value:.1f}".removesuffix(".0")
