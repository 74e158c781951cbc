"""Back to an older version in one step: its content is published again, under the next number.

Servers take the highest number, TensorFlow Serving too; so a number is never taken away and never
used twice, and what is published later takes over as always.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from pipeline import artifacts
from pipeline.errors import InputError
from pipeline.report.terminal import note
from pipeline.stages.publishing import versions
from pipeline.stages.publishing.versions import Version

PINS = ("labels.json", "traffic.json")  # what a server is told beside the versions
OWN = ("format_version", "sealed", "files")  # facts of a manifest that a copy has of its own


def run(home: Path, number: int | None = None) -> Path:
    """Publishes the content of an older version as the newest, and gives its folder.

    The old version's files are verified first, then copied (not linked: what damages the one later
    leaves the other whole), verified again, and renamed once into their place. Labels and shares of
    traffic name versions, and go on to do so; that is said.

    Args:
        home: `saved_models/<name>`.
        number: The version to go back to; by default the one that served before the newest.

    Raises:
        InputError: There is no such version, or none before.
        PipelineError: Its files are not those that were published.
    """
    found = versions.run(home)
    target = _asked(home, found, number) if number is not None else _before(home, found)
    facts = artifacts.verify(target.folder)
    kept = {key: value for key, value in facts.items() if key not in OWN}
    with artifacts.staging(home.parent, home.name) as stage:
        candidate = stage / "candidate"
        shutil.copytree(target.folder, candidate)
        (candidate / artifacts.MANIFEST).unlink()
        parent, back_to = str(target.number), origin(found, target).number
        artifacts.seal(candidate, {**kept, "parent": parent, "rolled_back_to": back_to})
        copied = artifacts.verify(candidate)["files"]
        if copied != facts["files"]:
            raise InputError(f"{target.folder}: changed while it was copied; nothing published")
        version = artifacts.publish(candidate, home)
    for pins in filter(Path.is_file, (home / name for name in PINS)):
        note(f"{pins}: requests that it sends to a version still go there; change it where need be")
    return version


def origin(found: Sequence[Version], version: Version) -> Version:
    """The version that was first published with this content, as far as it is still there."""
    by_number = {each.number: each for each in found}
    while version.rolled_back_to in by_number:
        version = by_number[version.rolled_back_to]
    return version


def _asked(home: Path, found: Sequence[Version], number: int) -> Version:
    for version in found:
        if version.number == number:
            return version
    known = ", ".join(str(version.number) for version in found)
    raise InputError(f"{home}: no version {number}; there are {known}")


def _before(home: Path, found: Sequence[Version]) -> Version:
    """What served before the newest content did: two rollbacks in a row go two steps back."""
    first = origin(found, found[-1])
    older = [version for version in found if version.number < first.number]
    if not older:
        raise InputError(
            f"{home}: version {found[-1].number} has the content of version {first.number}, and"
            " there is none before it; name the version to go back to"
        )
    return origin(found, older[-1])
