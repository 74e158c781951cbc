"""Old names of settings, translated to the current ones.

The configs inside old runs and versions keep the names of their time. `RENAMED` is the only place
that knows these names; add a row when you rename a setting, and never remove one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.errors import InputError

# Old dotted key to new dotted key, both in the same group; for all tasks.
RENAMED = {
    "retrain.between": "retrain.interpolate",
    "retrain.most_repeats": "retrain.max_repeats",
    "retrain.suspect": "retrain.annotation_gap",
    "retrain.taken": "retrain.lost_to_new_labels",
}


def translate(values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Replace old names of settings by the current ones.

    Args:
        values: The content of a config file; it is not changed.

    Returns:
        The translated content, and the old keys in it, each with its new key.

    Raises:
        InputError: A setting has both its old and its new name.
    """
    translated = dict(values)
    renamed = {}
    for old, new in RENAMED.items():
        group, _, old_name = old.rpartition(".")
        new_name = new.rpartition(".")[2]
        section = translated.get(group)
        if not isinstance(section, dict) or old_name not in section:
            continue
        if new_name in section:
            raise InputError(f"setting `{old}` is now called `{new}`; remove the old one")
        translated[group] = _renamed(section, {old_name: new_name})
        renamed[old] = new
    if isinstance(values.get("tune"), dict):  # its keys are the dotted keys of settings
        translated["tune"] = _renamed(values["tune"], RENAMED)
        renamed.update({old: new for old, new in RENAMED.items() if old in values["tune"]})
    return translated, renamed


def _renamed(group: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {names.get(name, name): value for name, value in group.items()}


def refuse_old_name(override: str, key: str) -> None:
    """Refuse the old name of a setting on the command line.

    Raises:
        InputError: `key` is an old name; gives the new one.
    """
    if key in RENAMED:
        raise InputError(f"--set {override}: setting `{key}` is now called `{RENAMED[key]}`")
