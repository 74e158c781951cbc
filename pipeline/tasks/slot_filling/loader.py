"""Load records from files: check spans, apply the policies of the config, carve splits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from pipeline.config import data_path
from pipeline.datasets.lines import OnError, require, stop
from pipeline.datasets.splits import carve, ordered
from pipeline.errors import DataError
from pipeline.task import Source
from pipeline.tasks.slot_filling.formats import (
    conll,
    doccano,
    inline,
    jsonl,
    label_studio,
    rasa,
    smp,
    table,
    triples,
)
from pipeline.tasks.slot_filling.records import (
    Span,
    Utterance,
    UtteranceRecord,
    overlaps,
    resolve_overlaps,
    trimmed,
)
from pipeline.tasks.slot_filling.settings import ColumnSettings, DataSettings
from pipeline.userfiles.read import checked, require_kind, require_split, shares_to_carve

READERS = {
    "jsonl": jsonl.read,
    "triples": triples.read,
    "conll": conll.read,
    "table": table.read,
    "inline": inline.read,
    "rasa": rasa.read,
    "smp": smp.read,
    "doccano": doccano.read,
    "label_studio": label_studio.read,
}


def load(data: DataSettings, on_error: OnError = stop) -> Source[UtteranceRecord]:
    """Open every split of the config; nothing is read before a split is iterated.

    Raises:
        InputError: No training file is named, or a file is missing or a folder.
    """
    require_split(data.files, "train")
    paths = {split: _place(name, data.format) for split, name in data.files.items()}
    repairs: Counter[str] = Counter()
    shares = shares_to_carve(data.split, paths)
    readers = {split: _reader(paths[split], data, on_error) for split in paths if split != "train"}
    train = _reader(paths["train"], data, on_error)
    readers |= carve(train, lambda utterance: utterance.text, shares, data.split.seed)
    return Source(
        splits={
            split: _records(split, readers[split], data, repairs, on_error)
            for split in ordered(readers)
        },
        files=[file for path in paths.values() for file in _files(path)],
        repairs=repairs,
    )


def read(data: DataSettings, on_error: OnError = stop) -> Iterator[UtteranceRecord]:
    """Read the whole training file, checked; no split is carved out and no policy applied.

    Spans may overlap and intents may be empty, which `load` would refuse or repair.
    """
    reader = _reader(_place(data.files["train"], data.format), data, on_error)

    def record_of(utterance: Utterance) -> UtteranceRecord:
        check(utterance)
        return utterance.to_record()

    yield from checked(reader, record_of, on_error)()


def bundled_settings(data: DataSettings, files: Mapping[str, str]) -> DataSettings:
    """Return the settings that read files written with `records.to_json`, by split."""
    form = {"format": "jsonl", "files": dict(files), "columns": ColumnSettings()}
    return data.model_copy(update=form)


def _place(name: str, format_: str) -> Path:
    return require_kind(data_path(name), format_, folder=format_ == "triples")


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
) -> Callable[[], Iterator[UtteranceRecord]]:
    def record_of(utterance: Utterance, counts: Counter[str]) -> UtteranceRecord:
        check(utterance)
        utterance = _with_intent(utterance, data.intent)
        if data.overlaps == "keep_longest":
            utterance = resolve_overlaps(utterance, counts)
        elif pair := overlaps(utterance.spans):
            raise _overlap(utterance, *pair)
        return utterance.to_record()

    def records() -> Iterator[UtteranceRecord]:
        counts: Counter[str] = Counter()
        yield from checked(read, lambda utterance: record_of(utterance, counts), on_error)()
        repairs.update({f"{split}: {what}": count for what, count in counts.items() if count})

    return records


def _with_intent(utterance: Utterance, intent: str) -> Utterance:
    if utterance.intent or intent:
        return replace(utterance, intent=utterance.intent or intent)
    hint = "one (or set data.intent, the intent of utterances without one)"
    raise utterance.error("it states no intent", hint)


def _overlap(utterance: Utterance, left: Span, right: Span) -> DataError:
    wrong = "spans {} [{}, {}) and {} [{}, {}) overlap".format(*left, *right)
    repeated = left == right
    return utterance.error(
        wrong,
        "no overlaps (or set data.overlaps to keep_longest)",
        left,
        right,
        fix=f"once {left.slot} [{left.start}, {left.end})" if repeated else "one of the two",
        safe=repeated,
    )


def check(utterance: Utterance) -> None:
    """Check that strings are UTF-8 and that spans and tokens fit the text.

    Raises:
        RowError: They do not; shows the text with the span marked.
    """
    slots = (span.slot for span in utterance.spans)
    try:
        "".join((utterance.text, utterance.intent, *slots, *utterance.parts)).encode("utf-8")
    except UnicodeEncodeError as error:
        raise utterance.error("half of a surrogate pair", "whole characters") from error
    for span in utterance.spans:
        _check_span(utterance, span)
    place, length = 0, len(utterance.text)
    for start, end in utterance.tokens:
        if not place <= start < end <= length:
            wrong = f"token [{start}, {end}) in a text of {length}"
            raise utterance.error(wrong, "tokens in order, inside the text")
        place = end


def _check_span(utterance: Utterance, span: Span) -> None:
    slot, start, end = span
    length, where = len(utterance.text), f"span {slot} [{start}, {end})"
    if not 0 <= start < end <= length:
        inside = trimmed(utterance.text, Span(slot, max(start, 0), max(min(end, length), 0)))
        value = utterance.text[inside.start : inside.end] if inside else ""
        fix = f"[{inside.start}, {inside.end}) {value!r}, if that is meant" if inside else ""
        wrong = f"{where} in a text of {length}"
        raise utterance.error(wrong, "0 <= start < end <= length", span, fix=fix)
    value = utterance.text[start:end]
    if value != value.strip():
        better = trimmed(utterance.text, span)
        fix = f"[{better.start}, {better.end}) {value.strip()!r}" if better else "no such span"
        wrong, expected = f"{where} covers {value!r}", "no whitespace at its edges"
        raise utterance.error(wrong, expected, span, fix=fix, safe=True)
