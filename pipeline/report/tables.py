"""Tables of the page, with numbers aligned to the right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.report.markup import Child, Html, element, join, readable

Metrics = Mapping[str, Mapping[str, float]]


def table(columns: Sequence[str], rows: Sequence[Sequence[Child]], class_: str = "") -> Html:
    """Return a table; columns of numbers or markup are aligned to the right."""
    right = [
        bool(rows) and all(not isinstance(row[i], str) or isinstance(row[i], Html) for row in rows)
        for i in range(len(columns))
    ]
    head = (
        element("th", column, scope="col", class_="number" if r else None)
        for column, r in zip(columns, right, strict=True)
    )
    body = (
        element(
            "tr",
            *(
                element("td", cell, class_="number" if r else None)
                for cell, r in zip(row, right, strict=True)
            ),
        )
        for row in rows
    )
    whole = element(
        "table", element("thead", element("tr", *head)), element("tbody", *body), class_=class_
    )
    return element("div", whole, class_="scroll")


def scores_table(results: Sequence[Mapping[str, Any]], headline: str) -> Html:
    """Return a row for each split or part, with each metric and its 95 % interval.

    Args:
        results: Dicts with `split`, `examples` and `metrics` (name to value, low, high), as
            `scores.json` has them. Their metrics may differ.
        headline: The metric whose column comes first.
    """
    names = list(dict.fromkeys([headline, *(m for r in results for m in r["metrics"])]))
    names = [name for name in names if not _repeats(name, results)]
    rows: list[list[Child]] = [
        [
            _split(result["split"]),
            int(result["examples"]),
            *(_score(result["metrics"].get(name)) for name in names),
        ]
        for result in results
    ]
    columns = ["split", "n", *(readable(name) for name in names)]
    return table(columns, rows, class_="scores")


def facts_table(facts: Mapping[str, Any]) -> Html:
    """Return a table of a dict of plain values; nested dicts become `outer.inner`."""
    rows: list[list[Child]] = [[name, value] for name, value in _flat(facts, "")]
    body = (
        element("tr", element("th", name, scope="row"), element("td", value))
        for name, value in rows
    )
    return element("div", element("table", *body, class_="facts"), class_="scroll")


def _flat(value: Any, name: str) -> list[tuple[str, str]]:
    if isinstance(value, Mapping):
        inner = [_flat(item, f"{name}.{key}" if name else str(key)) for key, item in value.items()]
        return [pair for pairs in inner for pair in pairs]
    return [(name, "–" if value is None else str(value))]


def _repeats(name: str, results: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether strict and any-of scores agree everywhere; then one column is enough."""
    strict = name.removesuffix("_any_of")
    if strict == name:
        return False
    return all(r["metrics"].get(name) == r["metrics"].get(strict) for r in results)


def _split(name: str) -> str:
    """Indent the name of a part under its split, with spaces that a browser keeps."""
    _, slash, part = name.partition("/")
    return f"\u2003{part}" if slash else name


def _score(metric: Mapping[str, float] | None) -> Html:
    if metric is None:
        return Html("–")
    value = f"{metric['value']:.2f}"
    if "low" not in metric:
        return Html(value)
    interval = element("small", f"{metric['low']:.1f}–{metric['high']:.1f}")
    return join([value, interval])
