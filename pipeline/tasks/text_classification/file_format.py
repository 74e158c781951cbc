"""How one split's file is to be read: by its own settings where it has some, else by the data's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.errors import InputError
from pipeline.tasks.text_classification.settings import ColumnSettings, DataSettings, FileSettings

MENDABLE = ("csv", "tsv", "jsonl", "fasttext", "label_text")  # that `repair` can write anew


@dataclass(frozen=True)
class Form:
    """What to know of a file to read it; the fields are those of `FileSettings`, all stated.

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
        """Whether `repair` can write the file anew."""
        return self.format in MENDABLE


def form_of(data: DataSettings, split: str) -> Form:
    """The form of a split's file.

    Raises:
        InputError: No file is named for the split, or the separator is empty.
    """
    if split not in data.files:
        raise InputError(
            f"data.files names {', '.join(data.files) or 'nothing'}; expected `{split}`"
        )
    if data.multi_label and not data.separator:
        raise InputError("data.separator is empty; expected what stands between labels, e.g. ','")
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
