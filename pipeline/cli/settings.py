"""The command that lists all settings, and writes `docs/settings.md`."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli.arguments import example
from pipeline.errors import InputError
from pipeline.start import quiet_start

if TYPE_CHECKING:
    from pipeline.config import Setting

app = typer.Typer()

WIDTH = 120  # of a line of the page
SERVE = "serve"
INTRODUCTION = """\
# Settings

Every setting of a config file, then those of the server. `make settings` writes this page from the
descriptions in the code. Change a setting in the YAML file, or for one call with
`--set train.epochs=3`. `*` in a key is a name of your choice, such as that of a split. Settings of
a task that only repeat the shared ones are left out.
"""


@dataclass(frozen=True)
class Group:
    """Settings with a common first part of their keys.

    Args:
        owner: A task, `serve`, or empty for what several tasks share.
        name: The first part of the keys, such as `train`; empty for single settings.
        settings: The settings, with complete keys.
    """

    owner: str
    name: str
    settings: list[Setting]

    @property
    def title(self) -> str:
        """E.g. `slot_filling: model` or `several tasks: train`."""
        return ": ".join([self.owner or "several tasks", *([self.name] if self.name else [])])


@app.command(epilog=example("settings slot_filling"))
def settings(
    topic: Annotated[
        str | None,
        typer.Argument(
            metavar="[TOPIC]", help="A task, a group such as retrain, or serve. Default: all."
        ),
    ] = None,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print the page docs/settings.md instead.")
    ] = False,
) -> None:
    """List settings with type, default and description."""
    if topic == SERVE:  # without TensorFlow, which takes seconds to import
        groups = list(server_groups())
    else:
        with quiet_start():
            groups = find_groups(topic)
        if not groups:
            raise InputError(f"settings {topic}: unknown; expected one of {', '.join(topics())}")
    if markdown:
        print(page(groups), end="")
        return
    from pipeline.report.terminal import print_table

    for group in groups:
        prefix = f"{group.name}." if group.name else ""
        rows = [
            (s.key.removeprefix(prefix), s.type, s.default, s.description) for s in group.settings
        ]
        print_table(group.title, ("setting", "type", "default", "description"), rows)


def find_groups(topic: str | None) -> list[Group]:
    """Return the groups of a task, those of one name in all tasks, or all groups.

    Empty if there is no such task or group.
    """
    from pipeline.config import SharedSettings, list_settings
    from pipeline.tasks import TASKS, schema_of

    if topic in TASKS:
        return list(_divided(topic, list_settings(schema_of(topic))))
    shared = list(list_settings(SharedSettings))
    groups = list(_divided("", shared))
    for task in TASKS:
        own = [setting for setting in list_settings(schema_of(task)) if setting not in shared]
        groups += _divided(task, own)
    groups += server_groups()
    return [group for group in groups if topic in (None, group.name)]


def topics() -> list[str]:
    """Return what `settings` accepts as its argument."""
    from pipeline.tasks import TASKS

    names = (group.name for group in find_groups(None))
    return list(dict.fromkeys([*TASKS, *filter(None, names), SERVE]))


def server_groups() -> Iterator[Group]:
    """The settings of the server, which are no part of a config file."""
    from pathlib import Path

    from pipeline.serving.settings import Limits, Settings

    yield from _divided(SERVE, [*_fields(Settings(Path())), *_fields(Limits(), "limits.")])


def page(groups: Sequence[Group]) -> str:
    """The settings in Markdown, with lines of at most 120 characters."""
    lines = [INTRODUCTION.rstrip()]
    owner = None
    for group in groups:
        if group.owner != owner:
            owner = group.owner
            lines += ["", f"## {owner or 'Several tasks'}"]
        lines += ["", *([f"### {group.name}", ""] if group.name else [])]
        lines += [line for setting in group.settings for line in _item(setting)]
    return "\n".join(lines) + "\n"


def _item(setting: Setting) -> list[str]:
    default = setting.default if setting.default == "required" else f"default `{setting.default}`"
    text = f"`{setting.key}` ({setting.type}; {default}): {setting.description}"
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent="- ",
        subsequent_indent="  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _divided(owner: str, settings: Iterable[Setting]) -> Iterator[Group]:
    """Divide settings by the first part of their keys; those without one come first."""
    groups: dict[str, list[Setting]] = {}
    listed = list(settings)
    names = {setting.key.partition(".")[0] for setting in listed if "." in setting.key}
    for setting in listed:
        first = setting.key.partition(".")[0]
        groups.setdefault(first if first in names else "", []).append(setting)
    for name in sorted(groups, key=bool):  # a stable sort: only the empty name moves
        yield Group(owner, name, groups[name])


def _fields(group: Any, prefix: str = "") -> Iterator[Setting]:
    """The settings of a dataclass of the server."""
    import dataclasses
    import json

    from pipeline.config import Setting

    types = {"bool": "true or false", "int": "integer", "float": "number", "str": "text"}
    for field in dataclasses.fields(group):
        first, *optional = str(field.type).split(" | ")
        if first == "Limits":
            continue
        words = " or ".join([types.get(first, "path"), *(["null"] if optional else [])])
        is_required = field.default is dataclasses.MISSING
        default = "required" if is_required else field.default
        text = default if isinstance(default, str) else json.dumps(default)
        yield Setting(prefix + field.name, words, text, field.metadata["description"])
