"""The help of every command: complete, short enough for 80 columns, with an example."""

import shlex
import sys

import pytest
import typer

from pipeline import cli

COMMANDS = typer.main.get_command(cli.app).commands
WIDTH = 80


@pytest.fixture
def help_of(capsys, monkeypatch):
    """A function from arguments to what `--help` prints at 80 columns."""
    monkeypatch.setenv("COLUMNS", str(WIDTH))

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["main.py", *arguments, "--help"])
        cli.main()
        return capsys.readouterr().out

    return run


def test_the_summary_of_every_command_fits_its_line(help_of):
    lines = help_of().partition("Commands:\n")[2].partition("\n\n")[0].splitlines()
    assert [line.split()[0] for line in lines] == list(COMMANDS)
    assert all(line.endswith(".") and "..." not in line for line in lines)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_all_options_and_has_an_example(help_of, name):
    text = help_of(name)
    assert all(len(line) <= WIDTH for line in text.splitlines())
    example = text.partition("\n  Example:\n    python main.py ")[2]
    assert example.count("\n") == 1
    words = shlex.split(example)
    assert words[0] == name
    COMMANDS[name].make_context(name, words[1:])  # raises an error if it does not parse
    for parameter in COMMANDS[name].params:
        if parameter.name != "help":
            assert parameter.help.endswith("."), parameter.name
