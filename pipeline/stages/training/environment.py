"""Random seeds, and facts about machine and versions that a result needs."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import keras

from pipeline.config import ROOT

PACKAGES = ("tensorflow", "tensorflow-text", "keras", "tensorflow-datasets", "numpy", "jax")


def set_seeds(seed: int) -> None:
    """Seed Python, NumPy and the backend; layers and data order use the seeds of the config."""
    keras.utils.set_random_seed(seed)


def facts() -> dict[str, Any]:
    """Return versions, commit and machine, JSON-ready; no user, host name or path."""
    return {
        "python": platform.python_version(),
        "backend": keras.backend.backend(),
        "packages": {name: found for name in PACKAGES if (found := _version(name))},
        "commit": _commit(),
        "machine": {
            "cpu": _processor(),
            "cores": len(os.sched_getaffinity(0)),
            "system": platform.system(),
        },
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _commit() -> str | None:
    """Return the commit of the checkout; `+` is appended if files differ from it."""
    try:
        command = ["git", "-C", str(ROOT), "describe", "--always", "--abbrev=12", "--dirty=+"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return None
    return done.stdout.strip() or None


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            names = [line.partition(":")[2].strip() for line in file if "model name" in line]
    except OSError:
        names = []
    return names[0] if names else platform.processor() or platform.machine()
