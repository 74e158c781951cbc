"""How to read the file of one split: its own settings, with those of the data as defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.errors import InputError
from pipeline.tasks.text_classification.settings import ColumnSettings, DataSettings, FileSettings
from pipeline.userfiles.read import require_split

MENDABLE = ("csv", "tsv", "jsonl", "fasttext", "label_text")  # formats that `repair` can write


@dataclass(frozen=True)
class Form:
    """All settings needed to read a file; the fields are those of `FileSettings`.

    `multi_label` and `separator` are the same for all files of a config.
    """

    path: str
    format: str
    columns: ColumnSettings
    header: bool
    encoding: str
    labels: Mapping[str, str]
    multi_label: bool
    separator: str

    @property
    def mendable(self) -> bool:
        """Whether `repair` can write a copy of the file."""
        return self.format in MENDABLE


def form_of(data: DataSettings, split: str) -> Form:
    """Return how to read the file of a split.

    Raises:
        InputError: No file is named for the split, or the separator is empty.
    """
    require_split(data.files, split)
    if data.multi_label and not data.separator:
        raise InputError("data.separator is empty; expected the separator of labels, e.g. ','")
    stated = data.files[split]
    file = stated if isinstance(stated, FileSettings) else FileSettings(path=stated)
    return Form(
        path=file.path,
        format=file.format or data.format,
        columns=data.columns if file.columns is None else file.columns,
        header=data.header if file.header is None else file.header,
        encoding=data.encoding if file.encoding is None else file.encoding,
        labels=data.labels if file.labels is None else file.labels,
        multi_label=data.multi_label,
        separator=data.separator,
    )
