"""Settings: reading, overrides, errors, old names; and the shipped configs."""

import re
from pathlib import Path
from typing import Literal

import pytest
import yaml
from pydantic import Field, ValidationError

from pipeline.config import (
    CONFIGS,
    ROOT,
    RetrainSettings,
    Section,
    TrainSettings,
    TuneSettings,
    Words,
    data_path,
    find_config,
    list_settings,
    load_config,
)
from pipeline.config.renames import RENAMED
from pipeline.errors import InputError
from pipeline.tasks import TASKS
from pipeline.tasks import schema_of as shipped_schema_of
from pipeline.tasks.slot_filling.settings import ModelSettings


class NetSettings(Section):
    """A group of the toy schema."""

    size: int = Field(4, ge=1)
    rate: float = Field(0.5, gt=0)
    names: Words = ()
    deep: bool = False
    title: str = "net"


class ToySettings(Section):
    """The schema of the tests."""

    task: Literal["toy"]
    data: str = "data"
    net: NetSettings = NetSettings()
    train: TrainSettings = TrainSettings()
    retrain: RetrainSettings = RetrainSettings()
    tune: TuneSettings = Field(default_factory=dict)


def schema_of(name):
    if name != "toy":
        raise InputError(f"task `{name}`: unknown; expected toy")
    return ToySettings


@pytest.fixture
def load(tmp_path):
    """A function from YAML and overrides to the config."""

    def load(text, *overrides):
        path = tmp_path / "mine.yaml"
        path.write_text(text, encoding="utf-8")
        return load_config(path, schema_of, overrides)

    return load


def refused(load, text, *overrides):
    """The message of the error."""
    with pytest.raises(InputError) as caught:
        load(text, *overrides)
    assert caught.value.exit_status == 2
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_missing_settings_get_their_defaults(load):
    config = load("task: toy\nnet:\n  size: 7\n")
    assert (config.name, config.task) == ("mine", "toy")
    assert config.settings.net == NetSettings(size=7)
    assert config.settings.train == TrainSettings()


def test_the_name_is_the_file_s_unless_given(tmp_path):
    (tmp_path / "config.yaml").write_text("task: toy")
    assert load_config(tmp_path / "config.yaml", schema_of, name="flights").name == "flights"


@pytest.mark.parametrize(
    ("override", "value"),
    [
        ("net.size=9", {"size": 9}),
        ("net.rate=2", {"rate": 2.0}),
        ("net.rate=1e-3", {"rate": 0.001}),
        ("net.rate=2.5E+2", {"rate": 250.0}),
        ("net.names=[a, 京]", {"names": ("a", "京")}),
        ("net.deep=true", {"deep": True}),
        ("net.title=a=b", {"title": "a=b"}),
        ("net.title='7'", {"title": "7"}),
        ("net.title=1e", {"title": "1e"}),
        ("net={size: 3, deep: true}", {"size": 3, "deep": True}),
    ],
)
def test_overrides_take_precedence_over_the_file(load, override, value):
    changed = {"title": "mine", **value}
    if override.startswith("net="):
        changed.pop("title")  # the override replaced the whole group
    assert load("task: toy\nnet: {title: mine}", override).settings.net == NetSettings(**changed)


def test_the_last_override_wins_and_may_add_a_group(load):
    config = load("task: toy", "train.epochs=2", "train.epochs=3", "data=elsewhere")
    assert config.settings.train == TrainSettings(epochs=3)
    assert config.settings.data == "elsewhere"


@pytest.mark.parametrize(
    ("text", "unknown", "nearest"),
    [
        ("task: toy\nnett: {size: 1}", "nett", "net"),
        ("task: toy\nnet: {sise: 1}", "net.sise", "net.size"),
        ("task: toy\ntrain: {epoch: 1}", "train.epoch", "train.epochs"),
        ("task: toy\nepochs: 1", "epochs", "train.epochs"),
        ("task: toy\nlearning-rate: 1", "learning-rate", "train.learning_rate"),
    ],
)
def test_an_unknown_key_names_the_nearest(load, text, unknown, nearest):
    message = refused(load, text)
    assert f"mine.yaml: unknown setting `{unknown}`; the nearest is `{nearest}`" in message


def test_an_error_describes_the_setting(load):
    message = refused(load, "task: toy\ntrain: {epochs: 0}")
    assert message.endswith(
        "mine.yaml: setting `train.epochs`: input should be greater than or equal to 1,"
        " received 0. It is: number of passes over the training rows."
    )
    message = refused(load, "task: toy\ntrain: {epoch: 1}")
    assert message.endswith("nearest is `train.epochs`: number of passes over the training rows.")
    assert refused(load, "task: toy", "net.size=0").endswith(", received 0")  # has no description


def test_settings_that_do_not_fit_together_name_their_group(tmp_path):
    (tmp_path / "a.yaml").write_text("task: slot_filling\ndata: {format: jsonl, files: {}}")
    with pytest.raises(InputError) as caught:
        load_config(tmp_path / "a.yaml", shipped_schema_of, ["model.encoder=jordan"])
    assert "a.yaml: settings of `model`: encoder jordan feeds its own tags" in str(caught.value)


OLD = "task: toy\nretrain: {between: false, taken: 5.0, epochs: 2}\ntune: {retrain.suspect: [1, 2]}"
NEW = RetrainSettings(interpolate=False, lost_to_new_labels=5.0, epochs=2)


def test_old_names_in_a_user_s_file_are_translated_with_one_note(load, capsys):
    settings = load(OLD).settings
    assert settings.retrain == NEW
    assert list(settings.tune) == ["retrain.annotation_gap"]
    (line,) = capsys.readouterr().err.splitlines()
    assert "mine.yaml: old names of settings: `retrain.between` is now `retrain." in line
    assert load(load(OLD).as_yaml()).settings == settings


def test_old_names_in_a_run_or_version_are_translated_silently(tmp_path, capsys):
    (tmp_path / "config.yaml").write_text(OLD)
    assert load_config(tmp_path / "config.yaml", schema_of, name="x").settings.retrain == NEW
    assert capsys.readouterr().err == ""


def test_an_old_name_beside_the_new_one_or_on_the_command_line_is_refused(load):
    message = refused(load, "task: toy\nretrain: {between: true, interpolate: true}")
    assert "`retrain.between` is now called `retrain.interpolate`; remove the old one" in message
    message = refused(load, "task: toy", "retrain.between=false")
    assert message.endswith("setting `retrain.between` is now called `retrain.interpolate`")


@pytest.mark.parametrize(("old", "new"), RENAMED.items())
def test_renamed_settings_stay_in_their_group_and_exist(old, new):
    assert old.rpartition(".")[0] == new.rpartition(".")[0]
    assert not old.startswith("data.")  # data settings are part of the key of prepared data
    for task in TASKS:
        keys = {setting.key for setting in list_settings(shipped_schema_of(task))}
        assert new in keys
        assert old not in keys


@pytest.mark.parametrize("task", TASKS)
def test_every_setting_is_described_in_a_sentence(task):
    for setting in list_settings(shipped_schema_of(task)):
        assert re.fullmatch(r"\S.*\.", setting.description), setting


def test_an_unknown_key_of_an_override_names_the_nearest(load):
    message = refused(load, "task: toy", "trian.epochs=3")
    assert message.endswith("unknown setting `trian`; the nearest is `train`")


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("net.size=big", "setting `net.size`: input should be a valid integer, received 'big'"),
        ("net.size=3.0", "setting `net.size`: input should be a valid integer, received 3.0"),
        ("net.size='3'", "setting `net.size`: input should be a valid integer, received '3'"),
        ("net.size=true", "setting `net.size`: input should be a valid integer, received True"),
        (
            "net.size=0",
            "setting `net.size`: input should be greater than or equal to 1, received 0",
        ),
        ("net.size=", "setting `net.size`: input should be a valid integer, received None"),
        ("net.deep=1", "setting `net.deep`: input should be a valid boolean, received 1"),
        ("net.names=[1]", "setting `net.names.0`: input should be a valid string, received 1"),
        ("data=7", "setting `data`: input should be a valid string, received 7"),
        ("train.seed=-1", "setting `train.seed`: input should be greater than or equal to 0"),
        ("train.epochs.x=1", "setting `train.epochs`: input should be a valid integer, received"),
    ],
)
def test_a_wrong_value_names_key_and_value(load, override, message):
    assert message in refused(load, "task: toy", override)


def test_more_than_one_error_is_counted(load):
    message = refused(load, "task: toy\nnet: {size: 0, rate: 0, deep: 0}")
    assert "`net.size`" in message
    assert message.endswith("(and 2 more)")


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("train.epochs", "--set train.epochs: expected KEY=VALUE, e.g. --set train.epochs=3"),
        ("=3", "--set =3: expected KEY=VALUE"),
        ("", "--set : expected KEY=VALUE"),
        ("data.x=3", "--set data.x=3: data is a value, not a group of settings"),
        ("net.size=[", "--set net.size=[: '[' is not valid YAML"),
    ],
)
def test_a_malformed_override_is_refused(load, override, message):
    assert refused(load, "task: toy\ndata: here", override).startswith(message)


@pytest.mark.parametrize("text", ["", "- a\n- b", "just text", "net: {}", "7"])
def test_a_file_without_settings_is_refused(load, text):
    assert "expected settings with a key `task`" in refused(load, text)


@pytest.mark.parametrize("text", ["task: [", "task: toy\n\tnet: 1", "a: 1: 2", "task: \x00"])
def test_bad_yaml_is_refused_in_one_line(load, text):
    assert "mine.yaml: not valid YAML: " in refused(load, text)


def test_a_file_that_is_not_utf8_is_refused(tmp_path):
    (tmp_path / "a.yaml").write_bytes(b"task: toy\ndata: \xff")
    with pytest.raises(InputError, match=r"a\.yaml: not valid YAML: .*0xff"):
        load_config(tmp_path / "a.yaml", schema_of)


def test_an_unknown_task_is_refused(load):
    assert refused(load, "task: toi") == "task `toi`: unknown; expected toy"
    with pytest.raises(InputError, match=r"task `toi`: unknown; expected one of .*slot_filling"):
        shipped_schema_of("toi")


def test_a_missing_file_lists_the_shipped_ones():
    with pytest.raises(InputError) as caught:
        load_config("no_such", schema_of)
    shipped = sorted(file.stem for file in CONFIGS.glob("*.yaml"))
    expected = f"no_such: no such config file; shipped ones: {', '.join(shipped)}"
    assert str(caught.value) == expected


def test_a_shipped_config_is_found_by_its_name_from_anywhere(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert find_config("atis") == CONFIGS / "atis.yaml"
    assert find_config("configs/atis.yaml") == CONFIGS / "atis.yaml"


def test_as_yaml_reads_back_as_the_same_settings(load):
    text = "task: toy\ndata: '007 京: #'\nnet: {names: [b, a], rate: 1e-7}\n"
    config = load(text, "train.seed=0")
    again = load(config.as_yaml())
    assert again.settings == config.settings
    assert again.as_yaml() == config.as_yaml()
    assert yaml.safe_load(config.as_yaml())["train"]["epochs"] == TrainSettings().epochs


def test_the_digest_changes_with_any_setting_and_not_with_the_spelling(load):
    texts = ["task: toy", "task: toy\nnet: {size: 5}", "task: toy\nnet: {rate: 0.25}"]
    digests = [load(text).digest() for text in texts]
    assert len(set(digests)) == 3
    assert all(len(digest) == 12 for digest in digests)
    spelled = "net: {names: [], size: 4}\ntrain: {epochs: 30}\ntask: toy"
    assert load(spelled).digest() == load("task: toy").digest()


def test_settings_are_frozen(load):
    config = load("task: toy")
    with pytest.raises(ValidationError, match="frozen"):
        config.settings.net.size = 5
    with pytest.raises(AttributeError):
        config.name = "other"


def test_the_variable_sets_the_data_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("NLP_DATA_DIR", str(tmp_path))
    assert data_path("$NLP_DATA_DIR/atis/train") == tmp_path / "atis" / "train"


@pytest.mark.parametrize("value", [None, ""])
def test_the_default_data_folder_is_benchmarks(monkeypatch, value):
    if value is None:
        monkeypatch.delenv("NLP_DATA_DIR", raising=False)
    else:
        monkeypatch.setenv("NLP_DATA_DIR", value)
    assert data_path("$NLP_DATA_DIR/atis") == ROOT / "data" / "benchmarks" / "atis"


def test_a_relative_path_is_tried_here_first_then_in_the_project(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert data_path("configs/atis.yaml") == CONFIGS / "atis.yaml"
    assert data_path("no/such/file") == Path("no/such/file")
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "atis.yaml").touch()
    assert data_path("configs/atis.yaml") == Path("configs/atis.yaml")
    assert data_path("/no/such") == Path("/no/such")


def test_a_tilde_is_the_home_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert data_path("~/mine.jsonl") == tmp_path / "mine.jsonl"


@pytest.mark.parametrize("file", sorted(CONFIGS.glob("*.yaml")), ids=lambda file: file.stem)
def test_every_shipped_config_loads_and_reads_back(file, tmp_path):
    config = load_config(file.stem, shipped_schema_of)
    assert config.name == file.stem
    (tmp_path / "config.yaml").write_text(config.as_yaml(), encoding="utf-8")
    again = load_config(tmp_path / "config.yaml", shipped_schema_of, name=file.stem)
    assert again == config
    assert again.digest() == config.digest()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"encoder": "jordan"}, "jordan feeds its own tags back.*expected crf: false and depth: 1"),
        ({"encoder": "window", "bidirectional": True}, "window reads in one direction"),
        ({"encoder": "self_attention", "hidden_dim": 20}, "20 is not a multiple of 2 x heads = 8"),
        ({"attention_blocks": 1, "hidden_dim": 20}, "20 is not a multiple of 2 x heads = 8"),
        (
            {"encoder": "jordan", "crf": False, "attention_blocks": 1},
            "jordan has no states to attend to; expected attention_blocks: 0",
        ),
    ],
)
def test_settings_of_the_model_that_do_not_fit_together_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        ModelSettings(**settings)
