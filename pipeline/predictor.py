"""The Python face of a published model: `load(path)(texts)` gives plain dicts.

TensorFlow is imported when a model is loaded, not before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline import artifacts
from pipeline.runs import VersionFolder

if TYPE_CHECKING:
    from pipeline.config import Config
    from pipeline.task import Answer, Task


BATCH = 64
LETTERS = 64 * 1024  # of a batch, each text counted as the longest: what memory grows with


@dataclass(frozen=True)
class Predictor:
    """A published version in memory; call it with texts.

    Args:
        version: Its folder.
        manifest: What it was published with.
        task: Whose answers it gives.
        config: What it was trained with.
        outputs: Texts to the NumPy outputs of `serving_default`, padded as the signature says.
    """

    version: Path
    manifest: dict[str, Any]
    task: Task
    config: Config
    outputs: Callable[[Sequence[str]], dict[str, Any]]

    def __call__(self, texts: Sequence[str]) -> list[Answer]:
        """One answer a text, in order; computed in batches of texts of like length.

        Raises:
            TypeError: `texts` is a single string; expected a list of them.
        """
        if isinstance(texts, str):
            raise TypeError(f"expected a list of texts, received one string {texts[:40]!r}")
        return answer_all(self.task, self.outputs, list(texts))


def answer_all(
    task: Task, outputs: Callable[[Sequence[str]], Any], texts: Sequence[str]
) -> list[Answer]:
    """Answers in the order of the texts; computed in batches of like length."""
    answers: dict[int, Answer] = {}
    for rows in _batches(texts):
        group = [texts[i] for i in rows]
        answers.update(zip(rows, task.answers.read(group, outputs(group)), strict=True))
    return [answers[i] for i in range(len(texts))]


def _batches(texts: Sequence[str]) -> Iterator[list[int]]:
    """Places of texts of like length; a text of many thousand letters has few others beside it."""
    batch: list[int] = []
    for place in sorted(range(len(texts)), key=lambda i: len(texts[i])):
        full = len(batch) == BATCH or (len(batch) + 1) * len(texts[place]) > LETTERS
        if batch and full:
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch


def load(path: Path | str) -> Predictor:
    """Loads `saved_models/<name>` (its newest version) or one version's folder.

    Raises:
        InputError: There is no published model.
        PipelineError: It was changed since, is damaged, or is of another format version.
    """
    from pipeline.config import load_config
    from pipeline.savedmodel.load import load_signature
    from pipeline.tasks import find_task, schema_of

    version = artifacts.find_version(path)
    manifest = artifacts.verify(version)
    config = load_config(VersionFolder(version).config, schema_of, name=manifest["name"])
    return Predictor(version, manifest, find_task(config.task), config, load_signature(version))
