"""The examples of a gRPC classify or regress request."""

from __future__ import annotations

from typing import Any

from pipeline.serving.errors import invalid, too_large
from pipeline.serving.settings import Limits
from pipeline.serving.wire.examples import with_context


def serialized_examples(given: Any, limits: Limits) -> list[bytes]:
    """Each tf.Example of an `Input` message, serialized, its context merged in.

    Raises:
        ServingError: INVALID_ARGUMENT; there is none, or more or longer ones than the limits.
    """
    context = b""
    examples = given.example_list.examples
    if given.WhichOneof("kind") == "example_list_with_context":
        examples = given.example_list_with_context.examples
        context = given.example_list_with_context.context.SerializeToString()
    if not examples:
        raise invalid("Input is empty")
    if len(examples) > limits.rows:
        raise too_large(f"{len(examples)} examples; at most {limits.rows} are taken")
    return with_context(context, (example.SerializeToString() for example in examples), limits)
