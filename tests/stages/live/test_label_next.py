"""Texts chosen to be annotated, from a real version, and the files that come of them."""

import json

import pytest

from pipeline import load
from pipeline.errors import InputError
from pipeline.runs import VersionFolder
from pipeline.stages.data import bundled_rows
from pipeline.stages.live import label_next, learning_curve

TEXTS = [
    "fly to Paris tomorrow",
    "FLY to Paris tomorrow ",
    "",
    "съешь ещё этих мягких булок",
    "книга очень интересная сегодня",
    "leave Oslo on Monday",
]


@pytest.fixture(scope="module")
def predictor(published):
    return load(published)


@pytest.fixture(scope="module")
def version(predictor):
    return VersionFolder(predictor.version)


@pytest.fixture
def in_memory(parts, monkeypatch):
    """Spares the seconds that it takes to build the model from the version's folder."""
    monkeypatch.setattr(label_next, "in_memory", lambda *_: parts)


@pytest.fixture
def choose(predictor, version, in_memory):
    def run(texts, count):
        found = label_next.run(predictor.task, predictor.config, version, texts, count)
        return [each.answer["text"] for each in found]

    return run


@pytest.mark.parametrize(("name", "count"), [("replay", 20), ("valid", 24), ("exam", 24)])
def test_each_text_once_and_none_that_is_annotated_already(predictor, choose, name, count):
    """A text of the exam, too, would be annotated in vain: `retrain` refuses it."""
    file = predictor.version / "assets.extra" / f"{name}.jsonl"
    rows = bundled_rows.read(predictor.task, predictor.config, file)
    assert len(rows) == count
    found = choose([*TEXTS, *(row["text"] for row in rows)], 100)
    assert sorted(found) == sorted({*TEXTS[3:], TEXTS[0]})
    assert set(choose(TEXTS, 2)) <= set(TEXTS)
    with pytest.raises(InputError, match="all texts are annotated already; expected"):
        choose([rows[0]["text"], " "], 5)


def test_what_is_new_comes_before_what_is_known(choose, tiny):
    splits = tiny.task.data.load(tiny.config.settings).splits
    known = [record["text"] for record in splits["train"]()]
    found = choose([*known, TEXTS[3], TEXTS[4]], 2)
    assert set(found) == {TEXTS[3], TEXTS[4]}


@pytest.mark.parametrize(
    ("name", "format_"), [("n.jsonl", None), ("n.jsonl", "doccano"), ("n.json", "label_studio")]
)
def test_suggestions_are_written_for_loaders_and_annotation_tools(
    predictor, version, in_memory, tmp_path, name, format_
):
    task = predictor.task
    chosen = label_next.run(task, predictor.config, version, TEXTS, 3)
    label_next.write(task, chosen, tmp_path / name, format_)
    found, _ = task.data.detect(tmp_path / name, format_)
    settings = task.settings.model_validate({"task": task.name, "data": found})
    records = list(task.data.read_as_is(settings))
    wanted = [task.answers.suggest(each.answer) for each in chosen]
    assert [{**row, "source": ""} for row in records] == wanted
    with pytest.raises(InputError, match="exists"):
        label_next.write(task, chosen, tmp_path / name, format_)


def test_without_rows_for_it_there_is_no_curve(predictor, version, capsys):
    assert label_next.curve(predictor.task, predictor.config, version) is None
    assert "no learning curve: 20 replay rows and 24 exam rows" in capsys.readouterr().err


def test_without_the_baseline_s_packages_there_is_no_curve_and_no_error(
    predictor, version, monkeypatch, capsys
):
    def missing(*_):
        raise InputError("the baseline needs sklearn, which is not installed; install the extra")

    monkeypatch.setattr(learning_curve, "enough", lambda *_: True)
    monkeypatch.setattr(learning_curve, "run", missing)
    assert label_next.curve(predictor.task, predictor.config, version) is None
    assert "no learning curve: the baseline needs sklearn" in capsys.readouterr().err


def test_the_gain_is_the_baseline_s_slope_through_the_model_s_error(predictor, version, capsys):
    from pipeline.stages.live.learning_curve import Curve

    curve = Curve([24, 96], [[40.0], [20.0]])  # b = 1/2
    task, config = predictor.task, predictor.config
    label_next.print_gain(task, config, version, curve, 288)  # 96 rows become 384
    metrics = json.loads(version.scores.read_text())
    score = metrics["test"]["metrics"]["slot_f1"]["value"]
    printed = " ".join(capsys.readouterr().out.split())
    assert f"with 288 more rows: {score:.2f} -> {100 - (100 - score) / 2:.2f}" in printed
