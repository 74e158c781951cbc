"""Records to a file in a user's format, read back before anyone relies on it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from pipeline.errors import DataError, InputError
from pipeline.tasks.text_classification.file_format import form_of
from pipeline.tasks.text_classification.formats import fasttext, jsonl, label_text, parquet, table
from pipeline.tasks.text_classification.formats.values import label_column
from pipeline.tasks.text_classification.loader import READERS
from pipeline.tasks.text_classification.records import Example, TextRecord, from_record, shorten
from pipeline.tasks.text_classification.settings import DataSettings

WRITERS = {
    "csv": table.write_csv,
    "tsv": table.write_tsv,
    "jsonl": jsonl.write,
    "parquet": parquet.write,
    "fasttext": fasttext.write,
    "label_text": label_text.write,
}
# What a file's ending says; `.txt` has two meanings.
ENDINGS = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".jsonl": "jsonl",
    ".parquet": "parquet",
    ".ft": "fasttext",
}
HOLDS = "what the format can hold (jsonl holds anything)"


def write(records: Iterable[TextRecord], path: Path, format_: str | None, tags: str | None) -> str:
    """Writes records to a new file and reads it back; gives the format.

    A cell or a list has several labels only if some record has another number of them than one.

    Args:
        records: As `loader.read` gives them.
        path: What to write; its name's ending says the format where `format_` does not.
        format_: One of `WRITERS`.
        tags: None; texts have no tags here.

    Raises:
        DataError: The format cannot hold an example: its own file and line, and what.
        InputError: The format is unknown, or tags are asked for.
    """
    format_ = format_ or ENDINGS.get(path.suffix)
    if format_ not in WRITERS:
        known = ", ".join(WRITERS)
        wrong = f"format `{format_}`" if format_ else f"its ending `{path.suffix}` says no format"
        raise InputError(f"{path.name}: {wrong}; expected --to with one of {known}")
    if tags:
        raise InputError(f"--tags {tags}: text classification has no tags; expected none")
    examples = [from_record(record) for record in records]
    multi_label = any(len(each.labels) != 1 for each in examples)
    WRITERS[format_](examples, path, multi_label)
    _compare(examples, path, format_, multi_label)
    return format_


def _compare(examples: Sequence[Example], path: Path, format_: str, multi_label: bool) -> None:
    """Refuses what does not come back as it was."""
    settings = {
        "format": format_,
        "files": {"train": str(path)},
        "columns": {"label": label_column(multi_label)},
        "multi_label": multi_label,
    }
    form = form_of(DataSettings.model_validate(settings), "train")
    back = READERS[format_](path, form) if examples else iter(())
    try:
        for example in examples:
            found = next(back, None)
            if found is None or (found.text, found.labels) != (example.text, example.labels):
                other = shorten(repr((found.labels, found.text))) if found else "nothing"
                raise example.error(f"it comes back from {format_} as {other}", HOLDS)
        if (more := next(back, None)) is not None:
            raise DataError(path, 0, f"{shorten(more.text)!r} was not written", HOLDS)
    except DataError as error:
        if error.path != str(path):
            raise
        raise DataError(path, error.line, f"not read back: {error.wrong}", HOLDS) from error
