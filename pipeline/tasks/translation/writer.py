"""Records to a file in a user's format, read back before anyone relies on it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from pipeline.errors import DataError, InputError
from pipeline.tasks.translation.file_format import form_of
from pipeline.tasks.translation.formats import aligned, jsonl, parquet, table, tmx
from pipeline.tasks.translation.loader import READERS
from pipeline.tasks.translation.records import Example, PairRecord, from_record, shorten
from pipeline.tasks.translation.settings import DataSettings

WRITERS: dict[str, Callable[[Sequence[Example], Path], None]] = {
    "aligned": aligned.write,
    "csv": table.write_csv,
    "tsv": table.write_tsv,
    "jsonl": jsonl.write,
    "parquet": parquet.write,
    "tmx": tmx.write,
}
ENDINGS = {f".{name}": name for name in WRITERS if name != "aligned"}
HOLDS = "what the format can hold (jsonl holds anything)"


def write(records: Iterable[PairRecord], path: Path, format_: str | None, tags: str | None) -> str:
    """Writes records to a new file and reads it back; gives the format.

    Args:
        records: As `loader.read` gives them.
        path: What to write, for `aligned` a folder of two files; its name's ending says the format
            where `format_` does not.
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
        raise InputError(f"--tags {tags}: translation has no tags; expected none")
    examples = [from_record(record) for record in records]
    WRITERS[format_](examples, path)
    _compare(examples, path, format_)
    return format_


def _compare(examples: Sequence[Example], path: Path, format_: str) -> None:
    """Refuses what does not come back as it was."""
    source, target = tmx.languages_of(examples)
    pair = {
        side: str(path / n) for side, n in zip(("source", "target"), aligned.NAMES, strict=True)
    }
    settings: dict[str, Any] = {
        "format": format_,
        "files": {"train": pair if format_ == "aligned" else str(path)},
        "languages": {"source": source, "target": target},
    }
    form = form_of(DataSettings.model_validate(settings), "train")
    back = READERS[format_](*map(Path, form.paths), form=form) if examples else iter(())
    try:
        for example in examples:
            found = next(back, None)
            if found is None or _content(found) != _content(example):
                other = shorten(repr(_content(found))) if found else "nothing"
                raise example.error(f"it comes back from {format_} as {other}", HOLDS)
        if (more := next(back, None)) is not None:
            raise DataError(path, 0, f"{shorten(more.text)!r} was not written", HOLDS)
    except DataError as error:
        if not error.path.startswith(str(path)):
            raise
        raise DataError(path, error.line, f"not read back: {error.wrong}", HOLDS) from error


def _content(example: Example) -> tuple[str, str, tuple[str, ...]]:
    return example.text, example.target, example.parts
