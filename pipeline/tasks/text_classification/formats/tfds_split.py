"""A split of a TensorFlow Datasets data set (`datasets.tfds_sets`): its texts and labels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import tensorflow_datasets as tfds

from pipeline.datasets.lines import OnError, stop
from pipeline.datasets.tfds_sets import features_of, read_rows, resolve
from pipeline.errors import DataError, InputError
from pipeline.tasks.text_classification.file_format import Form
from pipeline.tasks.text_classification.formats.values import example_of
from pipeline.tasks.text_classification.records import Example


def read(path: Path, form: Form, on_error: OnError = stop) -> Iterator[Example]:
    """Reads one row an example, counted from 1; a class label is its name, not its number."""
    name = str(path)
    builder, _ = resolve(name)
    features = {column: features_of(builder)[column] for column in _columns(name, builder, form)}
    for number, row in read_rows(name, list(features)):
        try:
            values = {
                column: _plain(feature, row[column], column) for column, feature in features.items()
            }
            yield example_of(name, number, values, form)
        except UnicodeDecodeError as error:
            wrong = f"byte 0x{error.object[error.start]:02x} of a string is not UTF-8"
            on_error(DataError(name, number, wrong, "strings in UTF-8"))
        except _NoNameError as error:
            on_error(DataError(name, number, str(error), "one of the class names' numbers"))
        except DataError as error:
            on_error(error)


def _columns(name: str, builder: Any, form: Form) -> Sequence[str]:
    present = features_of(builder)
    wanted = list(dict.fromkeys((*form.columns.text, form.columns.label)))
    for column in wanted:
        if column not in present:
            known = ", ".join(present)
            raise InputError(f"{name}: no feature `{column}`; it has {known} (see data.columns)")
    return wanted


class _NoNameError(Exception):
    """A class label's number has no name, such as -1 where a test set hides its labels."""


def _plain(feature: Any, value: Any, column: str) -> Any:
    if isinstance(feature, tfds.features.ClassLabel):
        number = int(value)
        if not 0 <= number < feature.num_classes:
            raise _NoNameError(f"`{column}` is {number}, which is no class")
        return feature.int2str(number)
    if isinstance(feature, tfds.features.Sequence):
        return [_plain(feature.feature, item, column) for item in value]
    if isinstance(value, bytes):
        return value.decode("utf-8")
    return value.tolist() if hasattr(value, "tolist") else value
