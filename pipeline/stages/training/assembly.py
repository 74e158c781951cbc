"""The parts of a model joined: vocabularies, tokenizer, Keras model and service."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from pipeline import artifacts
from pipeline.config import Config
from pipeline.task import Service, Task, Vocabularies
from pipeline.text.vocabulary import read_terms, write_terms

VOCABULARIES = "vocabularies"


@dataclass(frozen=True)
class Assembly:
    """What a run or a version is made of, in memory."""

    vocabularies: Vocabularies
    tokenizer: Any
    model: keras.Model
    service: Service


def assemble(task: Task, config: Config, folder: Path) -> Assembly:
    """Builds everything from a folder's vocabularies; weights are still random."""
    vocabularies = read_vocabularies(folder)
    tokenizer = task.build_tokenizer(config.settings, folder / VOCABULARIES)
    model = task.build_model(config.settings, vocabularies)
    service = task.build_service(tokenizer, model, vocabularies)
    return Assembly(vocabularies, tokenizer, model, service)


def write_vocabularies(folder: Path, vocabularies: Vocabularies) -> None:
    """Terms as `<name>.txt`, the bytes of a trained tokenizer as `<name>.model`."""
    for name, content in vocabularies.items():
        if isinstance(content, bytes):
            artifacts.write_file(folder / VOCABULARIES / f"{name}.model", content)
        else:
            write_terms(folder / VOCABULARIES / f"{name}.txt", content)


def read_vocabularies(folder: Path) -> dict[str, Any]:
    """What `write_vocabularies` wrote."""
    found: dict[str, Any] = {}
    for file in sorted((folder / VOCABULARIES).iterdir()):
        found[file.stem] = file.read_bytes() if file.suffix == ".model" else read_terms(file)
    return found


def outputs_of(service: Service) -> Callable[[Sequence[str]], dict[str, Any]]:
    """`serving_default` of a model in memory, from texts to NumPy outputs."""

    def call(texts: Sequence[str]) -> dict[str, Any]:
        outputs = service.signatures["serving_default"](tf.constant(list(texts), tf.string))
        return {name: value.numpy() for name, value in outputs.items()}

    return call
