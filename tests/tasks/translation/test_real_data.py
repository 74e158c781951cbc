"""Public sets of pairs, read as they circulate; nothing of them is in this project."""

import os
from pathlib import Path

import pytest

from pipeline.config import load_config
from pipeline.tasks.translation.audit import audit
from pipeline.tasks.translation.detect import detect
from pipeline.tasks.translation.loader import load, read
from pipeline.tasks.translation.settings import TranslationSettings

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder():
    """The folder of public sets."""
    named = os.environ.get("NLP_DATA_DIR")
    if not named or not (Path(named) / "multi30k").is_dir():
        pytest.skip(f"NLP_DATA_DIR is {named!r}; expected a folder with multi30k/")
    return Path(named)


@pytest.fixture(scope="module")
def splits_of(folder):
    """A function from a shipped config's name to its records by split."""

    def splits_of(name):
        data = load_config(name, lambda _: TranslationSettings).settings.data
        splits = {split: list(reader()) for split, reader in load(data).splits.items()}
        return splits | {"all": list(read(data))}

    return splits_of


def test_multi30k_is_read_line_by_line(splits_of):
    splits = splits_of("multi30k")
    assert {split: len(rows) for split, rows in splits.items()} == {
        "train": 29_000,
        "valid": 1014,
        "test": 1000,
        "test_2017": 1000,
        "all": 29_000,
    }
    assert splits["train"][7365]["target"].endswith('einer \tWasserfontäne."')
    assert splits["train"][7365]["source"].endswith("train.en:7366")
    tables = {t.title: t for t in audit({s: splits[s] for s in ("train", "valid")})}
    assert list(tables["control characters: 1"].rows) == [
        (1, "U+0009", "target", "train", "train.en:7366")
    ]


def test_tatoeba_is_read_whole_and_split_by_source(splits_of, folder):
    splits = splits_of("tatoeba_en_zh")
    assert len(splits["all"]) == 24_818 == sum(len(splits[s]) for s in ("train", "valid", "test"))
    sources = [
        {row["text"].strip().casefold() for row in splits[s]} for s in ("train", "valid", "test")
    ]
    assert len(set().union(*sources)) == sum(map(len, sources))
    assert splits["all"][1438]["text"] == '"Look," she said.'
    found = detect(folder / "tatoeba_cmn_eng" / "cmn.txt").settings
    assert (found["format"], found["header"]) == ("tsv", False)
    assert found["columns"] == {"source": "0", "target": "1"}
    assert found["languages"] == {"source": "en", "target": "zh"}
    found = detect(folder / "multi30k" / "train.en").settings
    assert found["languages"] == {"source": "en", "target": "de"}
