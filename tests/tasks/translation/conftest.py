"""What the tests of translation share: files, settings, records, answers, a reader of markup."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from types import SimpleNamespace

import pytest

from pipeline.tasks.translation.config import TranslationSettings
from pipeline.tasks.translation.tokenizer import build_tokenizer, fit

PAIRS = [
    ("订5月1日到北京的机票", "a ticket to Beijing on May 1st"),
    ("订5月1日离开北京的机票", "a ticket from Beijing on May 1st"),
    ("坐CA1234去上海", "to Shanghai on CA1234"),
    ("你好。再见！", "Hello. Goodbye!"),
    ("取消明天的票", "cancel tomorrow's ticket"),
]


@pytest.fixture(scope="session")
def records():
    return [
        {"text": source, "target": target, "source": f"pairs:{line}", "parts": []}
        for line, (source, target) in enumerate(PAIRS * 4, 1)
    ]


@pytest.fixture(scope="session")
def make():
    """Settings of a tiny model, some sections changed."""

    def settings(**sections):
        small = {"embedding_dim": 8, "hidden_dim": 8, "heads": 2, "dropout": 0.0}
        return TranslationSettings.model_validate(
            {
                "task": "translation",
                "data": {
                    "format": "jsonl",
                    "files": {"train": "none.jsonl"},
                    "languages": {"source": "zh", "target": "en"},
                },
                "tokenizer": {"vocabulary_size": 400, **sections.pop("tokenizer", {})},
                "model": {**small, **sections.pop("model", {})},
                **sections,
            }
        )

    return settings


@pytest.fixture(scope="session")
def tokenizer_of(make, records, tmp_path_factory):
    """A tokenizer of settings, its pieces learnt from the records."""

    def build(settings):
        folder = tmp_path_factory.mktemp("pieces")
        for name, model in fit(settings, records).items():
            (folder / f"{name}.model").write_bytes(model)
        return build_tokenizer(settings, folder)

    return build


@pytest.fixture(scope="session")
def tokenizer(make, tokenizer_of):
    return tokenizer_of(make())


@dataclass
class Node:
    """An element: its attributes, and its children, which are elements and strings."""

    name: str
    attributes: dict
    children: list = field(default_factory=list)

    @property
    def text(self):
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
        self.open.append(Node(tag, dict(attrs)))
        self.open[-2].children.append(self.open[-1])

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


@pytest.fixture(scope="session")
def settings_of():
    """A function from two languages to what scoring and report read of a config."""

    def make(source="zh", target="en"):
        return SimpleNamespace(
            data=SimpleNamespace(languages=SimpleNamespace(source=source, target=target))
        )

    return make


@pytest.fixture(scope="session")
def pair_of():
    """A function from source, reference and translation to a record and its answer."""

    def make(text, target, translation, source="f:1", **more):
        record = {"text": text, "target": target, "source": source, "parts": []}
        answer = {"text": text, "translation": translation, "score": -1.0, "segments": 1}
        return record, {**answer, "truncated": False, **more}

    return make
