"""Write records to a file in a user's format."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from pipeline.errors import InputError
from pipeline.tasks.text_classification.file_format import form_of
from pipeline.tasks.text_classification.formats import fasttext, jsonl, label_text, parquet, table
from pipeline.tasks.text_classification.formats.values import label_column
from pipeline.tasks.text_classification.loader import READERS
from pipeline.tasks.text_classification.records import Example, TextRecord, from_record
from pipeline.tasks.text_classification.settings import DataSettings
from pipeline.userfiles.write import Format, format_for, write_checked

WRITERS = {
    "csv": table.write_csv,
    "tsv": table.write_tsv,
    "jsonl": jsonl.write,
    "parquet": parquet.write,
    "fasttext": fasttext.write,
    "label_text": label_text.write,
}
# Formats by a file's ending. `.txt` is not listed, since two formats use it.
ENDINGS = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".jsonl": "jsonl",
    ".parquet": "parquet",
    ".ft": "fasttext",
}


def write(records: Iterable[TextRecord], path: Path, format_: str | None, tags: str | None) -> str:
    """Write records to a new file, read it back, and return the format.

    Labels are written as a list, or as several in a cell, only if some record does not have exactly
    one label.

    Args:
        records: As `loader.read` yields them.
        path: The file to write. Its ending decides the format if `format_` is None.
        format_: One of `WRITERS`.
        tags: None, since texts have no tags.

    Raises:
        DataError: The format cannot hold an example; names the example's own file and line.
        InputError: There is no such format, or `tags` is given.
    """
    format_ = format_for(path, format_, WRITERS, ENDINGS)
    if tags:
        raise InputError(f"--tags {tags}: text classification has no tags; expected none")
    examples = [from_record(record) for record in records]
    multi_label = any(len(each.labels) != 1 for each in examples)
    writer = WRITERS[format_]

    def read(file: Path) -> Iterator[Example]:
        settings = {
            "format": format_,
            "files": {"train": str(file)},
            "columns": {"label": label_column(multi_label)},
            "multi_label": multi_label,
        }
        form = form_of(DataSettings.model_validate(settings), "train")
        return READERS[form.format](file, form)

    write_checked(
        examples,
        path,
        Format(format_, lambda some, file: writer(some, file, multi_label), read, _content),
    )
    return format_


def _content(example: Example) -> Mapping[str, object]:
    return {"labels": list(example.labels), "text": example.text}
