"""Data settings: two files for aligned ones, filters off, wrong keys and values refused."""

import pytest
from pydantic import ValidationError

from pipeline.config import load_config
from pipeline.tasks.translation.settings import (
    AlignedFiles,
    DataSettings,
    FileSettings,
    FilterSettings,
    TranslationSettings,
)

CONFIGS = ("flights_zh_en", "flights_en_zh", "multi30k", "multi30k_best", "tatoeba_en_zh")


def test_a_split_is_a_file_two_files_or_a_group():
    files = {
        "train": {"source": "a.en", "target": "a.de"},
        "valid": "b.tsv",
        "test": {"path": {"source": "c.en", "target": "c.de"}, "encoding": "latin-1"},
    }
    data = DataSettings.model_validate({"format": "aligned", "files": files})
    assert data.files == {
        "train": AlignedFiles(source="a.en", target="a.de"),
        "valid": "b.tsv",
        "test": FileSettings(path=AlignedFiles(source="c.en", target="c.de"), encoding="latin-1"),
    }


def test_filters_are_off_by_default():
    values = FilterSettings().model_dump().values()
    assert set(values) == {None, False}


@pytest.mark.parametrize(
    "change",
    [
        {"format": "xml"},
        {"files": {"train": {"source": "a.en"}}},
        {"filters": {"max_length_ratio": 0.5}},
        {"filters": {"duplicates": "target"}},
        {"filters": {"min_characters": 0}},
        {"languages": {"source": "en", "goal": "de"}},
    ],
)
def test_what_makes_no_sense_is_refused(change):
    with pytest.raises(ValidationError):
        DataSettings.model_validate({"format": "tsv", "files": {"train": "a.tsv"}, **change})


@pytest.mark.parametrize("name", CONFIGS)
def test_shipped_configs_are_valid_and_come_back_from_yaml(name, tmp_path):
    config = load_config(name, lambda _: TranslationSettings)
    copy = tmp_path / f"{name}.yaml"
    copy.write_text(config.as_yaml(), encoding="utf-8")
    assert load_config(copy, lambda _: TranslationSettings) == config
    assert "und" not in config.settings.data.languages.model_dump().values()


def test_a_glossary_needs_protection():
    data = {"format": "tsv", "files": {"train": "a.tsv"}, "glossary": "terms.tsv"}
    values = {"task": "translation", "data": data}
    assert TranslationSettings.model_validate(values).data.glossary == "terms.tsv"
    with pytest.raises(ValidationError, match=r"expected tokenizer\.protect to be true"):
        TranslationSettings.model_validate({**values, "tokenizer": {"protect": False}})
