"""What the tests of translation share: files, settings, records, answers, a reader of markup."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import pytest
import tensorflow_datasets as tfds

from pipeline.stages.training.assembly import write_vocabularies
from pipeline.tasks.translation.file_format import form_of
from pipeline.tasks.translation.settings import DataSettings, TranslationSettings
from pipeline.tasks.translation.tokenizer import build_tokenizer, learn

NASTY = (
    "a\x85b\u2028c",
    "\ufeff京 \u00a0\u3000",
    " two\r\nlines\n\n, \"quoted\" 'and'\ttab ",
    "lone\rCR\x00\x0b\x0c\x1c",
    "👩‍👧 e\u0301 \U0010ffff",
    '"',
    "a<b> &amp; &#65; ]]>",
)


@pytest.fixture(scope="session")
def nasty():
    """Texts that careless readers split, drop or re-encode."""
    return NASTY


@pytest.fixture
def write(tmp_path):
    """A function from a name and its content, text or bytes, to the file's path."""

    def write(name, content):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def plain(file):
    """A path, or two, or a group of settings, as a config has it."""
    if isinstance(file, dict):
        return {key: plain(inner) for key, inner in file.items()}
    return str(file) if isinstance(file, Path) else file


@pytest.fixture(scope="session")
def make_data():
    """A function from a format, files and other settings to the data section."""

    def make(format_, files, **rest):
        return DataSettings.model_validate({"format": format_, "files": plain(files), **rest})

    return make


@pytest.fixture(scope="session")
def make_form(make_data):
    """A function from a format and data settings to the form of a file that is read."""

    def make(format_, **rest):
        return form_of(make_data(format_, {"train": "never read"}, **rest), "train")

    return make


@pytest.fixture(scope="session")
def settings():
    """A config's settings."""
    data = {"format": "jsonl", "files": {"train": "never read"}}
    return TranslationSettings.model_validate({"task": "translation", "data": data})


class TinyTranslate(tfds.core.GeneratorBasedBuilder, skip_registration=True):
    """Nasty sentences in two languages, as TFDS's sets of translations have them."""

    VERSION = tfds.core.Version("1.0.0")
    name = "tiny_translate"

    def _info(self):
        return tfds.core.DatasetInfo(
            builder=self,
            features=tfds.features.Translation(languages=("de", "en")),
            supervised_keys=("en", "de"),
            disable_shuffling=True,
        )

    def _split_generators(self, dl_manager):
        del dl_manager
        return {
            "train": self._generate_examples(NASTY),
            "validation": self._generate_examples(NASTY[:2]),
        }

    def _generate_examples(self, texts):
        for number, text in enumerate(texts):
            yield number, {"en": text, "de": f"{text} ß"}


@pytest.fixture(scope="session")
def pairs_home(tmp_path_factory):
    """A folder of prepared data sets with `tiny_translate` in it."""
    folder = tmp_path_factory.mktemp("tfds")
    tfds.disable_progress_bar()
    TinyTranslate(data_dir=str(folder)).download_and_prepare()
    return folder


@pytest.fixture
def pairs(pairs_home, monkeypatch):
    """The folder where data sets are looked for is that one."""
    monkeypatch.setenv("TFDS_DATA_DIR", str(pairs_home))


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
        write_vocabularies(folder, learn(settings, records))
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
