"""The line of descent of a model: its versions, where each comes from and what it scored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline import artifacts
from pipeline.errors import InputError, PipelineError
from pipeline.report.terminal import print_table

VERDICT = "verdict.json"
METRICS = "metrics.json"
SPLITS = ("test", "valid")  # whose headline scores are shown
SHOWN = 6  # digits of a hash; the manifest has all of them


@dataclass(frozen=True)
class Version:
    """What is known of a version without running it.

    Args:
        number: Its folder's name.
        folder: Where it lies.
        facts: Its manifest; empty where that cannot be read.
        scores: Split to the value of the headline metric, in percent.
        verdict: What the gate said of it, where it went through one.
        trouble: Why its manifest, scores or verdict cannot be read.
    """

    number: int
    folder: Path
    facts: dict[str, Any]
    scores: dict[str, float] = field(default_factory=dict)
    verdict: str = ""
    trouble: str = ""

    @property
    def rolled_back_to(self) -> int | None:
        """The version whose content this one has, where a rollback made it."""
        return self.facts.get("rolled_back_to")


def run(home: Path) -> list[Version]:
    """All versions under `saved_models/<name>`, rising.

    Raises:
        InputError: There is none.
    """
    numbers = artifacts.versions(home)
    if not numbers:
        raise InputError(f"{home}: no published model here; expected numbered versions below it")
    return [describe(home / str(number)) for number in numbers]


def find_home(name: str, models: Path) -> Path:
    """The folder of a model by its name under `models`, or by its path."""
    path = Path(name)
    return path if len(path.parts) > 1 or artifacts.versions(path) else models / name


def describe(folder: Path) -> Version:
    """One version, by what its manifest, scores and verdict say."""
    number = int(folder.name)
    try:
        facts = artifacts.read_json(folder / artifacts.MANIFEST)
    except PipelineError as error:
        return Version(number, folder, {}, trouble=str(error))
    extra = folder / artifacts.EXTRA
    try:
        scores, verdict = _scores(extra, facts.get("headline")), _verdict(extra)
    except PipelineError as error:
        return Version(number, folder, facts, trouble=str(error))
    return Version(number, folder, facts, scores, verdict)


def print_versions(name: str, found: Sequence[Version]) -> None:
    """One row a version, the newest last: it is the one that serves.

    `from` is the parent, or `= N`: rolled back to the content of version N.
    """
    headlines = dict.fromkeys(v.facts["headline"] for v in found if "headline" in v.facts)
    metric = ", ".join(headline.replace("_", " ") for headline in headlines) or "no scores"
    columns = ("version", "from", "UTC", "data", "config", *SPLITS, "verdict")
    title = f"{name}: versions ({metric}; = N is a rollback to N)"
    print_table(title, columns, [_row(version) for version in found])
    for version in found:
        if version.trouble:
            print(f"version {version.number}: {version.trouble}")


def _row(version: Version) -> list[str]:
    facts = version.facts
    when = str(facts.get("sealed", "-"))[: len("2026-01-01T00:00")].replace("T", " ")
    scores = [f"{version.scores[s]:.2f}" if s in version.scores else "-" for s in SPLITS]
    hashes = [str(facts.get(name, "-"))[:SHOWN] for name in ("data", "config")]
    verdict = "damaged" if version.trouble else version.verdict or "-"
    return [str(version.number), _origin(version), when, *hashes, *scores, verdict]


def _origin(version: Version) -> str:
    if version.rolled_back_to is not None:
        return f"= {version.rolled_back_to}"
    parent = version.facts.get("parent")
    return str(parent) if parent else "-"


def _scores(extra: Path, headline: str | None) -> dict[str, float]:
    """Split to the headline's value, of the splits that were scored."""
    if headline is None or not (extra / METRICS).exists():
        return {}
    rows = artifacts.read_json(extra / METRICS)
    return {s: float(rows[s]["metrics"][headline]["value"]) for s in SPLITS if s in rows}


def _verdict(extra: Path) -> str:
    if not (extra / VERDICT).exists():
        return ""
    return str(artifacts.read_json(extra / VERDICT)["verdict"])
