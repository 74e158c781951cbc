"""Load records from files: rename labels and carve splits with equal shares of every label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from pipeline.config import data_path
from pipeline.datasets import tfds_sets
from pipeline.datasets.lines import UTF_8, OnError, codec_name, stop
from pipeline.datasets.splits import carve_stratified, ordered
from pipeline.errors import InputError
from pipeline.task import Source
from pipeline.tasks.text_classification.file_format import Form, form_of
from pipeline.tasks.text_classification.formats import (
    fasttext,
    folders,
    jsonl,
    label_text,
    parquet,
    table,
    tfds_split,
)
from pipeline.tasks.text_classification.records import Example, TextRecord, check, rename_labels
from pipeline.tasks.text_classification.settings import ColumnSettings, DataSettings
from pipeline.userfiles.read import checked, require_kind, shares_to_carve

READERS = {
    "csv": table.read,
    "tsv": table.read,
    "jsonl": jsonl.read,
    "parquet": parquet.read,
    "fasttext": fasttext.read,
    "folders": folders.read,
    "label_text": label_text.read,
    "tfds": tfds_split.read,
}
Reader = Callable[[], Iterator[Example]]


def load(data: DataSettings, on_error: OnError = stop) -> Source[TextRecord]:
    """Open every split of the config; nothing is read before a split is iterated.

    A TensorFlow Datasets data set that is not on the disk is downloaded now.

    Raises:
        InputError: No training file is named, or a file is missing or a folder.
    """
    train = form_of(data, "train")
    forms = {split: form_of(data, split) for split in data.files}
    paths = {split: place(form, split) for split, form in forms.items()}
    readers = {split: _reader(paths[split], form, on_error) for split, form in forms.items()}
    shares = shares_to_carve(data.split, paths)
    if shares:
        seed = data.split.seed
        readers |= carve_stratified(readers["train"], _text, _labels, shares, seed)
    repairs: Counter[str] = Counter()
    return Source(
        splits={
            split: _records(split, readers[split], forms.get(split, train), repairs, on_error)
            for split in ordered(readers)
        },
        files=[file for split, path in paths.items() for file in files_of(path, forms[split])],
        repairs=repairs,
    )


def read(data: DataSettings, on_error: OnError = stop) -> Iterator[TextRecord]:
    """Read the whole training file, with labels renamed and checked; no split is carved out."""
    form = form_of(data, "train")
    reader = _reader(place(form, "train"), form, on_error)
    yield from _records("train", reader, form, Counter(), on_error)()


def bundled_settings(data: DataSettings, files: Mapping[str, str]) -> DataSettings:
    """Return the settings that read files written with `records.to_json`, by split."""
    form = {
        "format": "jsonl",
        "files": dict(files),
        "columns": ColumnSettings(label="labels"),
        "encoding": UTF_8,
    }
    return data.model_copy(update=form)


def place(form: Form, split: str) -> Path:
    """Return the path of a split's data; a `tfds` name stays a name.

    Raises:
        InputError: There is no such file, folder or encoding.
    """
    codec_name(form.encoding)
    if form.format == "tfds":
        return tfds_sets.place(form.path, split)
    return require_kind(data_path(form.path), form.format, folder=form.format == "folders")


def files_of(path: Path, form: Form) -> list[Path]:
    """Return the files that a split's content depends on.

    Raises:
        InputError: A folder holds no folder with a file.
    """
    if form.format == "tfds":
        return tfds_sets.files_of(path)
    if form.format != "folders":
        return [path]
    files = folders.files_of(path)
    if not files:
        raise InputError(
            f"{path}: no files in folders; expected a folder for each class, a file for each text"
        )
    return files


def _reader(path: Path, form: Form, on_error: OnError) -> Reader:
    return lambda: READERS[form.format](path, form, on_error)


def _text(example: Example) -> str:
    return example.text


def _labels(example: Example) -> Sequence[str]:
    return example.labels


def _records(
    split: str, read: Reader, form: Form, repairs: Counter[str], on_error: OnError
) -> Callable[[], Iterator[TextRecord]]:
    def record_of(example: Example) -> tuple[TextRecord, int]:
        check(example, form.multi_label, form.mendable)
        renamed = rename_labels(example, form.labels)
        return renamed.to_record(), len(example.labels) - len(renamed.labels)

    def records() -> Iterator[TextRecord]:
        merged = 0
        for record, fewer in checked(read, record_of, on_error)():
            merged += fewer
            yield record
        if merged:
            repairs[f"{split}: labels of a text that data.labels gives one name"] = merged

    return records
