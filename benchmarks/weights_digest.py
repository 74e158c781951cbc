"""SHA-256 of the weights that a config and a seed give, to check that a refactoring keeps them.

    python benchmarks/weights_digest.py CONFIG [KEY=VALUE ...]

The script trains a run under `runs/` and prints one digest of all variables of the model, in the
order of their paths. Equal digests need the same machine, number of threads and package versions.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent


def digest(weights: Path) -> str:
    """Return the digest of the names, shapes and bytes of all arrays under `model/`."""
    sha256 = hashlib.sha256()
    with np.load(weights, allow_pickle=False) as file:
        for name in sorted(name for name in file.files if name.startswith("model/")):
            sha256.update(f"{name} {file[name].shape} {file[name].dtype}\n".encode())
            sha256.update(file[name].tobytes())
    return sha256.hexdigest()


def main() -> None:
    name, *overrides = sys.argv[1:]
    settings = [f"--set={override}" for override in overrides]
    command = [sys.executable, str(ROOT / "main.py"), "train", name, *settings]
    training = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    run = ROOT / training.stdout.splitlines()[-1]
    print(f"{name} {' '.join(overrides)}: {digest(run / 'best.npz')}")


if __name__ == "__main__":
    main()
