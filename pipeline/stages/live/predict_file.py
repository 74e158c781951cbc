"""Answer a file of texts of any size: one output row for each input row, in order.

The answers are written to `<output>.part`, which is renamed to `<output>` after the last row.
`<output>.part.json` names the model and the input. An interrupted command continues after the last
complete row when it is run again; with another model or another input it starts over.
"""

from __future__ import annotations

import fcntl
import hashlib
import itertools
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from pipeline.artifacts import read_json, write_json
from pipeline.datasets.cells import split_end
from pipeline.datasets.lines import require, whole_lines
from pipeline.errors import DataError, InputError, PipelineError
from pipeline.predictor import Predictor
from pipeline.report.terminal import note, progress
from pipeline.stages.data.texts import holds_objects, text_of
from pipeline.task import Answer

GROUP = 1024  # most rows in memory at once; fewer if they are long:
BYTES = 4 * 1024 * 1024
GOOD = b'"error": null}\n'  # the end of the line of a row without an error

Answers = Callable[[Sequence[str]], Sequence[Answer]]
Line = Mapping[str, Any]  # an answer, or the text of a row with its error


class TextRow(NamedTuple):
    """One row of the input: its text or its error.

    Args:
        text: The text; None if there is an error.
        error: The error, with file and line.
        size: The size of the row in the (unpacked) file, in bytes.
    """

    text: str | None
    error: str | None
    size: int


class Written(NamedTuple):
    """The rows of an output, the number of rows with an error, and the first error."""

    rows: int
    failed: int = 0
    first: str = ""


def run(predictor: Predictor, source: Path, target: Path) -> Written:
    """Answer every row of `source` in `target`: `{"text": ..., ..., "error": null}`.

    A damaged row, or one that the model fails on, gets an `error`; other rows are not affected.

    Raises:
        InputError: There is no such file or folder, `source` is a table, `target` is not a file or
            is `source` itself, or another process writes it.
        PipelineError: The disk is full or fails; the next call continues from what is written.
    """
    holds_objects(source)  # refuses a table before anything is written
    if not target.parent.is_dir():
        raise InputError(f"{target.parent}: no such folder to write {target.name} into")
    if target.exists() and not target.is_file():  # the rename would replace /dev/null
        kind = "a folder" if target.is_dir() else "a device or pipe"
        raise InputError(f"{target}: {kind}; expected the name of a file to write")
    if target.is_symlink():
        target = target.resolve()  # replace the file that the link points to
    try:
        return _run(predictor, source, target)
    except OSError as error:
        reason = error.strerror or str(error)
        raise PipelineError(
            f"{source} to {target}: {reason}; run the command again to continue"
        ) from error


def _run(predictor: Predictor, source: Path, target: Path) -> Written:
    part = target.with_name(f"{target.name}.part")
    if any(file.exists() and file.samefile(require(source)) for file in (target, part)):
        raise InputError(
            f"{source}: the output would overwrite it; expected another name for the output"
        )
    facts = {"model": _digest(predictor.manifest), "input": _facts(require(source))}
    with part.open("ab+") as file:
        _lock(file, part, target)
        written = _begin(file, part.with_name(f"{part.name}.json"), facts)
        if written.rows:
            note(f"{target}: continuing after row {written.rows}")
        written = _write(predictor, source, file, written)
        os.replace(part, target)
    part.with_name(f"{part.name}.json").unlink()
    note(f"{target}: {written.rows} rows, {written.failed} with an error")
    return written


def read_rows(file: Path, key: str = "text") -> Iterator[TextRow]:
    """Read the rows of a text file or of `.jsonl` (skipping blank lines); either may be `.gz`."""
    objects = holds_objects(file)
    damage: list[DataError] = []
    for line in whole_lines(file, damage.append):
        size = len(line.text.encode("utf-8", "surrogateescape"))
        if not line.whole:
            yield TextRow(None, str(damage.pop()), size)
            continue
        text = split_end(line.text)[0]
        if not objects:
            yield TextRow(text, None, size)
        elif text.strip():
            try:
                yield TextRow(text_of(file, line.number, text, key), None, size)
            except DataError as error:
                yield TextRow(None, str(error), size)


def _write(answers: Answers, source: Path, file: BinaryIO, written: Written) -> Written:
    """Append the missing answers; each group is on the disk before the next one is read."""
    rows = read_rows(source)
    total = None if source.suffix == ".gz" else source.stat().st_size
    with progress("bytes") as bar:
        line = bar.add_task("predicting", total=total, detail="")
        for row in itertools.islice(rows, written.rows):
            bar.update(line, advance=row.size)
        for group in _groups(rows):
            lines = [_line(answer) for answer in answered(answers, group)]
            file.write(b"".join(lines))
            file.flush()
            os.fsync(file.fileno())
            written = _counted(written, lines)
            bar.update(line, advance=sum(row.size for row in group), detail=f"{written.rows} rows")
    return written


def _groups(rows: Iterator[TextRow]) -> Iterator[list[TextRow]]:
    """Yield groups of `GROUP` rows, or of fewer rows with `BYTES` bytes together."""
    group, size = list[TextRow](), 0
    for row in rows:
        group.append(row)
        size += row.size
        if len(group) >= GROUP or size >= BYTES:
            yield group
            group, size = [], 0
    if group:
        yield group


def answered(answers: Answers, rows: Sequence[TextRow]) -> Iterator[Line]:
    """Yield a line for each row; rows with an error are not sent to the model."""
    texts = [row.text for row in rows if row.text is not None]
    found = iter(_one_by_one(answers, texts))
    for row in rows:
        yield {"text": None, "error": row.error} if row.text is None else next(found)


def _one_by_one(answers: Answers, texts: Sequence[str]) -> list[Line]:
    """Answer all rows at once; if that fails, answer each half, so that a bad row fails alone."""
    try:
        return [{**answer, "error": None} for answer in answers(texts)] if texts else []
    except Exception as error:
        if len(texts) == 1:
            reason = " ".join(f"{type(error).__name__}: {error}".split())[:300]
            return [{"text": texts[0], "error": reason}]
    middle = len(texts) // 2
    return _one_by_one(answers, texts[:middle]) + _one_by_one(answers, texts[middle:])


def _line(answer: Mapping[str, Any]) -> bytes:
    # An error may contain a file name that is not UTF-8; its surrogates are written as \udcff.
    return (json.dumps(answer, ensure_ascii=False) + "\n").encode(errors="backslashreplace")


def _begin(file: BinaryIO, beside: Path, facts: Mapping[str, Any]) -> Written:
    """Return what an earlier call wrote, and cut the file after its last complete row.

    A new start empties the file before it writes the facts about it, so that a reader never pairs
    the answers of one call with the facts of another.
    """
    if not beside.exists() or read_json(beside) != facts:
        file.truncate(0)
        write_json(beside, facts)
        return Written(0)
    file.seek(0)
    written, end = Written(0), 0
    for line in file:
        if line.endswith(b"\n"):
            written, end = _counted(written, [line]), end + len(line)
    file.truncate(end)
    return written


def _counted(written: Written, lines: Sequence[bytes]) -> Written:
    bad = [line for line in lines if not line.endswith(GOOD)]
    first = written.first or (json.loads(bad[0])["error"] if bad else "")
    return Written(written.rows + len(lines), written.failed + len(bad), first)


def _lock(file: BinaryIO, part: Path, target: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise InputError(f"{target}: another process is writing it") from error
    # The process that held the lock may have finished: the opened file is then its output.
    if not part.exists() or not os.path.samestat(os.fstat(file.fileno()), part.stat()):
        raise InputError(f"{target}: another process has just finished writing it")


def _facts(source: Path) -> dict[str, Any]:
    seen = source.stat()
    return {"path": str(source.resolve()), "size": seen.st_size, "modified": seen.st_mtime_ns}


def _digest(manifest: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()
