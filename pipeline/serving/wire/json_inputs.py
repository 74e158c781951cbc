"""Converts the JSON of a predict request, in rows or columns, to arrays (contract b2.3 to b2.7)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.serving.engine.signature import DEFAULT, Array, Arrays, Signature, Tensor
from pipeline.serving.errors import invalid, too_large
from pipeline.serving.settings import Limits
from pipeline.serving.wire.json_text import abbreviate
from pipeline.serving.wire.json_values import (
    Shape,
    check_size,
    flatten,
    infer_shape,
    is_base64,
    to_array,
)


@dataclass(frozen=True)
class PredictInputs:
    """The inputs of a predict request.

    Args:
        arrays: Arrays by input name.
        by_row: Whether the request was in row form (`instances`).
    """

    arrays: Arrays
    by_row: bool


def signature_name(document: Mapping[str, object]) -> str:
    """Return the name of the signature in a request, or the default name."""
    name = document.get("signature_name", "")
    if not isinstance(name, str):
        raise invalid(
            f"JSON Value: {abbreviate(document)} not formatted correctly."
            " 'signature_name' key must be a string value."
        )
    return name or DEFAULT


def read_inputs(
    document: Mapping[str, object], signature: Signature, limits: Limits
) -> PredictInputs:
    """Read the arrays of a predict request.

    Raises:
        ServingError: INVALID_ARGUMENT with TensorFlow Serving's message, or 413 beyond a limit.
    """
    if "instances" in document:
        if "inputs" in document:
            raise invalid(
                f"JSON Value: {abbreviate(document)} Not formatted correctly expecting only"
                " one of 'inputs' or 'instances' keys to exist "
            )
        return PredictInputs(_read_rows(document, signature, limits), by_row=True)
    if "inputs" in document:
        return PredictInputs(_read_columns(document["inputs"], signature, limits), by_row=False)
    raise invalid("Missing 'inputs' or 'instances' key")


def _read_rows(
    document: Mapping[str, object], signature: Signature, limits: Limits
) -> dict[str, Array]:
    rows = document["instances"]
    if not isinstance(rows, list):
        raise invalid(
            f"JSON Value: {abbreviate(document)} Excepting 'instances' to be an list/array"
        )
    if not rows:
        raise invalid(f"JSON Value: {abbreviate(document)} No values in 'instances' array")
    if len(rows) > limits.rows:
        raise too_large(f"'instances' has {len(rows)} rows; at most {limits.rows} are allowed")
    if not isinstance(rows[0], dict) and len(signature.inputs) != 1:
        raise invalid(
            "instances is a plain list, but expecting list of objects as multiple"
            " input tensors required as per tensorinfo_map"
        )
    columns = {name: Column(tensor, len(rows), limits) for name, tensor in signature.inputs.items()}
    named = _is_named(rows[0]) or not columns
    for index, row in enumerate(rows):
        if named != _is_named(row):
            expected, got = ("object", "list") if named else ("value/list", "object")
            raise invalid(f"Expecting {expected} but got {got} at item {index} of input list")
        if named:
            _add_named(row, index, columns)
        else:
            (column,) = columns.values()
            column.add(row, f"{index}")
    return {name: column.array() for name, column in columns.items()}


def _is_named(row: object) -> bool:
    return isinstance(row, dict) and not is_base64(row)


def _add_named(row: Mapping[str, object], index: int, columns: Mapping[str, Column]) -> None:
    if row.keys() != columns.keys():
        raise invalid(
            f"Failed to process element: {index} of 'instances' list."
            f" JSON object: {abbreviate(row)} keys must be equal to: {','.join(sorted(columns))}"
        )
    for name, column in columns.items():
        column.add(row[name], f"{index} key: {name}")


class Column:
    """One input, collected row by row; all rows must have the same shape."""

    def __init__(self, tensor: Tensor, rows: int, limits: Limits) -> None:
        self.tensor, self.rows, self.limits = tensor, rows, limits
        self.shape: Shape | None = None
        self.values: list[Any] = []

    def add(self, value: object, where: str) -> None:
        """Add the value of a row; an error names the row by `where`."""
        try:
            self._add(value)
        except Exception as error:
            if getattr(error, "http_status", 400) != 400:
                raise  # 413 and 501 keep their status
            raise invalid(
                f"Failed to process element: {where} of 'instances' list. Error: {error}"
            ) from error

    def _add(self, value: object) -> None:
        shape = infer_shape(value)
        check_size((self.rows, *shape), self.tensor, self.limits)
        flat = flatten(value, 0, shape, self.tensor, self.limits)
        if self.shape is None:
            self.shape = shape
            self.size = len(flat)
        elif self.size != len(flat):
            raise invalid(f"Expecting tensor size: {self.size} but got: {len(flat)}")
        elif self.shape != shape:
            raise invalid(f"Expecting shape {_brackets(self.shape)} but got: {_brackets(shape)}")
        self.values += flat

    def array(self) -> Array:
        """Return all rows as one array of shape [rows, *row shape]."""
        return to_array(self.values, (self.rows, *(self.shape or ())), self.tensor)


def _brackets(shape: Shape) -> str:
    return f"[{','.join(map(str, shape))}]"


def _read_columns(value: object, signature: Signature, limits: Limits) -> dict[str, Array]:
    if not isinstance(value, dict) or is_base64(value):
        if len(signature.inputs) > 1:
            raise invalid(
                "inputs is a plain value/list, but expecting an object as multiple"
                " input tensors required as per tensorinfo_map"
            )
        value = dict.fromkeys(signature.inputs, value)
    arrays: dict[str, Array] = {}
    for name, tensor in signature.inputs.items():
        if name not in value:
            raise invalid(f"Missing named input: {name} in 'inputs' object.")
        shape = infer_shape(value[name])
        check_size(shape, tensor, limits)
        arrays[name] = to_array(flatten(value[name], 0, shape, tensor, limits), shape, tensor)
    return arrays
