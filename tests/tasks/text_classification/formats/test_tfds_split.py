"""A small TFDS data set, prepared here: rows, class names, the files of its content."""

import pytest
import tensorflow_datasets as tfds

from pipeline.datasets import tfds_sets
from pipeline.datasets.lines import content_key
from pipeline.errors import DataError, InputError
from pipeline.tasks.text_classification.loader import load

pytestmark = pytest.mark.usefixtures("reviews")


@pytest.fixture
def splits_of(make_data):
    """A function from files to split name to (text, labels, source) of each record."""

    def splits_of(files, on_error=None, **rest):
        data = make_data("tfds", files, **rest)
        source = load(data, on_error) if on_error else load(data)
        return {
            split: [(r["text"], r["labels"], r["source"]) for r in read()]
            for split, read in source.splits.items()
        }

    return splits_of


def test_rows_come_whole_with_class_names_and_their_source(splits_of, nasty):
    files = dict.fromkeys(("train", "valid", "test"), "tfds:tiny_reviews/train")
    found = splits_of(files)
    assert found["train"] == found["test"]
    assert [text for text, _, _ in found["train"]] == list(nasty * 2)
    assert [labels for _, labels, _ in found["train"]] == [["bad"], ["good"]] * 6
    assert found["train"][3][2] == "tfds:tiny_reviews/train:4"


def test_versions_slices_and_names_without_a_split(splits_of, nasty):
    files = {
        "train": "tfds:tiny_reviews:1.0.0/train[:50%]",
        "test": "tfds:tiny_reviews/train[6:8]",
        "extra": "tfds:tiny_reviews/validation[:1]",
    }
    found = splits_of(files, split={"valid": 0.2})
    assert len(found["train"]) + len(found["valid"]) == 6
    assert found["test"] == [
        (nasty[0], ["bad"], "tfds:tiny_reviews/train[6:8]:1"),
        (nasty[1], ["good"], "tfds:tiny_reviews/train[6:8]:2"),
    ]
    assert found["extra"][0][2] == "tfds:tiny_reviews/validation[:1]:1"
    assert tfds_sets.place("tfds:tiny_reviews", "train").name == "train"
    assert tfds_sets.place("tfds:tiny_reviews", "valid").name == "validation"


def test_several_texts_several_labels_and_numbers_as_labels(splits_of, nasty):
    files = dict.fromkeys(("train", "valid", "test"), "tfds:tiny_reviews/train[:3]")
    columns = {"text": ["title", "text"], "label": "topics"}
    found = splits_of(files, columns=columns, multi_label=True)
    assert [labels for _, labels, _ in found["train"]] == [[], ["a"], ["a", "b"]]
    assert found["train"][0][0] == f"title 0 {nasty[0]}"
    found = splits_of(files, columns={"label": "stars"})
    assert [labels for _, labels, _ in found["train"]] == [["0"], ["1"], ["2"]]


def test_a_hidden_label_and_damaged_bytes_are_told_by_row(splits_of):
    files = dict.fromkeys(("train", "valid", "test"), "tfds:tiny_reviews/validation")
    with pytest.raises(DataError) as caught:
        splits_of(files)
    assert str(caught.value) == (
        "tfds:tiny_reviews/validation:2: `label` is -1, which is no class;"
        " expected the number of a class"
    )
    errors = []
    assert len(splits_of(files, errors.append)["train"]) == 1
    with pytest.raises(DataError, match="train:2: byte 0xff of a string is not UTF-8"):
        splits_of(dict.fromkeys(files, "tfds:tiny_reviews/train"), columns={"text": ["bytes"]})
    errors = []
    files = dict.fromkeys(files, "tfds:tiny_reviews/train[:2]")
    splits_of(files, errors.append, columns={"text": ["words"]})
    assert errors[0].wrong == "`words` is ['x']"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("tfds:tiny_reviews/dev", "no split `dev`; it has train, validation"),
        ("tfds:tiny_reviews", "no split `test`; it has train, validation"),
        (
            "tfds:no_such_set_at_all/train",
            "unknown to TensorFlow Datasets; expected tfds",
        ),
        ("tfds:tiny_reviews:9.9.9/train", "unknown to TensorFlow Datasets"),
        ("tfds:", "not the name of a TensorFlow Datasets split"),
        (
            "tiny_reviews/train",
            "not the name of a TensorFlow Datasets split; expected tfds:NAME/SPLIT",
        ),
    ],
)
def test_what_is_not_there_is_named(name, message):
    with pytest.raises(InputError, match=message):
        tfds_sets.place(name, "test")


def test_a_feature_that_is_not_there_is_named(splits_of):
    with pytest.raises(InputError, match=r"no feature `body`; it has .*title"):
        splits_of({"train": "tfds:tiny_reviews/train"}, columns={"text": ["body"]})


def test_one_that_cannot_be_downloaded_is_an_error(monkeypatch, tmp_path):
    class Absent(tfds.core.GeneratorBasedBuilder):
        """Its data are nowhere."""

        VERSION = tfds.core.Version("1.0.0")
        name = "absent_reviews"

        def _info(self):
            return tfds.core.DatasetInfo(
                builder=self, features=tfds.features.FeaturesDict({"text": tfds.features.Text()})
            )

        def _split_generators(self, dl_manager):
            raise OSError("no way\nthere")

        def _generate_examples(self):
            raise NotImplementedError

    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))
    with pytest.raises(InputError, match=r"absent_reviews/train: .* \(OSError: no way there"):
        tfds_sets.place("tfds:absent_reviews/train", "train")


def test_the_content_key_changes_with_version_and_class_names(make_reviews, monkeypatch, tmp_path):
    keys = set()
    for number, made in enumerate(({}, {}, {"version": "1.0.1"}, {"labels": ("worse", "good")})):
        folder = tmp_path / str(number)
        make_reviews(folder, **made)
        monkeypatch.setenv("TFDS_DATA_DIR", str(folder))
        files = tfds_sets.files_of(tfds_sets.place("tfds:tiny_reviews/train", "train"))
        names = [file.name for file in files]
        assert "dataset_info.json" in names
        assert any("train.tfrecord" in name for name in names)
        assert not any("validation" in name for name in names)
        keys.add(content_key(files))
    assert len(keys) == 3
