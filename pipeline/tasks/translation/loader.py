"""Files to records: formats by name, pairs left out by filters, splits carved by source text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from pipeline.config import data_path
from pipeline.datasets import tfds_sets
from pipeline.datasets.lines import UTF_8, OnError, codec_name, require, stop
from pipeline.datasets.splits import carve, ordered
from pipeline.errors import DataError, InputError
from pipeline.task import Dropped, Source
from pipeline.tasks.translation.file_format import Form, form_of
from pipeline.tasks.translation.filters import sift
from pipeline.tasks.translation.formats import aligned, jsonl, parquet, table, tfds_split, tmx
from pipeline.tasks.translation.near_duplicates import comparable
from pipeline.tasks.translation.records import Example, PairRecord, check
from pipeline.tasks.translation.settings import ColumnSettings, DataSettings

READERS: dict[str, Callable[..., Iterator[Example]]] = {
    "aligned": aligned.read,
    "csv": table.read_csv,
    "tsv": table.read_tsv,
    "jsonl": jsonl.read,
    "parquet": parquet.read,
    "tmx": tmx.read,
    "tfds": tfds_split.read,
}
CARVED = ("valid", "test")
LEFT_OUT = "train: left out, because"
Reader = Callable[[], Iterator[Example]]


def load(data: DataSettings, on_error: OnError = stop) -> Source[PairRecord]:
    """Opens every split of the config; nothing is read before a split is iterated.

    A TensorFlow Datasets data set that is not on the disk is downloaded now.

    Raises:
        InputError: No training file is named, or a file is missing or of the wrong kind.
    """
    form_of(data, "train")
    forms = {split: form_of(data, split) for split in data.files}
    paths = {split: places(form, split) for split, form in forms.items()}
    readers = {split: _reader(paths[split], form, on_error) for split, form in forms.items()}
    shares = {name: getattr(data.split, name) for name in CARVED if name not in paths}
    repairs: Counter[str] = Counter()
    kept = _kept(readers["train"], data, repairs)
    readers |= carve(kept, _sentence, shares, data.split.seed)
    return Source(
        splits={split: _records(readers[split], on_error) for split in ordered(readers)},
        files=[file for split in paths for file in files_of(paths[split], forms[split])],
        repairs=repairs,
        dropped=_dropped(_reader(paths["train"], forms["train"], _pass_over), data),
    )


def read(data: DataSettings, on_error: OnError = stop) -> Iterator[PairRecord]:
    """The training file as it stands, whole and checked: no split carved, nothing left out."""
    form = form_of(data, "train")
    yield from _records(_reader(places(form, "train"), form, on_error), on_error)()


def bundled_settings(data: DataSettings, files: Mapping[str, str]) -> DataSettings:
    """The settings that read files which `example.to_json` made, split by split.

    `filters.duplicates` is off: it has left out what it had to.
    """
    form = {
        "format": "jsonl",
        "files": dict(files),
        "columns": ColumnSettings(source="text", target="target"),
        "encoding": UTF_8,
        "filters": data.filters.model_copy(update={"duplicates": None}),
    }
    return data.model_copy(update=form)


def places(form: Form, split: str) -> list[Path]:
    """Where a split's data are; a `tfds` name stays what it is.

    Raises:
        InputError: They are not there, not of the right kind, or there is no such encoding.
    """
    codec_name(form.encoding)
    if form.format == "tfds":
        return [tfds_sets.place(form.paths[0], split)]
    found = [require(data_path(path)) for path in form.paths]
    for path in found:
        if path.is_dir():
            raise InputError(f"{path}: a folder; data.format {form.format} expects a file")
    return found


def files_of(paths: list[Path], form: Form) -> list[Path]:
    """The files that make a split's content."""
    return tfds_sets.files_of(paths[0]) if form.format == "tfds" else paths


def _reader(paths: list[Path], form: Form, on_error: OnError) -> Reader:
    return lambda: READERS[form.format](*paths, form=form, on_error=on_error)


def _sentence(example: Example) -> str:
    """What two examples must not share across splits: the source, whatever its case and marks."""
    return comparable(example.text) or example.text


def _kept(read: Reader, data: DataSettings, repairs: Counter[str]) -> Reader:
    def kept() -> Iterator[Example]:
        counts = Counter[str]()
        for example, why in sift(read(), data.filters, data.languages):
            if why:
                counts[why] += 1
            else:
                yield example
        for why, count in counts.items():  # set, not added: carved splits pass here once each
            repairs[f"{LEFT_OUT} {why}"] = count

    return kept


def _dropped(read: Reader, data: DataSettings) -> Callable[[], Iterator[Dropped[PairRecord]]]:
    return lambda: (
        Dropped(example.to_record(), why)
        for example, why in sift(read(), data.filters, data.languages)
        if why
    )


def _records(read: Reader, on_error: OnError) -> Callable[[], Iterator[PairRecord]]:
    def records() -> Iterator[PairRecord]:
        for example in read():
            try:
                check(example)
            except DataError as error:
                on_error(error)
            else:
                yield example.to_record()

    return records


def _pass_over(error: DataError) -> None:
    """Bad lines are told where the splits are read."""
