"""Folds: which rows stand together, what a fold's training sees, what is suspected."""

import json
from collections import Counter
from types import SimpleNamespace

import pytest

from pipeline import artifacts
from pipeline.datasets import store
from pipeline.errors import InputError
from pipeline.runs import RunFolder
from pipeline.stages.data import prepare
from pipeline.stages.evaluation import evaluate
from pipeline.stages.evaluation.train_overlap import text_key
from pipeline.stages.experiments import cross_validation
from pipeline.stages.run import Run
from pipeline.stages.training import train
from pipeline.task import Scores

COUNT = 3
VALUES = (90.0, 60.0, 75.0)  # accuracy on each fold


def record(text, *labels, line=1):
    return {"text": text, "labels": list(labels), "source": f"f.csv:{line}"}


TASK = SimpleNamespace(answers=SimpleNamespace(labels=lambda record: {"labels": record["labels"]}))


def scores(value):
    return Scores({"accuracy": {"value": value, "low": value, "high": value}}, [], [])


def test_texts_that_repeat_share_a_fold_and_folds_are_of_one_size():
    records = [record(f"Text {i % 20}{' ' * (i // 20)}", "a") for i in range(40)]
    records += [record(f"text {i}", "b") for i in range(20)]  # another case, another label
    places = cross_validation.divide(TASK, records, 4, seed=1)
    by_text = {}
    for one, place in zip(records, places, strict=True):
        by_text.setdefault(text_key(one["text"]), set()).add(place)
    assert all(len(found) == 1 for found in by_text.values())
    assert Counter(places) == dict.fromkeys(range(4), 15)


def test_each_label_is_spread_over_all_folds():
    labels = ["common"] * 50 + ["rare"] * 5 + ["single"]
    records = [record(f"{i}", label) for i, label in enumerate(labels)]
    places = cross_validation.divide(TASK, records, 5, seed=1)
    found = Counter(zip(labels, places, strict=True))
    assert [found["common", fold] for fold in range(5)] == [10] * 5
    assert [found["rare", fold] for fold in range(5)] == [1] * 5


def test_of_several_labels_the_rarest_decides():
    records = [record(f"{i}", "any", *(["rare"] if i % 8 == 0 else [])) for i in range(32)]
    records.append(record("none"))
    places = cross_validation.divide(TASK, records, 4, seed=1)
    rare = Counter(place for i, place in enumerate(places[:32]) if i % 8 == 0)
    assert rare == dict.fromkeys(range(4), 1)


def test_a_text_that_repeats_often_fills_its_fold():
    records = [record("often", "a")] * 10 + [record(f"{i}", "a") for i in range(20)]
    places = cross_validation.divide(TASK, records, 3, seed=3)
    assert sorted(Counter(places).values()) == [10, 10, 10]


def test_the_seed_alone_decides():
    records = [record(f"{i}", "ab"[i % 2]) for i in range(40)]
    first = cross_validation.divide(TASK, records, 4, seed=1)
    assert cross_validation.divide(TASK, records, 4, seed=1) == first
    assert cross_validation.divide(TASK, records, 4, seed=2) != first
    assert cross_validation.divide(TASK, records[::-1], 4, seed=1) == first[::-1]


def test_more_folds_than_texts_are_refused():
    records = [record("a", "x"), record(" A ", "x"), record("b", "x")]
    with pytest.raises(InputError, match="--folds 3: train has 2 different texts"):
        cross_validation.divide(TASK, records, 3, seed=1)


def test_likely_label_errors_are_rows_of_the_source():
    records = [record(f"{i}", "ab"[i % 2], line=i + 2) for i in range(10)]
    answers = [
        {"scores": {"a": 0.9, "b": 0.1} if i % 2 == 0 else {"a": 0.2, "b": 0.8}} for i in range(10)
    ]
    answers[3] = {"scores": {"a": 0.95, "b": 0.05}}
    assert cross_validation.label_errors(TASK, records, answers) == [
        {"source": "f.csv:5", "text": "3", "given": "b", "suggested": "a", "score": 0.95}
    ]
    several = [{**answer, "labels": ["a"]} for answer in answers]
    (found,) = cross_validation.label_errors(TASK, records, several)
    assert (found["given"], found["suggested"]) == (["b"], ["a"])
    assert cross_validation.label_errors(TASK, records, [{"label": "a"}] * 10) is None


@pytest.fixture(scope="module")
def cross_validated(tiny, tmp_path_factory):
    """Three folds of the tiny config, prepared in earnest; training and answers are stubs."""
    seen = []

    def trained(task, config, runs, *, data):
        seen.append({split: list(store.records(data, split)) for split in data.info.splits})
        folder = runs / config.name / "1"
        folder.mkdir(parents=True)
        return Run(task, config, RunFolder(folder), data)

    def scored(run):
        rows = seen[-1][cross_validation.HELD_OUT]
        answers = [{"text": row["text"], "intent": {"label": "book"}} for row in rows]
        value = VALUES[len(seen) - 1]
        return [
            evaluate.Result("valid", 24, scores(80.0)),
            evaluate.Result(cross_validation.HELD_OUT, len(rows), scores(value), answers=answers),
        ]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(train, "run", trained)
        patch.setattr(evaluate, "of_run", scored)
        found = cross_validation.run(tiny.task, tiny.config, COUNT, tmp_path_factory.mktemp("runs"))
    return found, seen


def test_every_row_is_held_out_once_and_else_trained_on(cross_validated, tiny):
    _, seen = cross_validated
    data = prepare.run(tiny.task, tiny.config)
    train_rows = list(store.records(data, "train"))
    assert len(seen) == COUNT
    held_out = [row["source"] for fold in seen for row in fold[cross_validation.HELD_OUT]]
    assert sorted(held_out) == sorted(row["source"] for row in train_rows)
    for fold in seen:
        assert list(fold) == ["train", "valid", cross_validation.HELD_OUT]
        out = {row["source"] for row in fold[cross_validation.HELD_OUT]}
        assert fold["train"] == [row for row in train_rows if row["source"] not in out]
        assert fold["valid"] == list(store.records(data, "valid"))
        texts = {text_key(row["text"]) for row in fold["train"]}
        assert not texts & {text_key(row["text"]) for row in fold[cross_validation.HELD_OUT]}


def test_the_spread_is_kept(cross_validated):
    found, _ = cross_validated
    kept = artifacts.read_json(RunFolder(found.folder).folds)
    assert kept["runs"] == ["fold1/1", "fold2/1", "fold3/1"]
    spread = kept["scores"][cross_validation.HELD_OUT]["accuracy"]
    assert spread == {"mean": 75.0, "sd": 15.0, "min": 60.0, "max": 90.0}


def test_the_spread_is_printed(cross_validated, capsys):
    cross_validation.print_spreads("tiny", "accuracy", cross_validated[0])
    printed = " ".join(capsys.readouterr().out.split())
    assert "tiny: mean ± SD and range of 3 folds" in printed
    assert "held_out 96 75.00 ± 15.00 60.00-90.00" in printed


def test_a_part_that_only_some_folds_have_is_left_out():
    def fold(*splits):
        results = [evaluate.Result(split, 4, scores(50.0)) for split in splits]
        return cross_validation.SeedRun(None, results)

    rows = cross_validation.fold_spreads(
        [fold("valid", "held_out", "held_out/zh"), fold("valid", "held_out")]
    )
    assert [(row.name, row.examples) for row in rows] == [("valid", 4), ("held_out", 8)]


def test_answers_without_all_scores_say_nothing_of_labels(cross_validated):
    found, _ = cross_validated
    assert found.label_errors is None
    assert not RunFolder(found.folder).label_errors.exists()


def test_suspects_are_written_a_line_each(tmp_path):
    rows = [{"source": "f.csv:5", "text": "北\n", "given": "b", "suggested": "a", "score": 0.9}]
    run = cross_validation.SeedRun(
        Run(None, None, RunFolder(tmp_path / "fold1"), None),
        [evaluate.Result("valid", 1, scores(1.0))],
    )
    cross_validation._write(cross_validation.Folds(tmp_path, [run, run], rows))
    lines = (tmp_path / "label_errors.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == rows
