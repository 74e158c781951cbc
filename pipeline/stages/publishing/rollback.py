"""Publish the content of an older version again, under the next number.

Servers, TensorFlow Serving included, serve the highest number. So a number is never removed or
reused, and a version that is published later takes over as usual.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from pipeline import artifacts
from pipeline.errors import InputError
from pipeline.report.terminal import note
from pipeline.runs import VersionFolder
from pipeline.stages.publishing import versions
from pipeline.stages.publishing.versions import Version

PINS = ("labels.json", "traffic.json")  # files beside the versions that name versions
OWN = ("format_version", "sealed", "files")  # facts of a manifest that are not copied


def run(home: Path, number: int | None = None) -> Path:
    """Publish the content of an older version as the newest, and return its folder.

    The old version's files are verified, copied (not linked, so that later damage to one does not
    damage the other), verified again, and renamed once. Labels and traffic shares keep the versions
    that they name; a note says so.

    Args:
        home: `saved_models/<name>`.
        number: The version to go back to; by default the one that served before the newest.

    Raises:
        InputError: There is no such version, or no version before the newest.
        PipelineError: The files of the version are not those that were published.
    """
    found = versions.run(home)
    target = _asked(home, found, number) if number is not None else _before(home, found)
    facts = artifacts.verify(target.folder)
    kept = {key: value for key, value in facts.items() if key not in OWN}
    with artifacts.staging(home.parent, home.name) as stage:
        candidate = stage / "candidate"
        shutil.copytree(target.folder, candidate)
        VersionFolder(candidate).manifest.unlink()
        parent, back_to = str(target.number), origin(found, target).number
        artifacts.seal(candidate, {**kept, "parent": parent, "rolled_back_to": back_to})
        copied = artifacts.verify(candidate)["files"]
        if copied != facts["files"]:
            raise InputError(f"{target.folder}: changed while it was copied; nothing published")
        version = artifacts.publish(candidate, home)
    for pins in filter(Path.is_file, (home / name for name in PINS)):
        note(f"{pins}: it still sends requests to the versions that it names; edit it if necessary")
    return version


def origin(found: Sequence[Version], version: Version) -> Version:
    """Return the version that was first published with this content, if it still exists."""
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
    """Return the version that served before the newest content; two rollbacks go two steps back."""
    first = origin(found, found[-1])
    older = [version for version in found if version.number < first.number]
    if not older:
        raise InputError(
            f"{home}: version {found[-1].number} has the content of version {first.number}, and"
            " there is none before it; name the version to go back to"
        )
    return origin(found, older[-1])
