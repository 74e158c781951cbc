"""Variables of a model and its optimizer in one file: NumPy arrays by path, without pickle."""

from __future__ import annotations

import io
import json
import zlib
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import keras
import numpy as np

from pipeline.artifacts import write_file
from pipeline.errors import PipelineError

STATE = "state.json"


def save(path: Path, model: keras.Model, optimizer: Any, state: dict[str, Any]) -> None:
    """Write every variable (weights, dropout seeds, optimizer) and `state`, or nothing."""
    arrays: dict[str, Any] = {name: np.asarray(v) for name, v in _named(model, optimizer).items()}
    arrays[STATE] = np.array(json.dumps(state))
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    write_file(path, buffer.getvalue())


def load(path: Path, model: keras.Model, optimizer: Any = None) -> dict[str, Any]:
    """Set the variables of `model` (and `optimizer`) from a file and return its state.

    Raises:
        PipelineError: The file is damaged, or a variable is missing or has another shape.
    """
    arrays = read(path)
    for name, variable in _named(model, optimizer).items():
        if name not in arrays or arrays[name].shape != tuple(variable.shape):
            found = arrays[name].shape if name in arrays else "nothing"
            raise PipelineError(
                f"{path}: {name} is {found}; expected shape {tuple(variable.shape)}"
            )
        variable.assign(arrays[name])
    state: dict[str, Any] = json.loads(str(arrays[STATE]))
    return state


def read(path: Path) -> dict[str, Any]:
    """Return all arrays of a file by name, and its state as JSON under `STATE`.

    Raises:
        PipelineError: The file is damaged.
    """
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
            return {name: file[name] for name in (STATE, *file.files)}
    except (OSError, ValueError, EOFError, KeyError, TypeError, BadZipFile, zlib.error) as error:
        raise PipelineError(f"{path}: not a readable weights file ({error})") from error


def _named(model: keras.Model, optimizer: Any) -> dict[str, Any]:
    """Return variables by names that do not depend on what this process built before.

    Keras numbers dropout seeds and optimizers across the process, so seeds are named by their
    order, and an optimizer's variables without its name.
    """
    seeds = [v for v in model.variables if v.path.endswith("seed_generator_state")]
    named = {f"seed/{index}": seed for index, seed in enumerate(seeds)}
    named |= {f"model/{v.path}": v for v in model.weights}
    if optimizer is not None:
        own = f"{optimizer.name}/"
        named |= {f"optimizer/{v.path.removeprefix(own)}": v for v in optimizer.variables}
    return named
