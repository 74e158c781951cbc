"""How one split's file is to be read: by its own settings where it has some, else by the data's."""

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

MENDABLE = ("aligned", "csv", "tsv", "jsonl")  # that `repair` can write anew


@dataclass(frozen=True)
class Form:
    """What to know of a file to read it; the fields are those of `FileSettings`, all stated.

    `paths` are one, or two for `aligned`. `languages` are the same for all files of a config.
    """

    paths: tuple[str, ...]
    format: str
    columns: ColumnSettings
    header: bool
    encoding: str
    languages: LanguageSettings

    @property
    def mendable(self) -> bool:
        """Whether `repair` can write the file anew."""
        return self.format in MENDABLE


def form_of(data: DataSettings, split: str) -> Form:
    """The form of a split's file.

    Raises:
        InputError: No file is named for the split, one where two are needed or the other way
            round, or the units of a TMX file cannot be told without the languages.
    """
    if split not in data.files:
        raise InputError(
            f"data.files names {', '.join(data.files) or 'nothing'}; expected `{split}`"
        )
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
    """The names of a side's column, one or several."""
    return (column,) if isinstance(column, str) else column
