"""Read a new file with the data settings of a trained model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from pipeline.errors import InputError
from pipeline.task import Purpose
from pipeline.userfiles.detect import TRAIN

D = TypeVar("D", bound=BaseModel)
OF_A_FILE = {"columns", "header", "encoding"}  # data settings that each file has for itself


def known_columns(columns: BaseModel, renamed: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns of the training file with the names that `retrain.columns` gives them.

    A role that may have several columns can be given one name alone.

    Args:
        columns: As in `data.columns`.
        renamed: As in `retrain.columns`.

    Raises:
        InputError: `renamed` has an unknown role, or a value that names no column.
    """
    known = columns.model_dump()
    if unknown := renamed.keys() - known.keys():
        expected = ", ".join(known)
        raise InputError(f"retrain.columns: {', '.join(sorted(unknown))}; expected {expected}")
    for role, name in renamed.items():
        alone = isinstance(name, str) and isinstance(known[role], tuple)
        known[role] = (name,) if alone else name
    try:
        type(columns).model_validate(known)
    except ValidationError as error:
        wrong = error.errors()[0]
        raise InputError(f"retrain.columns.{wrong['loc'][0]}: {wrong['msg']}") from error
    return known


def on_one_file(data: D, detected: Mapping[str, Any], purpose: Purpose) -> D:
    """Return the data settings that read one file whole as every split; none is carved out.

    Args:
        data: The model's data settings, kept unless the file has its own.
        detected: The data section for the new file.
        purpose: If `texts`, the settings of annotations are not kept, so that none is refused.
    """
    files = dict.fromkeys((TRAIN, "valid", "test"), detected["files"][TRAIN])
    kept = {} if purpose == "texts" else data.model_dump(exclude=OF_A_FILE)
    return type(data).model_validate({**kept, **detected, "files": files})
