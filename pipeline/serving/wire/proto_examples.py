"""The examples of a gRPC classify or regress request."""

from __future__ import annotations

from typing import Any

from pipeline.serving.errors import invalid, too_large
from pipeline.serving.settings import Limits
from pipeline.serving.wire.examples import merge_context


def serialized_examples(message: Any, limits: Limits) -> list[bytes]:
    """Return each tf.Example of an `Input` message, serialized with its context merged in.

    Raises:
        ServingError: INVALID_ARGUMENT; no examples. 413; too many or too long examples.
    """
    context = b""
    examples = message.example_list.examples
    if message.WhichOneof("kind") == "example_list_with_context":
        examples = message.example_list_with_context.examples
        context = message.example_list_with_context.context.SerializeToString()
    if not examples:
        raise invalid("Input is empty")
    if len(examples) > limits.rows:
        raise too_large(f"{len(examples)} examples; at most {limits.rows} are allowed")
    return merge_context(context, (example.SerializeToString() for example in examples), limits)
