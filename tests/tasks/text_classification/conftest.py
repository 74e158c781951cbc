"""Fixtures of text classification: files to read, data settings, a TFDS data set."""

import numpy as np
import pytest
import tensorflow_datasets as tfds

from pipeline.tasks.text_classification.file_format import form_of
from pipeline.tasks.text_classification.settings import DataSettings, TextClassificationSettings

NASTY = (
    "a\x85b\u2028c",
    "\ufeff京 \u00a0\u3000",
    " two\r\nlines\n\n, \"quoted\" 'and'\ttab ",
    "lone\rCR\x00\x0b\x0c\x1c",
    "👩‍👧 e\u0301 \U0010ffff",
    '"',
)


@pytest.fixture(scope="session")
def nasty():
    """Return texts that careless readers split, drop or re-encode."""
    return NASTY


@pytest.fixture
def write(tmp_path):
    """Return a function that writes a file, from a name and text or bytes, and returns its path."""

    def write(name, content):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.fixture(scope="session")
def make_data():
    """Return a function from a format, files and other settings to the data section."""

    def make(format_, files, **rest):
        files = {
            split: file if isinstance(file, dict) else str(file) for split, file in files.items()
        }
        return DataSettings.model_validate({"format": format_, "files": files, **rest})

    return make


@pytest.fixture(scope="session")
def make_form(make_data):
    """Return a function from a format and data settings to the form of a file."""

    def make(format_, **rest):
        return form_of(make_data(format_, {"train": "never read"}, **rest), "train")

    return make


class TinyReviews(tfds.core.GeneratorBasedBuilder, skip_registration=True):
    """Nasty reviews, with class names, several topics, and features that a loader ignores."""

    VERSION = tfds.core.Version("1.0.0")
    LABELS = ("bad", "good")

    def _info(self):
        features = {
            "text": tfds.features.Text(),
            "title": tfds.features.Text(),
            "label": tfds.features.ClassLabel(names=self.LABELS),
            "topics": tfds.features.Sequence(tfds.features.ClassLabel(names=["a", "b"])),
            "stars": np.int64,
            "words": tfds.features.Sequence(tfds.features.Text()),
            "bytes": tfds.features.Tensor(shape=(), dtype=np.bytes_),
        }
        return tfds.core.DatasetInfo(
            builder=self,
            features=tfds.features.FeaturesDict(features),
            supervised_keys=("text", "label"),
            disable_shuffling=True,
        )

    def _split_generators(self, dl_manager):
        del dl_manager
        return {
            "train": self._generate_examples(NASTY, 2),
            "validation": self._generate_examples(NASTY[:2], 1),
        }

    def _generate_examples(self, texts, times):
        for number in range(len(texts) * times):
            yield (
                number,
                {
                    "text": texts[number % len(texts)],
                    "title": f"title {number}",
                    "label": -1 if (number, times) == (1, 1) else number % 2,
                    "topics": [0, 1][: number % 3],
                    "stars": number,
                    "words": ["x"],
                    "bytes": b"\xff" if number == 1 else b"fine",
                },
            )


@pytest.fixture(scope="session")
def make_reviews():
    """Return a function that prepares `tiny_reviews` in a folder, by version and class names."""

    def make(folder, version="1.0.0", labels=TinyReviews.LABELS):
        changed = {"VERSION": tfds.core.Version(version), "LABELS": labels, "name": "tiny_reviews"}
        kind = type("TinyReviews", (TinyReviews,), changed, skip_registration=True)
        tfds.disable_progress_bar()
        kind(data_dir=str(folder)).download_and_prepare()

    return make


@pytest.fixture(scope="session")
def reviews_home(tmp_path_factory, make_reviews):
    """Return a folder of prepared data sets that has `tiny_reviews`. Tests do not change it."""
    folder = tmp_path_factory.mktemp("tfds")
    make_reviews(folder)
    return folder


@pytest.fixture
def reviews(reviews_home, monkeypatch):
    """Make TFDS look for data sets in `reviews_home`."""
    monkeypatch.setenv("TFDS_DATA_DIR", str(reviews_home))


@pytest.fixture(scope="session")
def make_settings():
    """Return a function from sections that differ from the defaults to settings."""

    def make(data=None, **sections):
        files = {"format": "jsonl", "files": {"train": "never read"}}
        return TextClassificationSettings.model_validate(
            {"task": "text_classification", "data": {**files, **(data or {})}, **sections}
        )

    return make
