"""Detect how a user's file of labelled texts is to be read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pipeline.datasets import tfds_sets
from pipeline.datasets.lines import UTF_8, read_lines, require
from pipeline.datasets.parquet import read_class_names
from pipeline.errors import IncompleteDataError, InputError
from pipeline.task import Detected, Purpose
from pipeline.tasks.text_classification import columns
from pipeline.tasks.text_classification.file_format import form_of
from pipeline.tasks.text_classification.formats import fasttext, folders, label_text
from pipeline.tasks.text_classification.loader import READERS
from pipeline.tasks.text_classification.settings import DataSettings
from pipeline.userfiles.adopt import known_columns, on_one_file
from pipeline.userfiles.columns import no_columns, unused
from pipeline.userfiles.detect import (
    ENDINGS,
    SPLIT_NAMES,
    TRAIN,
    Sample,
    all_values,
    encoding_of,
    files_beside,
    first_lines,
    format_by_ending,
    format_by_lines,
    is_parquet,
    require_format,
    sample_jsonl,
    sample_parquet,
    sample_table,
    sample_tfds,
    training_file,
)

EXPECTED = (
    "CSV, TSV, JSONL or Parquet with a text and a label; lines of `__label__x text` or `label"
    " text`; a folder with a folder for each class (or train/ and test/ of these); tfds:NAME"
)
MAX_LABEL_SHARE = 0.5  # different first words per line; if there are more, they are no labels
Found = tuple[dict[str, Any], str]
"""Settings, and what they come from, for a person."""


def detect(
    path: Path, format_: str | None = None, known: Mapping[str, Any] | None = None
) -> Detected:
    """Return the data section of a config for a file, folder or `tfds:` name.

    Args:
        path: The user's file or folder, or the name of a TensorFlow Datasets data set.
        format_: The format, if the user states it; otherwise it is detected.
        known: Columns, as in `data.columns`, that are preferred to those with usual names.

    Raises:
        InputError: The file has no format that can be read.
    """
    known = known or {}
    require_format(format_, READERS)
    if str(path).startswith(tfds_sets.PREFIX) or format_ == "tfds":
        return _tfds(f"{tfds_sets.PREFIX}{str(path).removeprefix(tfds_sets.PREFIX)}", known)
    if require(path).is_dir():
        return _folder(path, format_, known)
    if format_ == "folders":
        raise InputError(f"{path}: a file; the format folders is a folder with folders of classes")
    encoding = encoding_of(path)
    format_ = format_ or _format_of(path, encoding)
    settings: dict[str, Any] = {"format": format_, "files": files_beside(path)}
    if encoding != UTF_8:
        settings["encoding"] = encoding
    if format_ in ("fasttext", "label_text"):
        more, seen = _lines(path, format_, encoding)
    else:
        more, seen = _columns(path, format_, encoding, known)
    shown = f", in {encoding}" if encoding != UTF_8 else ""
    return Detected(settings | more, f"{path}: {seen}{shown}")


def adopt(
    data: DataSettings, path: Path, renamed: Mapping[str, Any], purpose: Purpose
) -> DataSettings:
    """Return the settings that read a new file for a model trained with `data`.

    Args:
        data: The model's data settings.
        path: The new file.
        renamed: As in `retrain.columns`.
        purpose: What the file is read for.

    Raises:
        IncompleteDataError: The purpose is `learn`, and texts have several labels or none, but the
            model gives each text one.
        InputError: The file has no format that can be read.
    """
    known = known_columns(form_of(data, TRAIN).columns, renamed)
    adopted = on_one_file(data, detect(path, known=known).settings, purpose)
    if purpose == "learn" and adopted.multi_label and not data.multi_label:
        raise IncompleteDataError(
            f"{path}: some of its texts have several labels or none, but the model gives each text"
            " one; state one label for each text, or train a model with data.multi_label: true"
        )
    return adopted


def columns_of(data: DataSettings) -> dict[str, Any]:
    """Return the columns of the training file, as in `data.columns`."""
    return form_of(data, TRAIN).columns.model_dump()


def _format_of(path: Path, encoding: str) -> str:
    if is_parquet(path):
        return "parquet"
    if found := format_by_ending(path, ENDINGS):
        return found
    lines = first_lines(path, encoding)
    found = format_by_lines(lines)
    if found == "jsonl":
        return found
    if any(line.startswith(fasttext.PREFIX) for line in lines):
        return "fasttext"
    if found:
        return found
    if _has_labels_first(lines):
        return "label_text"
    raise InputError(f"{path}: the format was not recognised; expected {EXPECTED}")


def _has_labels_first(lines: Iterable[str]) -> bool:
    """Tell whether lines look like `label text`: few different first words, a text behind each."""
    parsed = [label_text.parse(line) for line in lines]
    labels = {label for label, _, _ in parsed}
    few = 1 < len(labels) <= MAX_LABEL_SHARE * len(parsed) or len(labels) == len(parsed) == 2
    return few and all(label and text for label, _, text in parsed)


def _columns(path: Path, format_: str, encoding: str, known: Mapping[str, Any]) -> Found:
    settings: dict[str, Any] = {}
    if format_ == "jsonl":
        sample = sample_jsonl(path, encoding)
    elif format_ == "parquet":
        sample = sample_parquet(path)
    else:
        sample, settings["header"] = sample_table(
            path, format_, encoding, lambda rows: columns.has_header(rows, known)
        )
    found = _choose(path, sample, known)
    settings["columns"] = {"text": list(found.text), "label": found.label}
    seen = f"{sample.seen}; text in {' and '.join(found.text)}, label in {found.label}"
    seen += unused(sample.names, (*found.text, found.label))
    if format_ == "parquet" and (classes := read_class_names(path).get(found.label)):
        settings["labels"] = {str(number): name for number, name in enumerate(classes)}
        seen += f"; its classes are named: {', '.join(classes)}"
    values = all_values(path, format_, encoding, sample.names, found.label)
    several, shown = _several(found.label, values)
    return settings | several, f"{seen}{shown}"


def _choose(path: Path, sample: Sample, known: Mapping[str, Any]) -> columns.TextColumns:
    names = sample.names
    found = (
        columns.by_known(names, known)
        or columns.by_name(names)
        or columns.by_content(names, sample.rows)
    )
    if found is None:
        what, expected = "no columns for text and label", "such as `text` and `label`"
        raise no_columns(path, what, names, expected, ("text", "label"))
    return found


def _several(label: str, values: Iterable[Any]) -> Found:
    """Return the settings of data with several labels for a text, if the label column has such."""
    cells, lists = set[str](), False
    for value in values:
        lists = lists or (isinstance(value, list) and len(value) != 1)
        if isinstance(value, str):
            cells.add(value)
    if lists:
        return {"multi_label": True}, ", several for a text"
    separator = columns.separator_in(label, cells)
    if not separator:
        return {}, ""
    return {"multi_label": True, "separator": separator}, f", several separated by `{separator}`"


def _lines(path: Path, format_: str, encoding: str) -> Found:
    lines = (line for _, line in read_lines(path, lambda _: None, encoding) if line.strip())
    if format_ == "label_text":
        labels = {label_text.parse(line)[0] for line in lines}
        return {}, f"lines of a label, a space and a text; {len(labels)} labels"
    several = any(len(fasttext.parse(line)[0]) != 1 for line in lines)
    shown = ", several for a text" if several else ""
    settings = {"multi_label": True} if several else {}
    return settings, f"lines of {fasttext.PREFIX}label and text{shown}"


def _folder(path: Path, format_: str | None, known: Mapping[str, Any]) -> Detected:
    files = {TRAIN: str(path / TRAIN)}
    for split, names in SPLIT_NAMES.items():
        for name in names:
            if _classes(path / name):
                files.setdefault(split, str(path / name))
    if _classes(path / TRAIN):
        seen = f"{path}: folders {', '.join(_classes(path / TRAIN))} in {', '.join(files)}"
        return Detected({"format": "folders", "files": files}, seen)
    if training := training_file(path):
        return detect(training, format_, known)
    if len(_classes(path)) > 1:
        settings = {"format": "folders", "files": {TRAIN: str(path)}}
        return Detected(settings, f"{path}: folders {', '.join(_classes(path))}, a class each")
    raise InputError(f"{path}: no labelled texts here; expected {EXPECTED}")


def _classes(path: Path) -> list[str]:
    """Return the names of the folders with files in a folder, which are classes."""
    inside = folders.visible(path) if path.is_dir() else []
    return [
        each.name for each in inside if each.is_dir() and any(map(Path.is_file, each.iterdir()))
    ]


def _tfds(name: str, known: Mapping[str, Any]) -> Detected:
    sample = sample_tfds(name)
    names = list(sample.features)
    found = columns.by_known(names, known)
    if found is None and sample.supervised:
        text, label = sample.supervised
        found = columns.TextColumns((text,), label)
    found = found or columns.by_name(names)
    if found is None:
        raise InputError(
            f"{name}: no features for text and label among {', '.join(names)}; name them in a"
            " config: data.columns"
        )
    settings: dict[str, Any] = {
        "format": "tfds",
        "files": sample.files,
        "columns": {"text": list(found.text), "label": found.label},
    }
    if hasattr(sample.features[found.label], "feature"):  # a sequence
        settings["multi_label"] = True
    return Detected(settings, f"{sample.seen}; text in {found.text[0]}, label in {found.label}")
