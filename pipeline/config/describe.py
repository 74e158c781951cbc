"""Lists settings with type, default and description, and explains errors about them."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

PLAIN_TYPES = {
    bool: "true or false",
    int: "integer",
    float: "number",
    str: "text",
    Any: "any value",
    NoneType: "null",
}
BOUNDS = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}
ANY_KEY = "*"  # in a dotted key: a name that the user chooses, such as that of a split


@dataclass(frozen=True)
class Setting:
    """One setting, as help and documentation show it.

    Args:
        key: Its dotted key; `*` stands for a name that the user chooses.
        type: The type in words, with its bounds.
        default: The default as YAML, or "required".
        description: What it is, with its unit.
    """

    key: str
    type: str
    default: str
    description: str


def list_settings(schema: type[BaseModel], prefix: str = "") -> Iterator[Setting]:
    """List the settings of a schema, those of a group after each other."""
    for name, field in schema.model_fields.items():
        key = prefix + name
        if _section(field.annotation) is None:
            described = _description(schema, name)
            yield Setting(key, _type(field.annotation, field.metadata), _default(field), described)
        for section, path in _sections(field.annotation, key):
            yield from list_settings(section, f"{path}.")


def explain(error: ValidationError, schema: type[BaseModel]) -> str:
    """Say in one line which setting is wrong, what was expected and received, and what it is."""
    first = error.errors()[0]
    # The path also names the member of a union that was tried, such as `literal['a','b']`.
    key = ".".join(str(part) for part in first["loc"] if "[" not in str(part))
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    if first["type"] == "extra_forbidden":
        return f"unknown setting `{key}`; the nearest is {nearest(key, schema)}{more}"
    if first["type"] == "value_error":  # of our own validators: settings that do not fit together
        where = f"settings of `{key}`" if key else "settings"
        return f"{where}: {first['ctx']['error']}{more}"
    received = f", received {first['input']!r}" if first["type"] != "missing" else ""
    described = _describe(schema, first["loc"])
    about = f". It is: {_as_clause(described)}" if described else ""
    return f"setting `{key}`: {first['msg'].lower()}{received}{more}{about}"


def nearest(key: str, schema: type[BaseModel]) -> str:
    """Name the valid key most like this one, with its description.

    A key of the same depth is preferred.
    """
    keys = list(_keys(schema))
    level = [known for known in keys if known.count(".") == key.count(".")]
    close = difflib.get_close_matches(key, level, n=1)
    best = (close or difflib.get_close_matches(key, keys, n=1, cutoff=0.0))[0]
    described = _describe(schema, tuple(best.split(".")))
    return f"`{best}`: {_as_clause(described)}" if described else f"`{best}`"


def _keys(schema: type[BaseModel], prefix: str = "") -> Iterator[str]:
    for name, field in schema.model_fields.items():
        yield prefix + name
        section = _section(field.annotation)
        if section is not None:
            yield from _keys(section, f"{prefix}{name}.")


def _section(annotation: Any) -> type[BaseModel] | None:
    """The group of settings that a field is; None if it is a single setting."""
    is_section = isinstance(annotation, type) and issubclass(annotation, BaseModel)
    return annotation if is_section else None


def _sections(annotation: Any, key: str) -> Iterator[tuple[type[BaseModel], str]]:
    """The groups that a field may hold, also as values of a mapping, each with its key."""
    section = _section(annotation)
    if section is not None:
        yield section, key
        return
    is_mapping = get_origin(annotation) is dict
    for part in get_args(annotation)[1 if is_mapping else 0 :]:
        yield from _sections(part, f"{key}.{ANY_KEY}" if is_mapping else key)


def _describe(schema: type[BaseModel], path: tuple[Any, ...]) -> str:
    """The description of the setting at a path; what follows below a setting is ignored."""
    here = schema
    for name in path:
        if name not in here.model_fields:
            return ""
        section = _section(here.model_fields[name].annotation)
        if section is None:
            return _description(here, name)
        here = section
    return ""


def _description(schema: type[BaseModel], name: str) -> str:
    """The description of a field; a class that changes only the default inherits it."""
    for cls in schema.__mro__:
        if issubclass(cls, BaseModel) and name in cls.model_fields:
            described = cls.model_fields[name].description
            if described:
                return described
    return ""


def _as_clause(description: str) -> str:
    """The description as it continues a sentence: `Number of passes.` -> `number of passes.`."""
    keeps_case = not description[1:2].islower()
    return description if keeps_case else description[0].lower() + description[1:]


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True, validated_data={})
    return value if isinstance(value, str) and value.isidentifier() else json.dumps(value)


def _type(annotation: Any, metadata: list[Any] | tuple[Any, ...] = ()) -> str:
    """A type in words, e.g. `integer ≥ 1`."""
    if annotation in PLAIN_TYPES:
        return f"{PLAIN_TYPES[annotation]} {', '.join(_bounds(metadata))}".strip()
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _type(arguments[0], arguments[1:])
    if origin is Literal:
        return " | ".join(map(str, arguments))
    if origin in (Union, UnionType):
        # Bounds of `int | None` are those of the integer.
        parts = [_type(part, () if part is NoneType else metadata) for part in arguments]
        if "|" in parts[0]:  # do not repeat the choices
            parts = [part.replace(f"list of {parts[0]}", "list of these") for part in parts]
        return " or ".join(dict.fromkeys(parts))
    if origin is dict:
        return f"mapping to {_type(arguments[1])}"
    if origin in (list, tuple):
        is_mixed = get_origin(arguments[0]) in (Union, UnionType)
        return f"list of {'values' if is_mixed else _type(arguments[0])}"
    return "group"


def _bounds(metadata: list[Any] | tuple[Any, ...]) -> Iterator[str]:
    for constraint in metadata:  # of the package annotated-types: `Ge(ge=1)`
        for name, words in BOUNDS.items():
            if hasattr(constraint, name):
                yield f"{words} {getattr(constraint, name)}"
