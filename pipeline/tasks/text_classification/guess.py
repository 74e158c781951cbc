"""A config for a user's own data: its format, columns, encoding and splits, detected and said."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.datasets import tfds_sets
from pipeline.datasets.encodings import guess_encoding
from pipeline.datasets.lines import (
    UTF_8,
    read_lines,
    read_objects,
    read_rows,
    refuse_semicolons,
    require,
)
from pipeline.datasets.parquet import (
    MAGIC,
    read_class_names,
    read_parquet,
    read_parquet_columns,
)
from pipeline.errors import DataError, InputError
from pipeline.tasks.text_classification import columns
from pipeline.tasks.text_classification.formats import (
    fasttext,
    folders,
    label_text,
    table,
)
from pipeline.tasks.text_classification.loader import READERS
from pipeline.tasks.text_classification.settings import DataSettings

LINES = 2000  # of a file that are looked at
TRAIN, SPLITS = "train", {"valid": ("valid", "dev", "validation", "val"), "test": ("test",)}
ENDINGS = {".csv": "csv", ".tsv": "tsv", ".parquet": "parquet"}
EXPECTED = (
    "CSV, TSV, JSONL or Parquet with a text and a label; lines of `__label__x text` or `label"
    " text`; a folder with a folder a class (or train/ and test/ of such); tfds:NAME"
)
MOST_LABELS = 0.5  # different first words a line, over which they are no labels
Guess = tuple[dict[str, Any], str]


def guess(path: Path, format_: str | None = None, known: Mapping[str, Any] | None = None) -> Guess:
    """The data section of a config for this file, folder or `tfds:` name, and what was seen.

    Args:
        path: The user's file or folder, or the name of a TensorFlow Datasets data set.
        format_: The format, where the user says it; else it is detected.
        known: Columns that count before usual ones where the file has them.

    Raises:
        InputError: The file is none of the formats that can be read.
    """
    known = known or {}
    if format_ is not None and format_ not in READERS:
        raise InputError(f"format `{format_}`: unknown; expected one of {', '.join(READERS)}")
    if str(path).startswith(tfds_sets.PREFIX) or format_ == "tfds":
        return _tfds(f"{tfds_sets.PREFIX}{str(path).removeprefix(tfds_sets.PREFIX)}", known)
    if require(path).is_dir():
        return _folder(path, format_, known)
    if format_ == "folders":
        raise InputError(f"{path}: a file; the format folders is a folder with a folder a class")
    encoding = UTF_8 if _is_parquet(path) else guess_encoding(path)
    found = format_ or _detect(path, encoding)
    section: dict[str, Any] = {"format": found, "files": _beside(path)}
    if encoding != UTF_8:
        section["encoding"] = encoding
    readers = {
        "csv": _table,
        "tsv": _table,
        "jsonl": _jsonl,
        "parquet": _parquet,
        "fasttext": _fasttext,
        "label_text": _label_text,
    }
    more, seen = readers[found](path, encoding, found, known)
    said = f", in {encoding}" if encoding != UTF_8 else ""
    return section | more, f"{path}: {seen}{said}"


def like(data: DataSettings, found: Mapping[str, Any]) -> dict[str, Any]:
    """What was found, whatever the model was trained on: here a file says all about itself."""
    del data
    return dict(found)


def unstated(data: DataSettings, found: DataSettings) -> str | None:
    """That a file leaves open which label a text has, to a model that gives each one label."""
    if data.multi_label or not found.multi_label:
        return None
    return (
        "some of its texts have several labels or none, and the model gives each text one; state"
        " one label a text, or train a model with data.multi_label: true"
    )


def _detect(path: Path, encoding: str) -> str:
    if _is_parquet(path):
        return "parquet"
    for suffix in path.suffixes[::-1]:
        if suffix in ENDINGS:
            return ENDINGS[suffix]
    lines = [line for _, line in itertools.islice(read_lines(path, encoding=encoding), LINES)]
    lines = [line for line in lines if line.strip()]
    if lines and lines[0].lstrip().startswith("{"):
        return "jsonl"
    if any(line.startswith(fasttext.PREFIX) for line in lines):
        return "fasttext"
    if lines and lines[0].count("\t") and len({line.count("\t") for line in lines}) == 1:
        return "tsv"
    parsed = [label_text.parse(line) for line in lines]
    labels = {label for label, _, _ in parsed}
    few = 1 < len(labels) <= MOST_LABELS * len(lines) or len(labels) == len(lines) == 2
    if few and all(label and text for label, _, text in parsed):
        return "label_text"
    raise InputError(f"{path}: the format was not recognised; expected {EXPECTED}")


def _table(path: Path, encoding: str, format_: str, known: Mapping[str, Any]) -> Guess:
    separator = table.COMMA if format_ == "csv" else table.TAB
    read = read_rows(path, separator, lambda _: None, encoding)
    rows = [cells for _, cells in itertools.islice(read, LINES)]
    if not rows:
        raise DataError(path, 0, "the file is empty", "a row an example")
    refuse_semicolons(path, rows[0])
    header = columns.has_header(rows, known)
    names = table.names_of(rows[0], header)
    rest = [dict(zip(names, row, strict=False)) for row in (rows[1:] if header else rows)]
    more, seen = _columns(path, names, rest, known)
    place = names.index(more["columns"]["label"])
    read = read_rows(path, separator, lambda _: None, encoding)
    several, parted = _several(
        names[place], (cells[place] for _, cells in read if len(cells) == len(names))
    )
    shown = f"columns {', '.join(names)}" if header else f"{len(names)} columns without a header"
    seen = f"a {format_.upper()} table with {shown}{seen}{parted}"
    return {"header": header} | more | several, seen


def _jsonl(path: Path, encoding: str, format_: str, known: Mapping[str, Any]) -> Guess:
    del format_
    next(read_objects(path, encoding=encoding), None)  # damage on the first line is told at once
    read = read_objects(path, lambda _: None, encoding)
    rows = [row for _, row in itertools.islice(read, LINES)]
    names = list(dict.fromkeys(name for row in rows for name in row))
    more, seen = _columns(path, names, rows, known)
    label = more["columns"]["label"]
    read = read_objects(path, lambda _: None, encoding)
    several, parted = _several(label, (row.get(label) for _, row in read))
    return more | several, f"JSONL with keys {', '.join(names)}{seen}{parted}"


def _parquet(path: Path, encoding: str, format_: str, known: Mapping[str, Any]) -> Guess:
    del encoding, format_
    names = read_parquet_columns(path)
    read = read_parquet(path, list(dict.fromkeys(names)), lambda _: None)
    more, seen = _columns(path, names, [row for _, row in itertools.islice(read, LINES)], known)
    label = more["columns"]["label"]
    classes = read_class_names(path).get(label)
    if classes:
        more["labels"] = {str(number): name for number, name in enumerate(classes)}
        seen += f"; its classes are named: {', '.join(classes)}"
    read = read_parquet(path, [label], lambda _: None)
    several, parted = _several(label, (row[label] for _, row in read))
    return more | several, f"Parquet with columns {', '.join(names)}{seen}{parted}"


def _columns(
    path: Path, names: Sequence[str], rows: Sequence[columns.Row], known: Mapping[str, Any]
) -> Guess:
    """The settings of the columns found, and what to say of them."""
    found = (
        columns.by_known(names, known) or columns.by_name(names) or columns.by_content(names, rows)
    )
    if found is None:
        raise InputError(
            f"{path}: no columns for text and label among {', '.join(names) or 'none'}; expected"
            " such as `text` and `label` (or name them in the config: data.columns; to retrain:"
            " --set retrain.columns.text=NAME, and so with label)"
        )
    section: dict[str, Any] = {"columns": {"text": list(found.text), "label": found.label}}
    seen = f"; text in {' and '.join(found.text)}, label in {found.label}"
    unread = [name for name in names if name not in (*found.text, found.label)]
    seen += f" (not read: {', '.join(unread)})" if unread else ""
    return section, seen


def _several(label: str, values: Iterable[Any]) -> Guess:
    """Settings of data with several labels a text, if the column's cells show such."""
    cells, lists = set[str](), False
    for value in values:
        lists = lists or (isinstance(value, list) and len(value) != 1)
        if isinstance(value, str):
            cells.add(value)
    if lists:
        return {"multi_label": True}, ", several a text"
    separator = columns.separator_in(label, cells)
    if not separator:
        return {}, ""
    return {"multi_label": True, "separator": separator}, f", several parted by `{separator}`"


def _fasttext(path: Path, encoding: str, format_: str, known: Mapping[str, Any]) -> Guess:
    del format_, known
    lines = (line for _, line in read_lines(path, lambda _: None, encoding) if line.strip())
    several = any(len(fasttext.parse(line)[0]) != 1 for line in lines)
    said = ", several a text" if several else ""
    more = {"multi_label": True} if several else {}
    return more, f"lines of {fasttext.PREFIX}label and text{said}"


def _label_text(path: Path, encoding: str, format_: str, known: Mapping[str, Any]) -> Guess:
    del format_, known
    lines = (line for _, line in read_lines(path, lambda _: None, encoding) if line.strip())
    labels = {label_text.parse(line)[0] for line in lines}
    return {}, f"lines of a label, a space and a text; {len(labels)} labels"


def _folder(path: Path, format_: str | None, known: Mapping[str, Any]) -> Guess:
    files = {TRAIN: str(path / TRAIN)} | {
        split: str(path / name)
        for split, names in SPLITS.items()
        for name in names
        if _classes(path / name)
    }
    if _classes(path / TRAIN):
        names = ", ".join(_classes(path / TRAIN))
        splits = ", ".join(files)
        return {"format": "folders", "files": files}, f"{path}: folders {names} in {splits}"
    training = sorted(file for file in path.glob("train.*") if file.is_file())
    if len(training) == 1:
        return guess(training[0], format_, known)
    if len(_classes(path)) > 1:
        section = {"format": "folders", "files": {TRAIN: str(path)}}
        return section, f"{path}: folders {', '.join(_classes(path))}, a class each"
    raise InputError(f"{path}: no labelled texts here; expected {EXPECTED}")


def _classes(path: Path) -> list[str]:
    """The folders with files in a folder, which are classes."""
    inside = folders.visible(path) if path.is_dir() else []
    return [
        each.name for each in inside if each.is_dir() and any(map(Path.is_file, each.iterdir()))
    ]


def _tfds(name: str, known: Mapping[str, Any]) -> Guess:
    builder, stated = tfds_sets.resolve(name)
    present = list(builder.info.splits)
    files = {TRAIN: name if stated else f"{name}/{TRAIN}"}
    for split, names in () if stated else SPLITS.items():
        files.update((split, f"{name}/{each}") for each in names if each in present)
    features = tfds_sets.features_of(builder)
    found = columns.by_name(list(features))
    keys = builder.info.supervised_keys
    if keys is not None and len(keys) == 2 and all(isinstance(key, str) for key in keys):
        found = columns.Found((keys[0],), keys[1])  # what the set itself says
    found = columns.by_known(list(features), known) or found
    if found is None:
        raise InputError(
            f"{name}: no features for text and label among {', '.join(features)}; name them in a"
            " config: data.columns"
        )
    said = f"{name}: TensorFlow Datasets, version {builder.version}, splits {', '.join(present)}"
    section: dict[str, Any] = {
        "format": "tfds",
        "files": files,
        "columns": {"text": list(found.text), "label": found.label},
    }
    if hasattr(features[found.label], "feature"):  # a sequence
        section["multi_label"] = True
    return section, f"{said}; text in {found.text[0]}, label in {found.label}"


def _is_parquet(path: Path) -> bool:
    with path.open("rb") as file:
        return ".parquet" in path.suffixes or file.read(len(MAGIC)) == MAGIC


def _beside(path: Path) -> dict[str, str]:
    """The file as `train`, with the `valid` and `test` files that stand beside it."""
    files = {TRAIN: str(path)}
    before, found, after = path.name.rpartition(TRAIN)
    for split, names in SPLITS.items() if found else ():
        for name in names:
            if split not in files and (path.parent / f"{before}{name}{after}").is_file():
                files[split] = str(path.parent / f"{before}{name}{after}")
    return files
