"""Whether live texts have drifted from the texts that a model was trained on.

The signals need no labels: unknown tokens, new n-grams, length, scripts, the model's uncertainty
and its predicted labels. Each has a threshold from a bootstrap over held-out rows
(`pipeline.metrics.drift`), computed for the size of the batch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pipeline.errors import InputError
from pipeline.metrics import drift
from pipeline.metrics.drift import Shift
from pipeline.predictor import Predictor
from pipeline.report.terminal import print_table
from pipeline.runs import VersionFolder
from pipeline.stages.publishing import drift_reference, known_ngrams

RATE = 0.05  # false alarms: one of twenty batches without drift
COLUMNS = ("signal", "distance", "threshold", "", "changed most")


@dataclass(frozen=True)
class Drift:
    """The differences between a batch of texts and a version's held-out ones, by signal."""

    texts: int
    reference: int
    rate: float
    shifts: Sequence[Shift]

    @property
    def over(self) -> list[str]:
        """Return the signals that are over their threshold."""
        return [shift.signal for shift in self.shifts if shift.over]

    def as_dict(self) -> dict[str, Any]:
        rows = [{**asdict(shift), "over": shift.over} for shift in self.shifts]
        return {**asdict(self), "shifts": rows, "over": self.over}


def run(predictor: Predictor, texts: Iterable[str], rate: float = RATE) -> Drift:
    """Compare texts with the held-out rows of a version.

    Args:
        predictor: The version.
        texts: Any number of texts; they are answered in groups.
        rate: The share of batches without drift in which any signal may be over its threshold.

    Raises:
        InputError: There are no texts, or the version keeps no counts to compare with.
    """
    if not 0 < rate < 1:
        raise InputError(f"false alarms: {rate}; expected a share between 0 and 1")
    version = VersionFolder(predictor.version)
    reference = drift_reference.read(version.drift_reference)
    if reference is None:
        raise InputError(
            f"{version.drift_reference}: no such file, so there is nothing to compare with;"
            " export the model with export.drift_rows above 0"
        )
    size, batch = _sums(predictor, version, texts)
    if not size:
        raise InputError("drift: no texts; expected at least one")
    signals = drift_reference.signals_of(reference)
    found = drift.shifts(signals, reference, batch, size, rate)
    return Drift(size, len(next(iter(reference.values()))), rate, found)


def print_drift(name: str, found: Drift) -> None:
    """Print one row for each signal, with the largest changes from held-out rows to the batch."""
    facts = found.as_dict()
    print_table(f"{name}: {title(facts)}", COLUMNS, rows(facts, "\n"))


def title(found: Mapping[str, Any]) -> str:
    """Return the title of the table of `Drift.as_dict`."""
    return (
        f"{found['texts']} texts against {found['reference']} held-out ones"
        f" (false alarms: {100 * found['rate']:g} % of batches)"
    )


def rows(found: Mapping[str, Any], separator: str) -> list[list[str]]:
    """Return one row for each signal of `Drift.as_dict`; `separator` separates changes."""
    return [
        [
            shift["signal"],
            f"{shift['distance']:.4f}",
            f"{shift['threshold']:.4f}",
            "over" if shift["over"] else "",
            separator.join(_change(*change) for change in shift["changes"]),
        ]
        for shift in found["shifts"]
    ]


def _sums(
    predictor: Predictor, version: VersionFolder, texts: Iterable[str]
) -> tuple[int, dict[str, dict[str, float]]]:
    """Return the number of texts, and the sums of their counts by signal."""
    task, known = predictor.task, known_ngrams.read(version.known_ngrams)
    tokenizer = task.model.build_tokenizer(predictor.config.settings, version.vocabularies)
    size, sums = 0, dict[str, dict[str, float]]()
    for group in known_ngrams.in_groups(texts):
        rows = drift_reference.observe(task, tokenizer, predictor.outputs, known, group)
        size += len(group)
        for name, column in rows.items():
            sums[name] = drift.sum_amounts([sums.get(name, {}), *column])
    return size, sums


def _change(key: str, before: float, now: float) -> str:
    if key == "median":
        return f"median {before:g} -> {now:g}"
    return f"{key} {100 * before:.1f} % -> {100 * now:.1f} %"
