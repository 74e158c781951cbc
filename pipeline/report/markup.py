"""HTML and SVG as strings, with a type that separates markup from text.

Everything that is not `Html` is escaped when it is put into an element, so a text can never become
markup by mistake.
"""

from __future__ import annotations

import html
from collections.abc import Iterable

# Characters that HTML forbids or that are invisible: C0 controls become their pictures (tab and
# line feed stay), the others the replacement character.
_UNSEEN = {code: chr(0x2400 + code) for code in range(0x20) if chr(code) not in "\t\n"}
_UNSEEN |= {0x7F: "\u2421", **dict.fromkeys(range(0x80, 0xA0), "\ufffd")}
_UNSEEN |= dict.fromkeys([*range(0xD800, 0xE000), 0xFFFE, 0xFFFF], "\ufffd")


class Html(str):
    """A string of markup; only functions of this package make it."""


Child = Html | str | int | float
Attribute = str | int | float | bool | None


def escape(child: Child) -> Html:
    """Return markup unchanged, and anything else as escaped text."""
    if isinstance(child, Html):
        return child
    return Html(html.escape(number(child).translate(_UNSEEN), quote=True))


def number(value: str | int | float) -> str:
    """Format integers with commas and floats with two decimals; return strings unchanged."""
    if isinstance(value, str):
        return value
    return f"{value:,}" if isinstance(value, int) else f"{value:.2f}"


def readable(name: str) -> str:
    """Return a name as a heading: `slot_f1` becomes slot F1."""
    return " ".join("F1" if word == "f1" else word for word in name.split("_"))


def join(children: Iterable[Child]) -> Html:
    """Concatenate markup."""
    return Html("".join(map(escape, children)))


def element(name: str, /, *children: Child, **attributes: Attribute) -> Html:
    """Return an element, such as `element("p", text, class_="note")`.

    Attributes that are None or False are omitted. A final underscore of an attribute's name is
    dropped; other underscores become hyphens.
    """
    inner = join(children)
    return Html(f"<{name}{_written(attributes)}>{inner}</{name}>")


def single(name: str, /, **attributes: Attribute) -> Html:
    """Return an element without an end tag, such as `<meta charset="utf-8">`."""
    return Html(f"<{name}{_written(attributes)}>")


def folded(title: Child, *children: Child, opened: bool = False) -> Html:
    """Return a part that opens at a click, without a script."""
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
    """Format coordinates with at most one decimal, to keep files small."""
    if isinstance(value, str):
        return escape(value)
    return f"{value:.1f}".removesuffix(".0")
