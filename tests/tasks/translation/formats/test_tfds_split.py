"""A small TFDS set of translations, prepared here."""

import numpy as np
import pytest
import tensorflow_datasets as tfds

from pipeline.errors import InputError
from pipeline.tasks.translation.formats import tfds_split
from pipeline.tasks.translation.loader import load

pytestmark = pytest.mark.usefixtures("pairs")
COLUMNS = {"source": "en", "target": "de"}


def test_rows_come_whole_with_their_source(make_data, nasty):
    name = "tfds:tiny_translate/train"
    files = {"train": name, "valid": "tfds:tiny_translate/validation[:1]", "test": name}
    source = load(make_data("tfds", files, columns=COLUMNS))
    found = [(r["text"], r["target"], r["source"]) for r in source.splits["train"]()]
    assert found == [(text, f"{text} ß", f"{name}:{n}") for n, text in enumerate(nasty, start=1)]
    assert [r["text"] for r in source.splits["valid"]()] == [nasty[0]]
    assert any("tfrecord" in file.name for file in source.files)


def test_a_name_gets_its_split_and_absent_ones_are_carved(make_data, nasty):
    source = load(make_data("tfds", {"train": "tfds:tiny_translate"}, columns=COLUMNS))
    assert sum(len(list(read())) for read in source.splits.values()) == len(nasty)


def test_a_feature_that_is_not_there_is_named(make_data):
    source = load(
        make_data("tfds", dict.fromkeys(("train", "valid", "test"), "tfds:tiny_translate/train"))
    )
    with pytest.raises(
        InputError, match=r"no feature `source`; it has .*en.* \(see data\.columns\)"
    ):
        list(source.splits["train"]())


def test_translations_inside_a_feature_and_damaged_bytes(monkeypatch, tmp_path, make_form):
    class Nested(tfds.core.GeneratorBasedBuilder, skip_registration=True):
        """Translations as one feature beside others."""

        VERSION = tfds.core.Version("1.0.0")
        name = "tiny_nested"

        def _info(self):
            both = tfds.features.Translation(languages=("de", "en"))
            features = {"translation": both, "number": tfds.features.Scalar(np.int32)}
            return tfds.core.DatasetInfo(
                builder=self, features=tfds.features.FeaturesDict(features), disable_shuffling=True
            )

        def _split_generators(self, dl_manager):
            del dl_manager
            return {"train": self._generate_examples()}

        def _generate_examples(self):
            for number, text in enumerate(("a", b"\xff")):
                yield number, {"number": 7, "translation": {"en": text, "de": "b"}}

    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))
    Nested(data_dir=str(tmp_path)).download_and_prepare()
    columns = {"source": "translation.en", "target": "translation.de"}
    errors = []
    form = make_form("tfds", columns=columns)
    found = list(tfds_split.read("tfds:tiny_nested/train", form, errors.append))
    assert [(row.text, row.target) for row in found] == [("a", "b")]
    assert [(error.line, error.wrong) for error in errors] == [
        (2, "byte 0xff of a string is not UTF-8")
    ]
    form = make_form("tfds", columns={"source": "number", "target": "translation.de"})
    assert not list(tfds_split.read("tfds:tiny_nested/train", form, errors.append))
    assert errors[1].wrong == "`number` is 7"
