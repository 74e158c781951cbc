"""The versions of a model: where each one comes from and its scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline import artifacts
from pipeline.errors import InputError, PipelineError
from pipeline.report.terminal import print_table
from pipeline.runs import VersionFolder

SPLITS = ("test", "valid")  # their headline scores are shown
SHOWN = 6  # digits of a hash; the manifest has the whole hash


@dataclass(frozen=True)
class Version:
    """What is known about a version without running it.

    Args:
        number: The name of its folder.
        folder: Its folder.
        facts: Its manifest; empty if it cannot be read.
        scores: Split to the value of the headline metric, in percent.
        verdict: The verdict of the gate; empty if the version was not retrained.
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
        """Return the version whose content this one has, if a rollback published it."""
        return self.facts.get("rolled_back_to")


def run(home: Path) -> list[Version]:
    """Return all versions under `saved_models/<name>`, ascending.

    Raises:
        InputError: There is no version.
    """
    numbers = artifacts.versions(home)
    if not numbers:
        raise InputError(f"{home}: no published model here; expected numbered versions below it")
    return [describe(home / str(number)) for number in numbers]


def find_home(name: str, models: Path) -> Path:
    """Return the folder of a model, given its name under `models` or its path."""
    path = Path(name)
    return path if len(path.parts) > 1 or artifacts.versions(path) else models / name


def describe(folder: Path) -> Version:
    """Describe one version by its manifest, scores and verdict."""
    number, version = int(folder.name), VersionFolder(folder)
    try:
        facts = artifacts.read_json(version.manifest)
    except PipelineError as error:
        return Version(number, folder, {}, trouble=str(error))
    try:
        scores, verdict = _scores(version, facts.get("headline")), _verdict(version)
    except PipelineError as error:
        return Version(number, folder, facts, trouble=str(error))
    return Version(number, folder, facts, scores, verdict)


def print_versions(name: str, found: Sequence[Version]) -> None:
    """Print one row for each version; the newest, which is served, comes last.

    `from` is the parent, or `= N` for a rollback to the content of version N.
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


def _scores(version: VersionFolder, headline: str | None) -> dict[str, float]:
    """Return the headline's value by split, for the splits with a score."""
    if headline is None or not version.scores.exists():
        return {}
    rows = artifacts.read_json(version.scores)
    return {s: float(rows[s]["metrics"][headline]["value"]) for s in SPLITS if s in rows}


def _verdict(version: VersionFolder) -> str:
    if not version.verdict.exists():
        return ""
    return str(artifacts.read_json(version.verdict)["verdict"])
