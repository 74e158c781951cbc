"""The settings of a translation config file, with their defaults."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pipeline.config import ExportSettings, Section, SplitSettings, TrainSettings, Words

Format = Literal["aligned", "csv", "tsv", "jsonl", "parquet", "tmx", "tfds"]
UNKNOWN = "und"  # ISO 639's code for a language that nobody states


class LanguageSettings(Section):
    """What is translated into what: codes such as `en`, `de`, `zh`, `pt-BR`; `und` is unknown.

    They choose the units of a TMX file and say which script a side is written in.
    """

    source: str = UNKNOWN
    target: str = UNKNOWN


class ColumnSettings(Section):
    """Which column, or key of a JSONL object, holds which side; without a header "0", "1", ...

    `translation.en` is the key `en` of the object in `translation`. Of several names the first
    counts that a row has, and not empty: `[zh_typed, zh]`.
    """

    source: str | Words = "source"
    target: str | Words = "target"


class AlignedFiles(Section):
    """Two files of which line N of one translates line N of the other."""

    source: str
    target: str


class FileSettings(Section):
    """A split's file, or two aligned ones, and in what it differs from the others of its config.

    `header`: whether the first row of a table names its columns. `encoding` is one of Python's
    names.
    """

    path: str | AlignedFiles
    format: Format | None = None
    columns: ColumnSettings | None = None
    header: bool | None = None
    encoding: str | None = None


class FilterSettings(Section):
    """Which pairs of the training file are left out, before other splits are carved of it.

    Splits with a file of their own stay whole, so that scores compare. What is left out is counted
    with the reason, and `validate` lists it. All filters are off by default.

    `empty`: a side is empty; where this is off, such a pair is an error.
    `min_characters`, `max_characters`: of either side.
    `max_length_ratio`: of the longer side to the shorter one, a Chinese or Japanese character
    counted as three.
    `identical`: both sides are the same, but for case and outer space.
    `script`: most letters of a side are not of a script that its language is written in.
    `duplicates`: `pair` leaves out pairs that stood before, `source` all pairs whose source stood
    before, whatever the target.
    """

    empty: bool = False
    min_characters: int | None = Field(None, ge=1)
    max_characters: int | None = Field(None, ge=1)
    max_length_ratio: float | None = Field(None, ge=1)
    identical: bool = False
    script: bool = False
    duplicates: Literal["pair", "source"] | None = None


class DataSettings(Section):
    """Where the pairs are.

    `files` maps a split to a file, for `aligned` to two (`{source: train.en, target: train.de}`),
    or to a TensorFlow Datasets split (`tfds:ted_hrlr_translate/pt_to_en/train`); where one split's
    file differs from the others, to a group of settings. `train` is required; `valid` and `test`
    are carved out of it where absent, so that no source text stands on both sides, nor one with the
    same letters and digits.
    """

    format: Format
    files: dict[str, str | AlignedFiles | FileSettings]
    languages: LanguageSettings = LanguageSettings()
    columns: ColumnSettings = ColumnSettings()
    header: bool = True
    encoding: str = "utf-8"
    split: SplitSettings = SplitSettings()
    filters: FilterSettings = FilterSettings()


class TranslationSettings(Section):
    """A whole config file."""

    task: Literal["translation"]
    data: DataSettings
    train: TrainSettings = TrainSettings()
    export: ExportSettings = ExportSettings()
