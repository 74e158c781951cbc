"""Reads a YAML file and overrides into validated, frozen settings."""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic

import yaml
from pydantic import ValidationError
from typing_extensions import TypeVar

from pipeline.config.describe import explain, nearest
from pipeline.config.renames import refuse_old_name, translate
from pipeline.config.sections import TaskSettings
from pipeline.errors import InputError

ROOT = Path(__file__).resolve().parents[2]
CONFIGS = ROOT / "configs"
DATA_DIR_VARIABLE = "NLP_DATA_DIR"


class _Loader(yaml.SafeLoader):
    """A YAML loader that reads `1e-3` as a number; PyYAML alone reads only `1.0e-3` as one."""


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"[-+]?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+$"),
    list("-+0123456789"),
)


S = TypeVar("S", bound=TaskSettings, default=TaskSettings)


@dataclass(frozen=True)
class Config(Generic[S]):
    """The settings of a model, with its name.

    `settings` is an instance of the task's own class; its `task` field names the task.
    """

    name: str
    settings: S

    @property
    def task(self) -> str:
        return str(self.settings.task)

    def as_yaml(self) -> str:
        """Return all settings, defaults included, as a file that `load_config` reads back."""
        return yaml.safe_dump(self.settings.model_dump(mode="json"), sort_keys=False, width=100)

    def digest(self) -> str:
        """Return twelve hexadecimal digits that change when any setting changes."""
        canonical = json.dumps(self.settings.model_dump(mode="json"), sort_keys=True)
        return hashlib.sha256(canonical.encode()).hexdigest()[:12]


def load_config(
    path: Path | str,
    schema_of: Callable[[str], type[TaskSettings]],
    overrides: Sequence[str] = (),
    name: str | None = None,
) -> Config:
    """Read a YAML file and apply `overrides` (`train.epochs=3`) to it.

    Old names of settings are translated (see `renames`).

    Args:
        path: The file, or the name of a shipped one (`atis`).
        schema_of: Maps a task's name to the class of its settings; raises InputError.
        overrides: `key.key=value`, the value in YAML.
        name: The model's name, given for the config inside a run or a version; by default the
            file's name. Old names of settings in a file without a given name, which is a
            user's own, print a note.

    Raises:
        InputError: Names the file, the key, and for an unknown key the nearest valid one.
    """
    file = find_config(path)
    try:
        values = yaml.load(file.read_text(encoding="utf-8"), _Loader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{file}: not valid YAML: {' '.join(str(error).split())}") from error
    if not isinstance(values, dict) or "task" not in values:
        raise InputError(f"{file}: expected settings with a key `task`, e.g. `task: slot_filling`")
    values = {key: value for key, value in values.items() if value is not None}  # `train:` alone
    values = _translated(values, file, is_users_own=name is None)
    for override in overrides:
        _apply(values, override)
    schema = schema_of(str(values["task"]))
    try:
        return Config(name or file.stem, schema.model_validate(values))
    except ValidationError as error:
        raise InputError(f"{file}: {explain(error, schema)}") from error


def setting(config: Config, key: str) -> Any:
    """Return the value of a setting by its dotted key, as YAML represents it.

    Raises:
        InputError: There is no such setting, or the key names a group of settings.
    """
    value: Any = config.settings.model_dump(mode="json")
    for part in key.split("."):
        if not isinstance(value, dict) or part not in value:
            near = nearest(key, type(config.settings))
            raise InputError(f"unknown setting `{key}`; the nearest is {near}")
        value = value[part]
    if isinstance(value, dict):
        raise InputError(f"`{key}` is a group of settings; expected one of them")
    return value


def with_settings(config: Config, values: Mapping[str, Any]) -> Config:
    """Return the config with some settings, by their dotted keys, set to other values.

    Raises:
        InputError: A key is unknown, a value is wrong, or the values do not fit together.
    """
    changed = config.settings.model_dump(mode="json")
    for key, value in values.items():
        *parents, last = key.split(".")
        section = changed
        for parent in parents:
            section = section[parent]
        section[last] = value
    schema = type(config.settings)
    try:
        return Config(config.name, schema.model_validate(changed))
    except ValidationError as error:
        raise InputError(f"{config.name}: {explain(error, schema)}") from error


def find_config(path: Path | str) -> Path:
    """Return the file itself, or the shipped config of that name.

    Raises:
        InputError: There is neither; lists the shipped configs.
    """
    for candidate in (Path(path), CONFIGS / f"{path}.yaml", ROOT / path):
        if candidate.is_file():
            return candidate
    shipped = ", ".join(sorted(file.stem for file in CONFIGS.glob("*.yaml")))
    raise InputError(f"{path}: no such config file; shipped ones: {shipped}")


def data_path(text: str) -> Path:
    """Return a path of a config, with `$NLP_DATA_DIR` filled in (default: `data/benchmarks`).

    A relative path is looked up in the working folder, then in the project's folder.
    """
    folder = os.environ.get(DATA_DIR_VARIABLE) or str(ROOT / "data" / "benchmarks")
    path = Path(text.replace(f"${DATA_DIR_VARIABLE}", folder)).expanduser()
    inside = ROOT / path
    return inside if not path.is_absolute() and not path.exists() and inside.exists() else path


def _translated(values: dict[str, Any], file: Path, is_users_own: bool) -> dict[str, Any]:
    """The values with current names of settings; prints a note if a user's file has old ones."""
    try:
        translated, renamed = translate(values)
    except InputError as error:
        raise InputError(f"{file}: {error}") from error
    if renamed and is_users_own:
        names = ", ".join(f"`{old}` is now `{new}`" for old, new in renamed.items())
        print(f"{file}: old names of settings: {names}", file=sys.stderr)
    return translated


def _apply(values: dict[str, Any], override: str) -> None:
    """Set one `key.key=value` in nested dicts, in place."""
    key, sign, text = override.partition("=")
    if not sign or not key:
        raise InputError(f"--set {override}: expected KEY=VALUE, e.g. --set train.epochs=3")
    refuse_old_name(override, key)
    *parents, last = key.split(".")
    for parent in parents:
        values = values.setdefault(parent, {})
        if not isinstance(values, dict):
            raise InputError(f"--set {override}: {parent} is a value, not a group of settings")
    try:
        values[last] = yaml.load(text, _Loader)
    except yaml.YAMLError as error:
        raise InputError(f"--set {override}: {text!r} is not valid YAML") from error
