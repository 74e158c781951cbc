"""What can be mended in a file without asking its author, line by line.

Mended are spaces round a side, and characters in it that nobody sees and no sentence needs: control
characters that part no words, and byte order marks. All else in the file stays as it is, byte for
byte, unreadable lines too.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline.config import data_path
from pipeline.datasets.mending import Mended, mend_cells, mend_keys, mend_lines, write_mended
from pipeline.tasks.translation.file_format import Form, form_of, names_of
from pipeline.tasks.translation.formats import table
from pipeline.tasks.translation.settings import DataSettings

SPACE = "space round a side left out"
CONTROL = "control characters left out"
# Those that part words, and U+0080 to U+009F, which may be letters of another encoding, stay.
CONTROLS = re.compile("[\x00-\x08\x0e-\x1b\x7f\ufeff]")
SPACES = " \t\u00a0\u3000"


def repair(data: DataSettings) -> Iterator[tuple[Path, Path, Mended]]:
    """Writes a mended copy of every file that has something to mend.

    `train.en` becomes `train.fixed.en` beside it; the file itself is not touched.

    Yields:
        The file, its copy, and (line, what was mended) of each line.

    Raises:
        InputError: A copy is there already.
    """
    forms = [form_of(data, split) for split in data.files]
    places = {data_path(path): form for form in forms if form.mendable for path in form.paths}
    for path, form in places.items():
        written = write_mended(path, form.encoding, functools.partial(mend, form=form))
        if written:
            yield written


def mend(text: str, form: Form) -> tuple[str, Mended]:
    """A file's text with what is safe mended, and (line, what) of each change."""
    if form.format == "aligned":
        return mend_lines(text, mend_side)
    names = (*names_of(form.columns.source), *names_of(form.columns.target))
    if form.format == "jsonl":
        return mend_lines(text, lambda line: mend_keys(line, names, _mend_value))
    separator = table.COMMA if form.format == "csv" else table.TAB
    return mend_cells(text, separator, form.header, names, mend_side)


def mend_side(side: str) -> tuple[str, str]:
    """A side mended, and what was done; an empty one stays, since what was meant is unknown."""
    seen = CONTROLS.sub("", side)
    inner = seen.strip(SPACES)
    if not inner.strip():
        return side, ""
    return inner, "; ".join([SPACE] * (inner != seen) + [CONTROL] * (seen != side))


def _mend_value(value: Any) -> tuple[Any, str]:
    return mend_side(value) if isinstance(value, str) else (value, "")
