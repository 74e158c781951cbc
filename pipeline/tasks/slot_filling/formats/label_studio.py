"""Label Studio's JSON export: a list of tasks; `labels` are spans, `choices` the intent.

    {"data": {"text": "to Oslo"}, "annotations": [{"result": [
      {"type": "labels", "value": {"start": 3, "end": 7, "text": "Oslo", "labels": ["city"]}},
      {"type": "choices", "value": {"choices": ["book"]}}]}]}

Offsets count characters. Older versions counted UTF-16 code units (label-studio#1559); the `text`
beside the offsets shows which unit was used.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pipeline.datasets.lines import OnError, stop
from pipeline.errors import DataError
from pipeline.tasks.slot_filling.formats.doccano import code_units
from pipeline.tasks.slot_filling.formats.objects import (
    agree,
    own_keys,
    parts_of,
    read_list,
    tokens_of,
    write_list,
)
from pipeline.tasks.slot_filling.records import INTENT_SEPARATOR, Span, Utterance
from pipeline.tasks.slot_filling.settings import ColumnSettings

EXPECTED = '{"data": {"text"}, "annotations": [{"result": [...]}]}, as in the export called JSON'


def read(path: Path, columns: ColumnSettings, on_error: OnError = stop) -> Iterator[Utterance]:
    """Read every task; the text is under `columns.text` or is the only string of `data`.

    Results other than labels and choices (relations, ratings) are ignored. A task without
    annotations, or with annotations that differ, is an error.
    """
    for number, row in read_list(path, on_error):
        try:
            yield _utterance(path, number, row, columns.text)
        except DataError as error:
            on_error(error)


def write(utterances: Sequence[Utterance], path: Path, scheme: str = "") -> None:
    """Write annotated tasks that the tool imports into a project with Labels and Choices."""
    del scheme  # no tags here
    write_list(path, [_row(number, each) for number, each in enumerate(utterances, start=1)])


def _row(number: int, utterance: Utterance) -> dict[str, Any]:
    text, results = utterance.text, list[dict[str, Any]]()
    for slot, start, end in utterance.spans:
        value = {"start": start, "end": end, "text": text[start:end], "labels": [slot]}
        results.append({"from_name": "slots", "to_name": "text", "type": "labels", "value": value})
    if utterance.intent:
        value = {"choices": utterance.intent.split(INTENT_SEPARATOR)}
        results.append(
            {"from_name": "intent", "to_name": "text", "type": "choices", "value": value}
        )
    named = [{"id": f"{number}-{place}", **result} for place, result in enumerate(results)]
    data = {"text": text, **own_keys(utterance)}
    return {"id": number, "data": data, "annotations": [{"result": named}]}


def _utterance(path: Path, number: int, row: Any, key: str) -> Utterance:
    try:
        data = row["data"]
        text = data[key] if key in data else _only_string(path, number, data)
        results = [a["result"] for a in row["annotations"] if not a.get("was_cancelled")]
        annotations = [_read_results(path, number, text, result) for result in results]
    except (TypeError, KeyError, AttributeError) as error:
        raise DataError(path, number, f"{error!r} in {str(row)[:80]}", EXPECTED) from error
    if not isinstance(text, str):
        raise DataError(path, number, f"`{key}` is {text!r}", "a string")
    different = {(intent, tuple(sorted(spans))) for intent, spans in annotations}
    if len(different) != 1:
        count = len(annotations)
        wrong = f"{count} annotations that differ" if count else "the task has no annotation"
        raise DataError(path, number, wrong, "one annotation, or several that agree")
    intent, spans = annotations[0]
    return Utterance(
        text,
        intent,
        tuple(spans),
        tokens=tokens_of(path, number, data.get("tokens", [])),
        parts=parts_of(path, number, data.get("parts", [])),
        source=f"{path}:{number}",
    )


def _only_string(path: Path, number: int, data: dict[str, Any]) -> str:
    strings = [value for value in data.values() if isinstance(value, str)]
    if len(strings) != 1:
        wrong = f"`data` has {', '.join(data) or 'no key'}"
        raise DataError(path, number, wrong, "the key `text`, or the key in data.columns.text")
    return strings[0]


def _read_results(path: Path, number: int, text: str, result: Any) -> tuple[str, list[Span]]:
    spans, choices = list[Span](), list[str]()
    for each in result:
        value = each.get("value", {})  # relations have none
        if "choices" in value:
            choices += value["choices"]
        elif "labels" in value:
            spans += [_span(path, number, text, value, slot) for slot in value["labels"]]
    if not all(isinstance(choice, str) for choice in choices):
        raise DataError(path, number, f"`choices` is {choices!r}", "a list of intent names")
    return INTENT_SEPARATOR.join(choices), spans


def _span(path: Path, number: int, text: str, value: dict[str, Any], slot: Any) -> Span:
    start, end, covered = value["start"], value["end"], value.get("text")
    if not (isinstance(slot, str) and slot and type(start) is int and type(end) is int):
        raise DataError(path, number, f"a span is {value!r}", EXPECTED)
    if covered is None or text[max(start, 0) : max(end, 0)] == covered:
        return Span(slot, start, end)
    units = code_units(text)
    if start in units and end in units:
        span = Span(slot, units.index(start), units.index(end))
        if text[span.start : span.end] == covered:
            return span
    agree(path, number, text, Span(slot, start, end), covered)
    return Span(slot, start, end)
