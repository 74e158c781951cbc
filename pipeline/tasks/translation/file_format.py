"""How to read the file of one split: its own settings, with those of the data as defaults."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.errors import InputError
from pipeline.tasks.translation.settings import (
    UNKNOWN,
    AlignedFiles,
    ColumnSettings,
    DataSettings,
    FileSettings,
    LanguageSettings,
)
from pipeline.userfiles.read import require_split

MENDABLE = ("aligned", "csv", "tsv", "jsonl")  # formats that `repair` can write


@dataclass(frozen=True)
class Form:
    """All settings needed to read a file; the fields are those of `FileSettings`.

    `paths` is one path, or two for `aligned`. `languages` are the same for all files of a config.
    """

    paths: tuple[str, ...]
    format: str
    columns: ColumnSettings
    header: bool
    encoding: str
    languages: LanguageSettings

    @property
    def mendable(self) -> bool:
        """Whether `repair` can write a copy of the file."""
        return self.format in MENDABLE


def form_of(data: DataSettings, split: str) -> Form:
    """Return how to read the file of a split.

    Raises:
        InputError: No file is named for the split, one instead of two or the other way round, or
            the languages that select the units of a TMX file are unknown.
    """
    require_split(data.files, split)
    stated = data.files[split]
    file = stated if isinstance(stated, FileSettings) else FileSettings(path=stated)
    format_, two = file.format or data.format, isinstance(file.path, AlignedFiles)
    if two != (format_ == "aligned"):
        expected = "{source: FILE, target: FILE}" if not two else "one file, or format: aligned"
        found = "two files" if two else "one file"
        raise InputError(f"data.files.{split}: {found} for {format_}; expected {expected}")
    if format_ == "tmx" and UNKNOWN in (data.languages.source, data.languages.target):
        raise InputError("data.languages: unknown; tmx expects both, e.g. {source: en, target: de}")
    return Form(
        paths=(
            (file.path.source, file.path.target)
            if isinstance(file.path, AlignedFiles)
            else (file.path,)
        ),
        format=format_,
        columns=data.columns if file.columns is None else file.columns,
        header=data.header if file.header is None else file.header,
        encoding=data.encoding if file.encoding is None else file.encoding,
        languages=data.languages,
    )


def names_of(column: str | tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of a side's column, one or several."""
    return (column,) if isinstance(column, str) else column
