"""Repair sides that can be corrected without asking the author of a file.

Spaces around a side are removed, and so are invisible characters that no sentence needs: byte order
marks, and control characters that do not separate words. Everything else in the file stays, byte
for byte, unreadable lines included.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import Any

from pipeline.config import data_path
from pipeline.tasks.translation.file_format import Form, form_of, names_of
from pipeline.tasks.translation.settings import DataSettings
from pipeline.userfiles.repair import Repairs, Written, repair_columns, repair_files, repair_lines

SPACE = "spaces around a side removed"
CONTROL = "control characters removed"
# Those that separate words stay, and U+0080 to U+009F, which may be letters of another encoding.
CONTROLS = re.compile("[\x00-\x08\x0e-\x1b\x7f\ufeff]")
SPACES = " \t\u00a0\u3000"


def repair(data: DataSettings) -> Iterator[Written]:
    """Write a repaired copy of every file that needs one; see `repair_files`."""
    forms = [form_of(data, split) for split in data.files]
    files = {data_path(path): form for form in forms if form.mendable for path in form.paths}
    return repair_files(
        {
            path: (form.encoding, functools.partial(repair_text, form=form))
            for path, form in files.items()
        }
    )


def repair_text(text: str, form: Form) -> tuple[str, Repairs]:
    """Return a file's text with safe repairs, and (line, what was changed) of each."""
    if form.format == "aligned":
        return repair_lines(text, repair_side)
    columns = (*names_of(form.columns.source), *names_of(form.columns.target))
    return repair_columns(text, form.format, form.header, columns, _repair_value)


def repair_side(side: str) -> tuple[str, str]:
    """Return the repaired side and what was changed; an empty side is not changed."""
    visible = CONTROLS.sub("", side)
    inner = visible.strip(SPACES)
    if not inner.strip():
        return side, ""
    return inner, "; ".join([SPACE] * (inner != visible) + [CONTROL] * (visible != side))


def _repair_value(value: Any) -> tuple[Any, str]:
    return repair_side(value) if isinstance(value, str) else (value, "")
