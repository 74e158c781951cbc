"""`settings` lists every setting, and the committed page is the one that it writes."""

import sys
from pathlib import Path

import pytest

from pipeline import cli
from pipeline.cli.settings import WIDTH, find_groups, page
from pipeline.config import list_settings
from pipeline.tasks import schema_of

ROOT = Path(__file__).parents[2]


@pytest.fixture
def shown(capsys, monkeypatch):
    """A function that runs `settings` at 80 columns and returns what it prints."""
    monkeypatch.setenv("COLUMNS", "80")

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["main.py", "settings", *arguments])
        cli.main()
        return capsys.readouterr().out

    return run


def test_the_committed_page_is_current():
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert text == page(find_groups(None)), "run `make settings`"
    assert all(len(line) <= WIDTH for line in text.splitlines())


@pytest.mark.parametrize("task", ["slot_filling", "translation"])
def test_the_settings_of_a_task_are_complete(task):
    listed = [setting for group in find_groups(task) for setting in group.settings]
    assert sorted(s.key for s in listed) == sorted(s.key for s in list_settings(schema_of(task)))


def test_a_default_that_a_task_changes_is_listed_with_the_inherited_description():
    shared, translation = find_groups("retrain")
    by_key = {setting.key: setting for setting in shared.settings}
    changed = {setting.key: setting for setting in translation.settings}
    assert changed.keys() == {"retrain.epochs", "retrain.learning_rate", "retrain.new_share"}
    epochs = changed["retrain.epochs"]
    assert (epochs.default, by_key["retrain.epochs"].default) == ("5", "3")
    assert epochs.description == by_key["retrain.epochs"].description


def test_the_table_fits_80_columns(shown):
    lines = shown("serve").splitlines()
    assert max(map(len, lines)) <= 80
    assert any(line.split()[:4] == ["rest_port", "integer", "8501", "Port"] for line in lines)
    assert max(map(len, shown("slot_filling").splitlines())) <= 80


def test_the_page_is_printed(shown):
    assert shown("retrain", "--markdown").startswith("# Settings\n")


def test_an_unknown_topic_names_the_known_ones(shown, capsys):
    with pytest.raises(SystemExit, match="2"):
        shown("slots")
    message = capsys.readouterr().err
    assert "settings slots: unknown; expected one of slot_filling, text_classification" in message


@pytest.mark.parametrize(
    ("key", "type_", "default"),
    [
        ("train.epochs", "integer ≥ 1", "30"),
        ("train.warmup", "number ≥ 0, < 1", "0.05"),
        ("data.files", "mapping to text or group", "required"),
        ("data.files.*.path.source", "text", "required"),
        ("data.columns.source", "text or list of text", "source"),
        ("data.filters.max_characters", "integer ≥ 1 or null", "null"),
        ("data.filters.duplicates", "pair | source or null", "null"),
        ("tune", "mapping to group or list of values", "{}"),
    ],
)
def test_types_and_defaults_are_in_words(key, type_, default):
    settings = {setting.key: setting for setting in list_settings(schema_of("translation"))}
    found = settings[key]
    assert (found.type, found.default) == (type_, default)
