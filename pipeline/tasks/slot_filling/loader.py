"""Files to records: formats by name, spans checked, splits carved; and a guess at a user's file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from pipeline.config import data_path
from pipeline.datasets.lines import OnError, require, stop
from pipeline.datasets.splits import carve
from pipeline.errors import DataError, InputError
from pipeline.task import Record, Source
from pipeline.tasks.slot_filling.config import DataSettings
from pipeline.tasks.slot_filling.formats import jsonl, smp, table, triples
from pipeline.tasks.slot_filling.utterance import Utterance, overlaps, settle

READERS = {"jsonl": jsonl.read, "triples": triples.read, "smp": smp.read, "table": table.read}
CARVED = ("valid", "test")


def load(data: DataSettings, on_error: OnError = stop) -> Source:
    """Opens every split of the config; nothing is read before a split is iterated.

    Raises:
        InputError: No training file is named, or a file is missing or of the wrong kind.
    """
    if "train" not in data.files:
        raise InputError(f"data.files names {', '.join(data.files) or 'nothing'}; expected `train`")
    paths = {split: _place(name, data.format) for split, name in data.files.items()}
    repairs: Counter[str] = Counter()
    shares = {name: getattr(data.split, name) for name in CARVED if name not in paths}
    readers = {split: _reader(paths[split], data, on_error) for split in paths if split != "train"}
    train = _reader(paths["train"], data, on_error)
    readers |= carve(train, lambda utterance: utterance.text, shares, data.split.seed)
    return Source(
        splits={
            split: _records(split, readers[split], data, repairs, on_error)
            for split in _ordered(readers)
        },
        files=[file for path in paths.values() for file in _files(path)],
        repairs=repairs,
    )


def _ordered(splits: Iterable[str]) -> Sequence[str]:
    usual = ("train", *CARVED)
    return sorted(splits, key=lambda name: (usual.index(name) if name in usual else 9, name))


def _place(name: str, format_: str) -> Path:
    path = require(data_path(name))
    if path.is_dir() != (format_ == "triples"):
        found, wanted = ("folder", "file") if path.is_dir() else ("file", "folder")
        raise InputError(f"{path}: a {found}; data.format {format_} expects a {wanted}")
    return path


def _files(path: Path) -> list[Path]:
    return [require(path / name) for name in triples.FILES] if path.is_dir() else [path]


def _reader(path: Path, data: DataSettings, on_error: OnError) -> Callable[[], Iterator[Utterance]]:
    return lambda: READERS[data.format](path, data.columns, on_error)


def _records(
    split: str,
    read: Callable[[], Iterable[Utterance]],
    data: DataSettings,
    repairs: Counter[str],
    on_error: OnError,
) -> Callable[[], Iterator[Record]]:
    def records() -> Iterator[Record]:
        counted: Counter[str] = Counter()
        for utterance in read():
            try:
                check(utterance)
                if data.overlaps == "keep_longest":
                    utterance = settle(utterance, counted)
                elif pair := overlaps(utterance.spans):
                    a, b = ("{} [{}, {})".format(*span) for span in pair)
                    hint = "no overlaps (or set data.overlaps to keep_longest)"
                    raise _error(utterance, f"spans {a} and {b} overlap", hint)
            except DataError as error:
                on_error(error)
            else:
                yield utterance.to_record()
        repairs.update({f"{split}: {what}": n for what, n in counted.items() if n})

    return records


def check(utterance: Utterance) -> None:
    """Refuses strings that are not UTF-8, and spans or tokens that do not fit the text.

    Raises:
        DataError: With the utterance's file and line.
    """
    slots = (span.slot for span in utterance.spans)
    try:
        "".join((utterance.text, utterance.intent, *slots, *utterance.parts)).encode("utf-8")
    except UnicodeEncodeError as error:
        raise _error(utterance, "half of a surrogate pair", "whole characters") from error
    for slot, start, end in utterance.spans:
        value = utterance.text[max(start, 0) : max(end, 0)]
        where = f"span {slot} [{start}, {end})"
        if not 0 <= start < end <= len(utterance.text):
            length = len(utterance.text)
            raise _error(utterance, f"{where} in a text of {length}", "0 <= start < end <= length")
        if value != value.strip():
            raise _error(utterance, f"{where} covers {value!r}", "no white space at its edges")
    place = 0
    for start, end in utterance.tokens:
        if not place <= start < end <= len(utterance.text):
            wrong = f"token [{start}, {end}) in a text of {len(utterance.text)}"
            raise _error(utterance, wrong, "tokens in order, inside the text")
        place = end


def _error(utterance: Utterance, wrong: str, expected: str) -> DataError:
    path, _, line = utterance.source.rpartition(":")
    return DataError(path, int(line), wrong, expected)
