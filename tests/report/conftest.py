"""Reading pages back as a browser would."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

import pytest

WITHOUT_END = {"meta"}


@dataclass
class Node:
    """An element: its attributes, and its children, which are elements and strings."""

    name: str
    attributes: dict
    children: list = field(default_factory=list)

    @property
    def text(self):
        """All that is written in it, tooltips too."""
        return "".join(c if isinstance(c, str) else c.text for c in self.children)

    def all(self, name, **attributes):
        """Every element of that name (and those attributes) below, in order."""
        found = []
        for child in (c for c in self.children if isinstance(c, Node)):
            if child.name == name and attributes.items() <= child.attributes.items():
                found.append(child)
            found += child.all(name, **attributes)
        return found


class Reader(HTMLParser):
    """Builds the tree, and refuses elements that end out of order."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open = [Node("", {})]

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> says an attribute twice"
        node = Node(tag, dict(attrs))
        self.open[-1].children.append(node)
        if tag not in WITHOUT_END:
            self.open.append(node)

    def handle_endtag(self, tag):
        assert self.open.pop().name == tag

    def handle_data(self, data):
        self.open[-1].children.append(data)


@pytest.fixture(scope="session")
def read():
    """A function from markup to its tree; all elements must be closed, in order."""

    def parse(markup):
        reader = Reader()
        reader.feed(markup)
        reader.close()
        (root,) = reader.open
        return root

    return parse
