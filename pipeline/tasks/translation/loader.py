"""Load records from files: leave out pairs that filters reject, carve splits by source text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from pipeline.config import data_path
from pipeline.datasets import tfds_sets
from pipeline.datasets.lines import UTF_8, OnError, codec_name, stop
from pipeline.datasets.splits import carve, ordered
from pipeline.errors import DataError
from pipeline.task import Dropped, Source
from pipeline.tasks.translation.file_format import Form, form_of
from pipeline.tasks.translation.filters import check_pairs
from pipeline.tasks.translation.formats import aligned, jsonl, parquet, table, tfds_split, tmx
from pipeline.tasks.translation.near_duplicates import comparable
from pipeline.tasks.translation.records import Example, PairRecord, check
from pipeline.tasks.translation.settings import ColumnSettings, DataSettings
from pipeline.userfiles.read import checked, require_kind, shares_to_carve

READERS: dict[str, Callable[..., Iterator[Example]]] = {
    "aligned": aligned.read,
    "csv": table.read,
    "tsv": table.read,
    "jsonl": jsonl.read,
    "parquet": parquet.read,
    "tmx": tmx.read,
    "tfds": tfds_split.read,
}
LEFT_OUT = "train: left out, because"
Reader = Callable[[], Iterator[Example]]


def load(data: DataSettings, on_error: OnError = stop) -> Source[PairRecord]:
    """Open every split of the config; nothing is read before a split is iterated.

    A TensorFlow Datasets data set that is not on the disk is downloaded now.

    Raises:
        InputError: No training file is named, or a file is missing or a folder.
    """
    form_of(data, "train")
    forms = {split: form_of(data, split) for split in data.files}
    paths = {split: places(form, split) for split, form in forms.items()}
    readers = {split: _reader(paths[split], form, on_error) for split, form in forms.items()}
    shares = shares_to_carve(data.split, paths)
    repairs: Counter[str] = Counter()
    kept = _kept(readers["train"], data, repairs)
    readers |= carve(kept, _sentence, shares, data.split.seed)
    return Source(
        splits={split: checked(readers[split], _record, on_error) for split in ordered(readers)},
        files=[file for split in paths for file in files_of(paths[split], forms[split])],
        repairs=repairs,
        dropped=_dropped(_reader(paths["train"], forms["train"], _pass_over), data),
    )


def read(data: DataSettings, on_error: OnError = stop) -> Iterator[PairRecord]:
    """Read the whole training file, checked; no split is carved out and no filter applied."""
    form = form_of(data, "train")
    yield from checked(_reader(places(form, "train"), form, on_error), _record, on_error)()


def bundled_settings(data: DataSettings, files: Mapping[str, str]) -> DataSettings:
    """Return the settings that read files written with `records.to_json`, by split.

    `filters.duplicates` is off, since these files have no duplicates left.
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
    """Return the paths of a split's data; a `tfds` name stays a name.

    Raises:
        InputError: There is no such file or encoding, or a folder instead of a file.
    """
    codec_name(form.encoding)
    if form.format == "tfds":
        return [tfds_sets.place(form.paths[0], split)]
    return [require_kind(data_path(path), form.format, folder=False) for path in form.paths]


def files_of(paths: list[Path], form: Form) -> list[Path]:
    """Return the files that a split's content depends on."""
    return tfds_sets.files_of(paths[0]) if form.format == "tfds" else paths


def _reader(paths: list[Path], form: Form, on_error: OnError) -> Reader:
    return lambda: READERS[form.format](*paths, form=form, on_error=on_error)


def _sentence(example: Example) -> str:
    """Return what two examples must not share across splits: the source's letters and digits."""
    return comparable(example.text) or example.text


def _kept(read: Reader, data: DataSettings, repairs: Counter[str]) -> Reader:
    def kept() -> Iterator[Example]:
        counts = Counter[str]()
        for example, why in check_pairs(read(), data.filters, data.languages):
            if why:
                counts[why] += 1
            else:
                yield example
        for why, count in counts.items():  # set, not added: each carved split passes here once
            repairs[f"{LEFT_OUT} {why}"] = count

    return kept


def _dropped(read: Reader, data: DataSettings) -> Callable[[], Iterator[Dropped[PairRecord]]]:
    return lambda: (
        Dropped(example.to_record(), why)
        for example, why in check_pairs(read(), data.filters, data.languages)
        if why
    )


def _record(example: Example) -> PairRecord:
    check(example)
    return example.to_record()


def _pass_over(error: DataError) -> None:
    """Ignore bad lines, which are reported where the splits are read."""
