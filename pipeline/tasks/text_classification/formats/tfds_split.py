"""A split of a TensorFlow Datasets data set (`datasets.tfds_sets`): its texts and labels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import tensorflow_datasets as tfds

from pipeline.datasets.lines import OnError, stop
from pipeline.datasets.tfds_sets import features_of, plain, read_rows, require_features, resolve
from pipeline.errors import DataError
from pipeline.tasks.text_classification.file_format import Form
from pipeline.tasks.text_classification.formats.values import example_of
from pipeline.tasks.text_classification.records import Example
from pipeline.userfiles.read import parse_rows


def read(path: Path, form: Form, on_error: OnError = stop) -> Iterator[Example]:
    """Read one example per row, counted from 1; a class label is its name, not its number."""
    name = str(path)
    present = features_of(resolve(name).builder)
    wanted = [(column,) for column in (*form.columns.text, form.columns.label)]
    features = {column: present[column] for column in require_features(name, present, wanted)}

    def parse(number: int, row: Mapping[str, Any]) -> Example:
        values = {
            column: _class_names(name, number, column, features[column], row[column])
            for column in features
        }
        return example_of(name, number, values, form)

    yield from parse_rows(name, read_rows(name, list(features)), parse, on_error)


def _class_names(name: str, number: int, column: str, feature: Any, value: Any) -> Any:
    """Return a plain value in which the numbers of class labels are replaced by their names.

    Raises:
        DataError: A number has no name, such as -1 in a test set that hides its labels.
    """
    if isinstance(feature, tfds.features.ClassLabel):
        index = int(value)
        if not 0 <= index < feature.num_classes:
            wrong = f"`{column}` is {index}, which is no class"
            raise DataError(name, number, wrong, "the number of a class")
        return feature.int2str(index)
    if isinstance(feature, tfds.features.Sequence):
        return [_class_names(name, number, column, feature.feature, item) for item in value]
    return plain(value)
