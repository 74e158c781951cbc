"""SHA-256 of the weights that a config and a seed give: equal before and after a change of form.

    python benchmarks/weights_digest.py CONFIG [KEY=VALUE ...]

Trains a run under `runs/` and prints the digest of every variable of the model, by path. Equal
bytes need the same machine, the same threads and the same versions.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent


def digest(weights: Path) -> str:
    """The digest of the names, shapes and bytes of all arrays under `model/`."""
    found = hashlib.sha256()
    with np.load(weights, allow_pickle=False) as file:
        for name in sorted(name for name in file.files if name.startswith("model/")):
            found.update(f"{name} {file[name].shape} {file[name].dtype}\n".encode())
            found.update(file[name].tobytes())
    return found.hexdigest()


def main() -> None:
    name, *overrides = sys.argv[1:]
    settings = [f"--set={override}" for override in overrides]
    command = [sys.executable, str(ROOT / "main.py"), "train", name, *settings]
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    run = ROOT / told.stdout.splitlines()[-1]
    print(f"{name} {' '.join(overrides)}: {digest(run / 'best.npz')}")


if __name__ == "__main__":
    main()
