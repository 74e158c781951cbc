"""Vocabularies, tokenizer, Keras model and service of a model, joined."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic

import tensorflow as tf

from pipeline import artifacts
from pipeline.config import Config
from pipeline.task import A, M, R, S, Service, T, Task, Vocabularies
from pipeline.text.vocabulary import read_terms, write_terms


@dataclass(frozen=True)
class Assembly(Generic[T, M]):
    """The parts of a run or a version in memory."""

    vocabularies: Vocabularies
    tokenizer: T
    model: M
    service: Service


def assemble(task: Task[S, R, A, T, M], config: Config[S], folder: Path) -> Assembly[T, M]:
    """Build everything from the vocabularies in a folder; weights are random."""
    vocabularies = read_vocabularies(folder)
    tokenizer = task.model.build_tokenizer(config.settings, folder)
    model = task.model.build_model(config.settings, vocabularies)
    service = task.model.build_service(tokenizer, model, vocabularies)
    return Assembly(vocabularies, tokenizer, model, service)


def write_vocabularies(folder: Path, vocabularies: Vocabularies) -> None:
    """Write terms as `<name>.txt` and the bytes of a trained tokenizer as `<name>.model`."""
    for name, content in vocabularies.items():
        if isinstance(content, bytes):
            artifacts.write_file(folder / f"{name}.model", content)
        else:
            write_terms(folder / f"{name}.txt", content)


def read_vocabularies(folder: Path) -> dict[str, Any]:
    """Read the vocabularies that `write_vocabularies` wrote."""
    found: dict[str, Any] = {}
    for file in sorted(folder.iterdir()):
        found[file.stem] = file.read_bytes() if file.suffix == ".model" else read_terms(file)
    return found


def outputs_of(service: Service) -> Callable[[Sequence[str]], dict[str, Any]]:
    """Return `serving_default` of a model in memory, from texts to NumPy outputs."""

    def call(texts: Sequence[str]) -> dict[str, Any]:
        outputs = service.signatures["serving_default"](tf.constant(list(texts), tf.string))
        return {name: value.numpy() for name, value in outputs.items()}

    return call
