"""Converts JSON examples to tf.Example, and outputs to the results of classify and regress (b4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from pipeline.serving.engine.signature import Array, Arrays, Signature
from pipeline.serving.errors import Code, ServingError, invalid, too_large
from pipeline.serving.settings import Limits
from pipeline.serving.wire.json_text import abbreviate, json_type
from pipeline.serving.wire.json_values import decode_base64, is_base64

INT64 = (-(2**63), 2**63 - 1)
NAMES = {"bytes_list": "bytes", "float_list": "float", "int64_list": "int64"}


def read_examples(document: Mapping[str, object], limits: Limits) -> list[bytes]:
    """Return the serialized tf.Example of each example of a request, with the context merged in.

    Raises:
        ServingError: INVALID_ARGUMENT; no examples, or a value that a feature cannot hold. 413;
            too many or too long examples.
    """
    context = b""
    if "context" in document:
        context = _example(document["context"], limits)
    if "examples" not in document:
        raise invalid(
            f"JSON Value: {abbreviate(document)} When method is classify, key 'examples'"
            " is expected and was not found"
        )
    examples = document["examples"]
    if not isinstance(examples, list):
        raise invalid(
            f"JSON Value: {abbreviate(document)} Expecting 'examples' value to be an list/array"
        )
    if not examples:
        raise invalid(f"JSON Value: {abbreviate(document)} 'examples' value is an empty array")
    if len(examples) > limits.rows:
        raise too_large(f"'examples' has {len(examples)} rows; at most {limits.rows} are allowed")
    return merge_context(context, (_example(example, limits) for example in examples), limits)


def merge_context(context: bytes, examples: Iterable[bytes], limits: Limits) -> list[bytes]:
    """Merge a context into each serialized example.

    A request contains the context once; the model's input repeats it in every row.

    Raises:
        ServingError: 413; an example is longer than the limit of strings, or all examples together
            are longer than the limit of bodies.
    """
    merged: list[bytes] = []
    total = 0
    for example in examples:
        size = len(context) + len(example)
        total += size
        if size > limits.text:
            raise too_large(
                f"An example of {size} bytes, with its context; at most {limits.text} are allowed"
            )
        if total > limits.body:
            raise too_large(
                f"Examples of more than {limits.body} bytes, each with its context, the maximum"
            )
        merged.append(context + example)  # concatenated messages merge their fields
    return merged


def _example(value: object, limits: Limits) -> bytes:
    if not isinstance(value, dict):
        raise invalid(f"Example must be JSON object but got JSON {json_type(value)}")
    example = tf.train.Example()
    for name, content in value.items():
        feature = example.features.feature[name]
        items = content if isinstance(content, list) else [content]
        if len(items) > limits.text:  # each value needs at least one byte
            raise too_large(f"Feature: {name} has {len(items)} values; at most {limits.text}")
        for item in items:
            _add(item, name, feature)
    serialized: bytes = example.SerializeToString()
    return serialized


def _add(value: object, name: str, feature: Any) -> None:
    list_name, plain = _feature_value(value, name)
    present = feature.WhichOneof("kind") or list_name
    if present != list_name:
        raise invalid(
            f"Unexpected element type in feature: {name} expecting type: {NAMES[present]}"
        )
    getattr(feature, list_name).value.append(plain)


def _feature_value(value: object, name: str) -> tuple[str, bytes | int | float]:
    """Return the list of a feature that holds a value, and the value to append."""
    if isinstance(value, str):
        return "bytes_list", value.encode()
    if is_base64(value):
        return "bytes_list", decode_base64(value)
    if isinstance(value, bool):
        return "int64_list", int(value)
    if isinstance(value, float):
        return "float_list", _float32(value)
    if isinstance(value, int):
        if not INT64[0] <= value <= INT64[1]:
            raise invalid(f"Feature: {name} has uint64 element. Only int64_t is supported.")
        return "int64_list", value
    raise invalid(f"Feature: {name} has element with unexpected JSON type: {json_type(value)}")


def _float32(value: float) -> float:
    with np.errstate(over="ignore"):  # overflow becomes infinity
        return float(np.float32(value))


def classify_outputs(signature: Signature, outputs: Arrays, rows: int) -> list[Any]:
    """Return the `[label, score]` pairs of each row; without `classes` each label is "".

    Raises:
        ServingError: The signature has neither output, or their shapes do not match the rows.
    """
    classes, scores = outputs.get("classes"), outputs.get("scores")
    if classes is None and scores is None:
        raise ServingError(
            Code.FAILED_PRECONDITION,
            'Expected classification signature outputs to contain at least one of "classes" or'
            f' "scores". Signature {signature.name} has {", ".join(signature.outputs)}',
        )
    for name, value, dtype in (("classes", classes, "string"), ("scores", scores, "float")):
        if value is not None:
            _check_output(name, value, dtype, rows)
    if classes is not None and scores is not None and classes.shape != scores.shape:
        raise invalid(
            f"Tensors class and score should match in size; received {list(classes.shape)} and"
            f" {list(scores.shape)}"
        )
    shape = next(value.shape for value in (classes, scores) if value is not None)
    labels = np.full(shape, b"", object) if classes is None else classes
    numbers = np.zeros(shape, np.float32) if scores is None else scores
    return [
        [[label.decode("utf-8", "replace"), score] for label, score in zip(*row, strict=True)]
        for row in zip(labels, numbers, strict=True)
    ]


def _check_output(name: str, value: Array, dtype: str, rows: int) -> None:
    """Check the type of an output, and its shape [rows, classes]."""
    if value.dtype != {"string": object, "float": np.float32}[dtype]:
        raise invalid(f"Expected {name} Tensor of DT_{dtype.upper()}. Got: {value.dtype.name}")
    if value.ndim != 2 or len(value) != rows:
        raise invalid(
            f"Expected output Tensor {name} to have shape [{rows} num_classes]; received"
            f" {list(value.shape)}"
        )


def regress_outputs(signature: Signature, outputs: Arrays, rows: int) -> Array:
    """Return a value for each row from the output `outputs`, float [rows] or [rows, 1]."""
    value = outputs.get("outputs")
    if value is None:
        raise ServingError(
            Code.FAILED_PRECONDITION,
            f"No regression outputs found in signature {signature.name}; expected `outputs`,"
            f" received {', '.join(signature.outputs)}",
        )
    if value.ndim not in (1, 2) or (value.ndim == 2 and value.shape[1] != 1):
        raise invalid(
            "Expected output Tensor shape to be either [batch_size] or [batch_size, 1] but got"
            f" {list(value.shape)}"
        )
    if len(value) != rows:
        raise invalid(f"Input batch size did not match output batch size: {rows} vs. {len(value)}")
    if value.dtype != "float32":
        raise invalid(f"Expected output Tensor of DT_FLOAT; received {value.dtype.name}")
    return value.reshape(rows)
