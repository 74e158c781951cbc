"""A script that answers with a SavedModel; `parity` copies it out of the project and runs it.

    python -I fresh_process.py MODEL REQUEST ANSWER [HIDDEN ...]

REQUEST is a JSON list of batches of texts; the list of their outputs is written to ANSWER.
Opening a file in a HIDDEN folder fails: a published model must not need the project or the run
folder.
"""

import json
import sys
from typing import Any


def hide(folders: list[str]) -> None:
    """Make Python refuse to open files in `folders` (absolute paths)."""
    inside = tuple(f"{folder}/" for folder in folders)

    def refuse(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and str(arguments[0]).startswith(inside):
            raise PermissionError(f"{arguments[0]}: a published model must not read this")

    if folders:
        sys.addaudithook(refuse)


def main(model: str, request: str, answer: str, *hidden: str) -> None:
    """Write the outputs of the model for the batches in `request` to `answer`."""
    hide(list(hidden))
    import tensorflow as tf
    import tensorflow_text  # noqa: F401  registers its ops

    loaded = tf.saved_model.load(model)
    signature = loaded.signatures["serving_default"]
    with open(request, encoding="utf-8") as file:
        batches = json.load(file)
    outputs = [
        {key: to_lists(value.numpy()) for key, value in signature(text=tf.constant(batch)).items()}
        for batch in batches
    ]
    with open(answer, "w", encoding="utf-8") as file:
        json.dump(outputs, file)


def to_lists(array: Any) -> list[Any]:
    """Convert a NumPy array to nested lists, and bytes to text."""

    def text(value: Any) -> Any:
        if isinstance(value, list):
            return [text(item) for item in value]
        return value.decode("utf-8") if isinstance(value, bytes) else value

    nested: list[Any] = text(array.tolist())
    return nested


if __name__ == "__main__":
    main(*sys.argv[1:])
