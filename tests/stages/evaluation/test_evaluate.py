"""Scores by split and part, on the config's data and on a file of the user's."""

import json
import shutil
from pathlib import Path

import pytest

from pipeline import artifacts
from pipeline.errors import DataError, InputError
from pipeline.runs import RunFolder
from pipeline.stages.evaluation import evaluate
from pipeline.stages.run import open_run
from pipeline.stages.training.assembly import outputs_of
from pipeline.stages.training.epochs import read_metrics
from pipeline.task import Scores, Table

PARTS = ("", "/not_in_train", "/en", "/zh")
METRICS = {
    "slot_f1",
    "intent_accuracy",
    "intent_accuracy_any_of",
    "sentence_accuracy",
    "role_accuracy",
    "role_f1",
    "slot_f1_strict",
    "slot_f1_token",
    "slot_f1_partial",
}


def rows(file):
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def score(tiny, parts, finished_run):
    """A function from a split and a file to results of the model in memory."""

    def run(split="test", data=None, config=tiny.config, **more):
        outputs = outputs_of(parts.service)
        vocabularies = finished_run.folder.vocabularies
        return evaluate.of_version(tiny.task, config, outputs, split, data, vocabularies, **more)

    return run


@pytest.fixture(scope="module")
def scored(finished_run, twin, tmp_path_factory):
    """A copy of the run whose model was evaluated, and the results."""
    folder = tmp_path_factory.mktemp("scored") / "run"
    shutil.copytree(finished_run.folder.path, folder)
    run = twin(finished_run, folder=RunFolder(folder))
    return run, evaluate.of_run(run)


def test_a_run_is_scored_on_every_split_but_train_and_their_parts(scored):
    run, results = scored
    splits = [f"{split}{part}" for split in ("valid", "test") for part in PARTS]
    assert [result.split for result in results] == splits
    examples = {result.split: result.examples for result in results}
    assert [examples[split] for split in splits if "not_in_train" not in split] == [24, 12, 12] * 2
    assert all(0 < examples[f"{split}/not_in_train"] < 24 for split in ("valid", "test"))
    scores = artifacts.read_json(run.folder.scores)
    assert list(scores) == splits
    for name, facts in scores.items():
        assert facts.keys() == {"split", "examples", "metrics", "unseen_labels"}
        assert facts["unseen_labels"] == {"slots": {}, "intents": {}}
        assert facts["split"] == name
        assert facts["metrics"].keys() >= METRICS
        for metric in facts["metrics"].values():
            assert metric.keys() == {"value", "low", "high"}
            assert 0 <= metric["low"] <= metric["value"] <= metric["high"] <= 100


def test_the_best_weights_are_scored(scored):
    run, results = scored
    best = max(line["slot_f1"] for line in read_metrics(run.folder.metrics))
    assert results[0].scores.metrics["slot_f1"]["value"] == best


def test_wrong_predictions_are_listed_once_each(scored):
    run, results = scored
    errors = rows(run.folder.errors)
    by_split = {result.split: result for result in results}
    for split in ("valid", "test"):
        wrong = [error for error in errors if error["split"] == split]
        right = by_split[split].scores.metrics["sentence_accuracy"]["value"]
        assert len(wrong) == 24 - round(24 * right / 100)
    assert errors  # else this test proves nothing; train the tiny model for less long
    assert errors[0].keys() >= {"split", "source", "text", "intent", "missed", "spurious"}


def test_a_run_without_a_finished_epoch_has_no_weights(tiny, finished, tmp_path):
    folder = tmp_path / tiny.config.name / "run"
    shutil.copytree(finished, folder, ignore=shutil.ignore_patterns("best.npz"))
    run = open_run(folder)
    with pytest.raises(InputError, match=r"no best\.npz here; train until an epoch is finished"):
        evaluate.of_run(run)


def test_a_split_comes_with_its_parts_and_a_part_alone(score):
    assert [result.split for result in score("valid")] == [f"valid{part}" for part in PARTS]
    (part,) = score("test/zh")
    assert (part.split, part.examples) == ("test/zh", 12)


def test_an_unknown_part_or_split_is_named_with_those_that_are(score):
    known = "no such part; there are test, test/not_in_train, test/en, test/zh$"
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
    result, new = score(data=own_file)
    assert new.split == "mine.jsonl/not_in_train"
    (expected, *_) = score("test")
    assert (result.split, result.examples) == ("mine.jsonl", 24)
    assert result.scores.metrics == expected.scores.metrics
    assert "role_accuracy" in result.scores.metrics


def test_a_part_of_a_file(score, tiny):
    file = Path(tiny.config.settings.data.files["test"])
    (part,) = score("test/en", file)
    assert (part.split, part.examples) == ("test.jsonl/en", 12)
    with pytest.raises(
        InputError, match=r"there are test\.jsonl, .*, test\.jsonl/en, test\.jsonl/zh"
    ):
        score("test/fr", file)


def test_a_bad_line_of_a_file_is_named(score, own_file):
    text = own_file.read_text(encoding="utf-8")
    own_file.write_text(text + '\n{"utterance": 3}\n', encoding="utf-8")
    with pytest.raises(DataError, match=r"mine\.jsonl:25: `utterance` is 3; expected a string"):
        score(data=own_file)


def test_texts_that_train_has_are_counted_and_left_out_of_a_row_of_their_own(score, tiny, capsys):
    trained = {
        row["text"].casefold() for row in rows(Path(tiny.config.settings.data.files["train"]))
    }
    texts = [row["text"] for row in rows(Path(tiny.config.settings.data.files["test"]))]
    new = sum(text.casefold() not in trained for text in texts)
    whole, rest, *_ = score("test")
    assert (whole.examples, rest.examples) == (24, new)
    said = capsys.readouterr().err
    assert f"warning: {24 - new} of 24 texts of test are also in train" in said
    assert "test/not_in_train is without them" in said


def test_a_file_without_a_text_of_train_has_one_row_and_no_warning(score, tmp_path, capsys):
    file = tmp_path / "new.jsonl"
    line = {"text": "fly to Nowhereville", "intent": "book", "slots": []}
    file.write_text(json.dumps(line) + "\n", encoding="utf-8")
    assert [result.split for result in score(data=file)] == ["new.jsonl"]
    assert "warning" not in capsys.readouterr().err


def test_labels_that_train_never_has_are_counted_by_name_and_scored(score, tmp_path, capsys):
    file = tmp_path / "odd.jsonl"
    slots = [{"slot": "city", "start": 0, "end": 4}, {"slot": "hall", "start": 5, "end": 6}]
    lines = [{"text": "Oslo A B", "intent": "dance", "slots": slots[:n]} for n in (1, 2)]
    lines.append({"text": "hello", "intent": "greet", "slots": []})
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    results = score(data=file)
    assert results[0].as_dict()["unseen_labels"] == {
        "slots": {"city": 2, "hall": 1},
        "intents": {"dance": 2},
    }
    # All three rows and all three gold spans are in the denominators.
    assert results[0].examples == 3
    assert results[0].scores.metrics["intent_accuracy"]["value"] <= 100 / 3
    assert results[0].scores.metrics["slot_f1"]["value"] == 0.0
    capsys.readouterr()
    evaluate.print_results("tiny", "slot_f1", results)
    printed = " ".join(capsys.readouterr().out.split())
    assert "labels that train never has, all counted in the scores" in printed
    assert "slots 3 city 2, hall 1" in printed
    assert "intents 2 dance 2" in printed


def test_without_the_training_data_a_file_is_scored_and_what_is_not_known_is_said(
    score, tiny, own_file, capsys
):
    gone = tiny.changed("data.files={train: gone.jsonl}").config
    (result,) = score(data=own_file, config=gone)
    assert result.examples == 24
    said = capsys.readouterr().err
    assert "the training data is not available, so rows in train are not marked" in said
    assert "gone.jsonl" in said
    with pytest.raises(InputError, match="--stress and --baseline need the training data"):
        score(data=own_file, config=gone, stress=True)


STRESS = ["stress_seen", "stress_unseen", "stress_swapped"]  # and no minimal pairs


def test_stress_adds_the_rows_of_harder_sets(score):
    results = {result.split: result for result in score("test", stress=True)}
    assert list(results) == [f"test{part}" for part in PARTS] + [f"test/{name}" for name in STRESS]
    for name in STRESS:
        assert results[f"test/{name}"].examples == 24
        assert results[f"test/{name}"].scores.metrics.keys() >= METRICS


def test_a_run_under_stress_is_scored_as_its_published_version_is(score, finished_run):
    results = evaluate.of_run_under_stress(finished_run, "test")
    assert [result.split for result in results] == [f"test/{name}" for name in STRESS]
    of_version = {result.split: result for result in score("test", stress=True)}
    for result in results:
        assert result.scores.metrics == of_version[result.split].scores.metrics


def test_stress_of_a_part_is_made_of_the_part(score):
    zh = {result.split: result.examples for result in score("test/zh", stress=True)}
    assert list(zh)[:2] == ["test/zh", "test/zh/stress_seen"]
    assert zh["test/zh/stress_seen"] == 12


def test_what_no_stress_set_can_be_made_of_is_said(score, tiny, tmp_path, capsys):
    file = tmp_path / "plain.jsonl"
    file.write_text('{"text": "hello", "intent": "greet", "slots": []}\n', encoding="utf-8")
    assert len(score(data=file, stress=True)) == 1
    said = capsys.readouterr().err
    assert "plain.jsonl/minimal_pairs: this data has nothing to make it of" in said


def test_rows_are_added_to_a_run_s_scores(scored, tmp_path):
    run, results = scored
    file = Path(shutil.copy(run.folder.scores, tmp_path))
    more = evaluate.Result("test/stress_seen", 3, results[0].scores)
    evaluate.add_scores(file, [more])
    scores = artifacts.read_json(file)
    assert list(scores) == [*(result.split for result in results), "test/stress_seen"]
    assert scores["test/stress_seen"]["examples"] == 3


def test_the_headline_by_other_rules_stands_in_a_table_of_its_own(capsys):
    metrics = {
        name: {"value": value, "low": value, "high": value}
        for name, value in {"f1": 90.0, "intent": 80.0, "f1_strict": 70.0, "f1_token": 60.0}.items()
    }
    evaluate.print_results("tiny", "f1", [evaluate.Result("test", 24, Scores(metrics, [], []))])
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["split", "n", "f1", "intent"] in lines
    assert ["tiny:", "f1", "by", "other", "rules"] in lines
    assert ["split", "strict", "token"] in lines
    assert ["test", "70.00", "60.00"] in lines


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


def test_scores_are_said_to_be_of_other_data_where_it_changed(scored, capsys):
    run, _ = scored
    facts = artifacts.read_json(run.folder.environment)
    changed = {**facts, "data": {**facts["data"], "key": "0" * 16}}
    artifacts.write_json(run.folder.environment, changed)
    evaluate._note_changed_data(run)
    assert "its data has changed since it was trained" in capsys.readouterr().err
