"""Run by `parity` in a fresh process, copied away from the project: answers with a SavedModel.

    python -I answer_alone.py MODEL REQUEST ANSWER [HIDDEN ...]

REQUEST is a JSON list of batches of texts, ANSWER becomes the list of their outputs. Opening a
file below a HIDDEN folder is an error: what is published must need neither project nor run folder.
"""

import json
import sys
from typing import Any


def hide(folders: list[str]) -> None:
    """Makes Python refuse to open anything below `folders` (absolute paths)."""
    inside = tuple(f"{folder}/" for folder in folders)

    def refuse(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and str(arguments[0]).startswith(inside):
            raise PermissionError(f"{arguments[0]}: out of reach for a published model")

    if folders:
        sys.addaudithook(refuse)


def main(model: str, request: str, answer: str, *hidden: str) -> None:
    hide(list(hidden))
    import tensorflow as tf
    import tensorflow_text  # noqa: F401  registers its ops

    loaded = tf.saved_model.load(model)
    signature = loaded.signatures["serving_default"]
    with open(request, encoding="utf-8") as file:
        batches = json.load(file)
    outputs = [
        {key: plain(value.numpy()) for key, value in signature(text=tf.constant(batch)).items()}
        for batch in batches
    ]
    with open(answer, "w", encoding="utf-8") as file:
        json.dump(outputs, file)


def plain(array: Any) -> list[Any]:
    """A NumPy array as nested lists; bytes as text."""

    def text(value: Any) -> Any:
        if isinstance(value, list):
            return [text(item) for item in value]
        return value.decode("utf-8") if isinstance(value, bytes) else value

    nested: list[Any] = text(array.tolist())
    return nested


if __name__ == "__main__":
    main(*sys.argv[1:])
