"""The Python API of a published model: `load(path)(texts)` returns plain dicts.

TensorFlow is imported when a model is loaded, not earlier.
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
LETTERS = 64 * 1024  # of a padded batch (texts times the longest); bounds its memory


@dataclass(frozen=True)
class Predictor:
    """A published version in memory; call it with a list of texts.

    Args:
        version: The version's folder.
        manifest: The content of its manifest.
        task: Its task.
        config: The config that it was trained with.
        outputs: Maps texts to the NumPy outputs of `serving_default`, padded as the signature
            defines.
    """

    version: Path
    manifest: dict[str, Any]
    task: Task
    config: Config
    outputs: Callable[[Sequence[str]], dict[str, Any]]

    def __call__(self, texts: Sequence[str]) -> list[Answer]:
        """Return an answer for each text, in order.

        Raises:
            TypeError: `texts` is a single string instead of a list.
        """
        if isinstance(texts, str):
            raise TypeError(f"expected a list of texts, received one string {texts[:40]!r}")
        return answer_all(self.task, self.outputs, list(texts))


def answer_all(
    task: Task, outputs: Callable[[Sequence[str]], Any], texts: Sequence[str]
) -> list[Answer]:
    """Return the answers in the order of the texts; batches hold texts of similar length."""
    answers: dict[int, Answer] = {}
    for indices in _batches(texts):
        batch = [texts[i] for i in indices]
        answers.update(zip(indices, task.answers.read(batch, outputs(batch)), strict=True))
    return [answers[i] for i in range(len(texts))]


def _batches(texts: Sequence[str]) -> Iterator[list[int]]:
    """Yield the indices of each batch: texts of similar length, fewer of them if they are long."""
    batch: list[int] = []
    for index in sorted(range(len(texts)), key=lambda i: len(texts[i])):
        is_full = len(batch) == BATCH or (len(batch) + 1) * len(texts[index]) > LETTERS
        if batch and is_full:
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


def load(path: Path | str) -> Predictor:
    """Load `saved_models/<name>` (its newest version) or the folder of one version.

    Raises:
        InputError: There is no published model.
        PipelineError: It was changed after publishing, is damaged, or has another format version.
    """
    from pipeline.config import load_config
    from pipeline.savedmodel.load import load_signature
    from pipeline.tasks import find_task, schema_of

    version = artifacts.find_version(path)
    manifest = artifacts.verify(version)
    config = load_config(VersionFolder(version).config, schema_of, name=manifest["name"])
    return Predictor(version, manifest, find_task(config.task), config, load_signature(version))
