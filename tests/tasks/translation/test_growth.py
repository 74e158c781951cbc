"""Vocabularies that grow: pieces, and terms of the glossary, which travel."""

import pytest

from pipeline.errors import InputError
from pipeline.tasks.translation import growth
from pipeline.tasks.translation.model import build_model
from pipeline.tasks.translation.settings import GLOSSARY
from pipeline.tasks.translation.tokenizer import learn


@pytest.fixture
def listed(tmp_path):
    file = tmp_path / "terms.tsv"
    file.write_text("北京\tBeijing\n", encoding="utf-8")
    return file


@pytest.fixture
def settings(make, listed):
    data = {"format": "jsonl", "files": {"train": "none.jsonl"}, "glossary": str(listed)}
    return make(data=data, retrain={"subwords": "keep"})


def test_a_glossary_is_a_vocabulary_beside_the_pieces(settings, records):
    known = learn(settings, records)
    assert known[GLOSSARY] == ["北京\tBeijing"]
    assert growth.layout(settings, known).axes.keys() == {"pieces"}
    assert build_model(settings, known).count_params() > 0


def test_terms_that_the_file_has_now_stand_behind(settings, listed):
    listed.write_text("上海\tShanghai\n北京\tBeijing\n", encoding="utf-8")
    grown = growth.grow(settings, {"pieces": b"", GLOSSARY: ["北京\tBeijing"]}, [], [])
    assert grown[GLOSSARY] == ["北京\tBeijing", "上海\tShanghai"]


def test_a_term_may_not_change_its_translation(settings):
    with pytest.raises(InputError, match="expected the same translation, or train a new model"):
        growth.grow(settings, {"pieces": b"", GLOSSARY: ["北京\tPeking"]}, [], [])


def test_terms_travel_where_their_file_does_not(settings, listed, capsys):
    listed.unlink()
    known = {"pieces": b"", GLOSSARY: ["北京\tBeijing"]}
    assert growth.grow(settings, known, [], []) == known
    assert "the 1 terms that travel with the version are used" in capsys.readouterr().err
    with pytest.raises(InputError, match="no such glossary"):
        growth.grow(settings, {"pieces": b""}, [], [])


def test_without_a_glossary_there_is_none(make):
    bare = make(retrain={"subwords": "keep"})
    assert growth.grow(bare, {"pieces": b""}, [], []) == {"pieces": b""}
