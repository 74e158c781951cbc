"""What the tests of translation share: files to read, data settings, a TFDS set of pairs."""

from pathlib import Path

import pytest
import tensorflow_datasets as tfds

from pipeline.tasks.translation.config import DataSettings, TranslationSettings
from pipeline.tasks.translation.form import form_of

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
