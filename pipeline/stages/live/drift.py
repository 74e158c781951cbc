"""Have the texts that come in drifted away from what a model was trained on?

By signals that need no labels: unknown tokens, new n-grams, length, scripts, the model's doubt and
the labels that it gives, each against a threshold from a bootstrap over held-out rows
(`pipeline.metrics.drift`), at the size of the very batch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipeline import artifacts
from pipeline.errors import InputError
from pipeline.metrics import drift
from pipeline.metrics.drift import Shift
from pipeline.predictor import Predictor
from pipeline.report.terminal import print_table
from pipeline.stages.publishing import drift_reference, known_ngrams
from pipeline.stages.training.assembly import VOCABULARIES

RATE = 0.05  # of false alarms: one batch in twenty that has not drifted
COLUMNS = ("signal", "distance", "threshold", "", "changed most")


@dataclass(frozen=True)
class Drift:
    """How a batch of texts differs from a version's held-out ones, signal by signal."""

    texts: int
    reference: int
    rate: float
    shifts: Sequence[Shift]

    @property
    def over(self) -> list[str]:
        """The signals that are over their threshold."""
        return [shift.signal for shift in self.shifts if shift.over]

    def as_dict(self) -> dict[str, Any]:
        rows = [{**asdict(shift), "over": shift.over} for shift in self.shifts]
        return {**asdict(self), "shifts": rows, "over": self.over}


def run(predictor: Predictor, texts: Iterable[str], rate: float = RATE) -> Drift:
    """Compares texts with the held-out rows of a version.

    Args:
        predictor: The version.
        texts: Any number; they are answered group by group.
        rate: How often a batch that has not drifted may set off any signal at all.

    Raises:
        InputError: There are no texts, or the version has nothing to compare them with.
    """
    if not 0 < rate < 1:
        raise InputError(f"false alarms: {rate}; expected a share between 0 and 1")
    extra = predictor.version / artifacts.EXTRA
    reference = drift_reference.read(extra)
    if reference is None:
        raise InputError(
            f"{extra / drift_reference.FILE}: no such file, so there is nothing to compare with;"
            " export the model with export.drift_rows above 0"
        )
    size, batch = _sums(predictor, extra, texts)
    if not size:
        raise InputError("drift: no texts; expected at least one")
    signals = drift_reference.signals_of(reference)
    found = drift.shifts(signals, reference, batch, size, rate)
    return Drift(size, len(next(iter(reference.values()))), rate, found)


def print_drift(name: str, found: Drift) -> None:
    """One row a signal; what changed most stands beside it, from held-out rows to the batch."""
    told = found.as_dict()
    print_table(f"{name}: {headed(told)}", COLUMNS, rows(told, "\n"))


def headed(found: Mapping[str, Any]) -> str:
    """What `Drift.as_dict` gives, as a title for its rows."""
    return (
        f"{found['texts']} texts against {found['reference']} held-out ones"
        f" (false alarms: {100 * found['rate']:g} % of batches)"
    )


def rows(found: Mapping[str, Any], between: str) -> list[list[str]]:
    """What `Drift.as_dict` gives, one row a signal, `between` two changes."""
    return [
        [
            shift["signal"],
            f"{shift['distance']:.4f}",
            f"{shift['threshold']:.4f}",
            "over" if shift["over"] else "",
            between.join(_change(*change) for change in shift["changes"]),
        ]
        for shift in found["shifts"]
    ]


def _sums(
    predictor: Predictor, extra: Path, texts: Iterable[str]
) -> tuple[int, dict[str, dict[str, float]]]:
    """How many texts there are, and the sum of what is counted in them, by signal."""
    task, known = predictor.task, known_ngrams.read(extra)
    tokenizer = task.build_tokenizer(predictor.config.settings, extra / VOCABULARIES)
    size, sums = 0, dict[str, dict[str, float]]()
    for group in known_ngrams.in_groups(texts):
        rows = drift_reference.observe(task, tokenizer, predictor.outputs, known, group)
        size += len(group)
        for name, column in rows.items():
            sums[name] = drift.add([sums.get(name, {}), *column])
    return size, sums


def _change(key: str, before: float, now: float) -> str:
    if key == "median":
        return f"median {before:g} -> {now:g}"
    return f"{key} {100 * before:.1f} % -> {100 * now:.1f} %"
