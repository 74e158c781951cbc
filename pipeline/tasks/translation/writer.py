"""Write records to a file in a user's format."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.errors import InputError
from pipeline.tasks.translation.file_format import form_of
from pipeline.tasks.translation.formats import aligned, jsonl, parquet, table, tmx
from pipeline.tasks.translation.loader import READERS
from pipeline.tasks.translation.records import Example, PairRecord, from_record
from pipeline.tasks.translation.settings import DataSettings
from pipeline.userfiles.write import Format, format_for, write_checked

WRITERS: dict[str, Callable[[Sequence[Example], Path], None]] = {
    "aligned": aligned.write,
    "csv": table.write_csv,
    "tsv": table.write_tsv,
    "jsonl": jsonl.write,
    "parquet": parquet.write,
    "tmx": tmx.write,
}
ENDINGS = {f".{name}": name for name in WRITERS if name != "aligned"}


def write(records: Iterable[PairRecord], path: Path, format_: str | None, tags: str | None) -> str:
    """Write records to a new file, read it back, and return the format.

    Args:
        records: As `loader.read` yields them.
        path: The file to write; for `aligned`, a folder of two files. Its ending decides the format
            if `format_` is None.
        format_: One of `WRITERS`.
        tags: None, since texts have no tags.

    Raises:
        DataError: The format cannot hold an example; names the example's own file and line.
        InputError: There is no such format, or `tags` is given.
    """
    format_ = format_for(path, format_, WRITERS, ENDINGS)
    if tags:
        raise InputError(f"--tags {tags}: translation has no tags; expected none")
    examples = [from_record(record) for record in records]
    source, target = tmx.languages_of(examples)

    def read(file: Path) -> Iterator[Example]:
        sides = zip(("source", "target"), aligned.NAMES, strict=True)
        pair = {side: str(file / name) for side, name in sides}
        settings: dict[str, Any] = {
            "format": format_,
            "files": {"train": pair if format_ == "aligned" else str(file)},
            "languages": {"source": source, "target": target},
        }
        form = form_of(DataSettings.model_validate(settings), "train")
        return READERS[form.format](*map(Path, form.paths), form=form)

    write_checked(examples, path, Format(format_, WRITERS[format_], read, _content))
    return format_


def _content(example: Example) -> Mapping[str, object]:
    return {"text": example.text, "target": example.target, "parts": list(example.parts)}
