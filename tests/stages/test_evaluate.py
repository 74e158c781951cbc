"""Scores by split and part, on the config's data and on a file of the user's."""

import json
import shutil
from pathlib import Path

import pytest

from pipeline import artifacts
from pipeline.errors import DataError, InputError
from pipeline.stages import evaluate, prepare
from pipeline.stages.assemble import outputs_of
from pipeline.stages.epochs import BEST, read_metrics
from pipeline.task import Scores, Table

METRICS = {
    "slot_f1",
    "intent_accuracy",
    "intent_accuracy_any_of",
    "sentence_accuracy",
    "role_accuracy",
}


def rows(file):
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def score(tiny, parts):
    """A function from a split and a file to results of the model in memory."""

    def run(split="test", data=None):
        outputs = outputs_of(parts.service)
        return evaluate.of_version(tiny.task, tiny.config, outputs, split, data)

    return run


@pytest.fixture(scope="module")
def scored(tiny, finished, parts, tmp_path_factory):
    """A copy of the run whose model was evaluated, and the results."""
    folder = shutil.copytree(finished, tmp_path_factory.mktemp("scored") / "run")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluate, "load_best", lambda *_: parts)
        return folder, evaluate.of_run(tiny.task, tiny.config, folder)


def test_a_run_is_scored_on_every_split_but_train_and_their_parts(scored):
    folder, results = scored
    splits = ["valid", "valid/en", "valid/zh", "test", "test/en", "test/zh"]
    assert [result.split for result in results] == splits
    assert [result.examples for result in results] == [24, 12, 12] * 2
    scores = artifacts.read_json(folder / evaluate.SCORES)
    assert list(scores) == splits
    for name, facts in scores.items():
        assert facts.keys() == {"split", "examples", "metrics"}
        assert facts["split"] == name
        assert facts["metrics"].keys() >= METRICS
        for metric in facts["metrics"].values():
            assert metric.keys() == {"value", "low", "high"}
            assert 0 <= metric["low"] <= metric["value"] <= metric["high"] <= 100


def test_the_best_weights_are_scored(scored):
    folder, results = scored
    best = max(line["slot_f1"] for line in read_metrics(folder))
    assert results[0].scores.metrics["slot_f1"]["value"] == best


def test_wrong_predictions_are_listed_once_each(scored):
    folder, results = scored
    errors = rows(folder / evaluate.ERRORS)
    by_split = {result.split: result for result in results}
    for split in ("valid", "test"):
        wrong = [error for error in errors if error["split"] == split]
        right = by_split[split].scores.metrics["sentence_accuracy"]["value"]
        assert len(wrong) == 24 - round(24 * right / 100)
    assert errors  # else this test proves nothing; train the tiny model for less long
    assert errors[0].keys() >= {"split", "source", "text", "intent", "missed", "spurious"}


def test_a_run_without_a_finished_epoch_has_no_weights(tiny, finished, tmp_path):
    shutil.copytree(finished, tmp_path / "run", ignore=shutil.ignore_patterns(BEST))
    with pytest.raises(InputError, match=r"no best\.npz here; train until an epoch is finished"):
        evaluate.load_best(tiny.task, tiny.config, tmp_path / "run")


def test_a_split_comes_with_its_parts_and_a_part_alone(score):
    assert [result.split for result in score("valid")] == ["valid", "valid/en", "valid/zh"]
    (part,) = score("test/zh")
    assert (part.split, part.examples) == ("test/zh", 12)


def test_an_unknown_part_or_split_is_named_with_those_that_are(score):
    known = "no such part; there are test, test/en, test/zh$"
    with pytest.raises(InputError, match=f"^split test/zhh: {known}"):
        score("test/zhh")
    with pytest.raises(
        InputError, match=r"^split dev: not in this data; it has train, valid, test"
    ):
        score("dev")


@pytest.fixture
def own_file(tiny, tmp_path):
    """A user's own file, with other keys than the config's: the test set of the tiny data."""
    file = tmp_path / "mine.jsonl"
    lines = [
        json.dumps({"utterance": row["text"], "intent": row["intent"], "entities": row["slots"]})
        for row in rows(Path(tiny.config.settings.data.files["test"]))
    ]
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


def test_a_file_is_scored_whole_with_the_config_s_roles(score, own_file):
    (result,) = score(data=own_file)
    (expected, *_) = score("test")
    assert (result.split, result.examples) == ("mine.jsonl", 24)
    assert result.scores.metrics == expected.scores.metrics
    assert "role_accuracy" in result.scores.metrics


def test_a_part_of_a_file(score, tiny):
    file = Path(tiny.config.settings.data.files["test"])
    (part,) = score("test/en", file)
    assert (part.split, part.examples) == ("test.jsonl/en", 12)
    with pytest.raises(InputError, match=r"there are test\.jsonl, test\.jsonl/en, test\.jsonl/zh"):
        score("test/fr", file)


def test_a_bad_line_of_a_file_is_named(score, own_file):
    text = own_file.read_text(encoding="utf-8")
    own_file.write_text(text + '\n{"utterance": 3}\n', encoding="utf-8")
    with pytest.raises(DataError, match=r"mine\.jsonl:25: `utterance` is 3; expected a string"):
        score(data=own_file)


def test_the_table_shows_the_headline_first_and_parts_under_their_split(capsys):
    def result(split, **values):
        metrics = {name: {"value": v, "low": v - 1, "high": v + 1} for name, v in values.items()}
        table = Table("slots", ("slot", "F1"), [("city", 97.126)])
        return evaluate.Result(split, 24, Scores(metrics, [table], []))

    results = [result("test", intent=98.0, f1=97.126), result("test/zh", intent=88.0, f1=87.0)]
    evaluate.print_results("tiny", "f1", results)
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["split", "n", "f1", "intent"] in lines
    test, zh = (
        lines.index(["test", "24", "97.13", "98.00"]),
        lines.index(["zh", "24", "87.00", "88.00"]),
    )
    assert lines[test + 1] == ["96.1-98.1"]
    assert test < zh
    evaluate.print_detail(results[0])
    printed = capsys.readouterr().out
    assert "test: slots" in printed
    assert "97.13" in printed


def test_scores_are_said_to_be_of_other_data_where_it_changed(tiny, scored, capsys):
    folder, _ = scored
    facts = artifacts.read_json(folder / "environment.json")
    artifacts.write_json(
        folder / "environment.json", {**facts, "data": {**facts["data"], "key": "0" * 16}}
    )
    evaluate._say_if_changed(folder, prepare.run(tiny.task, tiny.config))
    assert "its data has changed since it was trained" in capsys.readouterr().err
