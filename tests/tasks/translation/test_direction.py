"""New pairs for a published translator, whichever way they were found to go."""

import json

import pytest

from pipeline.stages.data import prepare, texts
from pipeline.tasks.translation.direction import in_direction
from pipeline.tasks.translation.settings import LanguageSettings

ZH_EN, EN_ZH = {"source": "zh", "target": "en"}, {"source": "en", "target": "zh"}
FILES = {"train": {"source": "a.en", "target": "a.zh"}}


@pytest.mark.parametrize(
    ("ours", "found", "read"),
    [
        (ZH_EN, {"columns": ZH_EN, "languages": ZH_EN}, {"columns": ZH_EN, "languages": ZH_EN}),
        (ZH_EN, {"columns": EN_ZH, "languages": EN_ZH}, {"columns": ZH_EN, "languages": ZH_EN}),
        (
            {"source": "zh_TW", "target": "en-GB"},
            {"columns": {"source": "0", "target": "1"}, "languages": EN_ZH},
            {
                "columns": {"source": "1", "target": "0"},
                "languages": {"source": "zh_TW", "target": "en-GB"},
            },
        ),
        (ZH_EN, {"languages": EN_ZH}, {"languages": ZH_EN}),  # TMX
        (
            ZH_EN,
            {"languages": EN_ZH, "files": FILES},
            {
                "languages": ZH_EN,
                "files": {"train": {"source": "a.zh", "target": "a.en"}},
            },
        ),
        (  # of few or odd texts nobody knows the language; the metric goes by the target's
            ZH_EN,
            {"columns": EN_ZH, "languages": {"source": "und", "target": "zh"}},
            {"columns": EN_ZH, "languages": ZH_EN},
        ),
        ({}, {"columns": EN_ZH, "languages": EN_ZH}, {"columns": EN_ZH, "languages": EN_ZH}),
    ],
)
def test_pairs_are_read_in_the_model_s_direction(ours, found, read):
    one = {"files": {"train": "x"}}
    languages = LanguageSettings.model_validate(ours)
    assert in_direction(languages, {**one, **found}) == {**one, **read}


def test_a_file_that_begins_with_the_other_language(tiny_of, tmp_path, capsys):
    tiny = tiny_of("translation")  # from Chinese
    rows = [{"en": "a ticket to Oslo", "zh": "去奥斯陆的票"}, {"en": "a seat", "zh": "一个座位"}]
    file = tmp_path / "new.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    config = prepare.on_file(tiny.task, tiny.config, file)
    assert config.settings.data.languages == tiny.config.settings.data.languages
    records = list(tiny.task.data.load(config.settings).splits["train"]())
    wanted = [(row["zh"], row["en"]) for row in rows]
    assert [(record["text"], record["target"]) for record in records] == wanted
    said = " ".join(capsys.readouterr().err.split())
    assert "source in en, target in zh, en to zh; source and target swapped" in said
    sources = texts.texts_of(tiny.task, tiny.config, file)
    assert list(sources) == [row["zh"] for row in rows]
