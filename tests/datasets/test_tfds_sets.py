"""TFDS data sets by name: prepared here, found, read, and missing ones named.

More in `tests/tasks/*/formats/test_tfds_split.py`.
"""

import pytest
import tensorflow_datasets as tfds

from pipeline.datasets import tfds_sets
from pipeline.errors import InputError


class TinyPairs(tfds.core.GeneratorBasedBuilder, skip_registration=True):
    """Two features a row."""

    VERSION = tfds.core.Version("1.0.0")
    name = "tiny_rows"

    def _info(self):
        features = {"a": tfds.features.Text(), "b": tfds.features.Text()}
        return tfds.core.DatasetInfo(
            builder=self, features=tfds.features.FeaturesDict(features), disable_shuffling=True
        )

    def _split_generators(self, dl_manager):
        del dl_manager
        return {"train": self._generate_examples(3), "validation": self._generate_examples(1)}

    def _generate_examples(self, rows):
        for number in range(rows):
            yield number, {"a": f"a{number}", "b": "京\x85"}


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A folder with `tiny_rows`, where data sets are looked for."""
    tfds.disable_progress_bar()
    TinyPairs(data_dir=str(tmp_path)).download_and_prepare()
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))
    return tmp_path


def test_rows_come_in_order_with_the_columns_asked_for(home):
    found = list(tfds_sets.read_rows("tfds:tiny_rows/train[1:]", ["b"]))
    assert found == [(1, {"b": "京\x85".encode()}), (2, {"b": "京\x85".encode()})]
    builder, split = tfds_sets.resolve("tfds:tiny_rows")
    assert (set(tfds_sets.features_of(builder)), split) == ({"a", "b"}, "")


def test_a_name_gets_the_split_of_the_config(home):
    assert str(tfds_sets.place("tfds:tiny_rows", "valid")) == "tfds:tiny_rows/validation"
    with pytest.raises(InputError, match="no split `test`; it has train, validation"):
        tfds_sets.place("tfds:tiny_rows", "test")
    files = tfds_sets.files_of(tfds_sets.place("tfds:tiny_rows/train", "train"))
    assert all(home in file.parents for file in files)
    assert not any("validation" in file.name for file in files)
