"""A fourth task, written in the tests alone, passes all that holds for every task.

Nothing in `pipeline/` knows it: it has no more than the functions that a task cannot do without.
"""

import inspect
import json
import random
import shutil
import sys

import pytest
import yaml

from pipeline import artifacts, load, tasks
from pipeline.config import load_config
from pipeline.errors import InputError
from pipeline.runs import VersionFolder
from pipeline.savedmodel import parity
from tests.conftest import Tiny
from tests.fourth_task import sentence_length

# The checks of every task, with the fixtures below in place of those of the shipped tasks.
from tests.test_task_contract import (
    predictor,  # noqa: F401
    test_a_text_is_answered_the_same_alone_and_in_any_batch,  # noqa: F401
    test_an_answer_is_a_record_that_can_be_written,  # noqa: F401
    test_bytes_that_are_no_text_are_answered,  # noqa: F401
    test_live_texts_drift_only_where_they_are_others,  # noqa: F401
    test_nasty_texts_get_proper_answers,  # noqa: F401
    test_rows_that_travel_are_read_back_as_they_were,  # noqa: F401
    test_the_loaded_model_answers_like_the_one_in_memory,  # noqa: F401
    test_tokens_are_counted_as_the_data_profile_says,  # noqa: F401
    test_training_made_it_better_than_chance,  # noqa: F401
    texts,  # noqa: F401
)

NAME = "sentence_length"
MOST = 12  # functions that a task has to write
WORDS = ["we", "fly", "to", "Oslo", "and", "back", "by", "night", "train", "on", "a", "ship"]
SIZES = {"short": (1, 4), "medium": (6, 10), "long": (13, 18)}  # words
SETTINGS = {
    "train": {"epochs": 20, "learning_rate": 0.05, "batch_size": 8},
    "export": {"parity_rows": 8, "replay_rows": 20},
}


def write_rows(file, seed, count, words=WORDS):
    """A JSONL file with `count` sentences of each class."""
    draw, rows = random.Random(seed), []
    for _ in range(count):
        for length, bounds in SIZES.items():
            text = " ".join(draw.choices(words, k=draw.randint(*bounds)))
            rows.append({"text": text, "length": length})
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def tiny(home):
    """The task, found by its name like any other, and a config that trains in a second."""
    folder = home / "data" / NAME
    folder.mkdir(parents=True)
    sizes = {"train": 40, "valid": 16, "test": 16}
    files = {
        split: str(write_rows(folder / f"{split}.jsonl", seed, count))
        for seed, (split, count) in enumerate(sizes.items())
    }
    data = {"format": "jsonl", "files": files}
    file = folder / f"tiny_{NAME}.yaml"
    file.write_text(yaml.safe_dump({"task": NAME, "data": data, **SETTINGS}), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tasks, "TASKS", (*tasks.TASKS, NAME))
        patch.setitem(sys.modules, f"{tasks.__name__}.{NAME}", sentence_length)
        yield Tiny(tasks.find_task(NAME), load_config(file, tasks.schema_of), file)


@pytest.fixture(scope="module")
def finished_run(tiny):
    from pipeline.stages.training import train

    return train.run(tiny.task, tiny.config)


@pytest.fixture(scope="module")
def version(finished_run):
    """Its published version: a fresh process has answered like the model in memory."""
    from pipeline.stages.publishing import export

    return export.run(finished_run)


@pytest.fixture(scope="module")
def version_of(version):
    return lambda _: version


@pytest.fixture(scope="module")
def assembly_of(finished_run):
    return lambda _: finished_run.best


def sides(task):
    return {"data": task.data, "model": task.model, "answers": task.answers, "judge": task.judge}


def test_it_writes_few_functions():
    written = [
        f"{name}.{function}"
        for name, side in sides(sentence_length.TASK).items()
        for function in vars(type(side))
        if inspect.isfunction(getattr(type(side), function))
    ]
    assert len(written) <= MOST, written


def test_every_shipped_task_fits_the_same_sides():
    for name in tasks.TASKS:
        for kind, side in sides(tasks.find_task(name)).items():
            (ours,) = type(sides(sentence_length.TASK)[kind]).__bases__
            assert type(side).__bases__ == (ours,), f"{name}.{kind}: subclasses its side once"


def test_its_metrics_and_its_report_are_kept(finished_run):
    from pipeline.stages.evaluation import report

    page = report.run(finished_run).read_text(encoding="utf-8")
    assert "accuracy" in page
    assert "<td>test</td>" in page


def test_only_its_own_format_is_read_and_written(tiny, tmp_path):
    (tmp_path / "rows.csv").write_text("text,length\na,short\n", encoding="utf-8")
    data = tiny.task.data
    with pytest.raises(InputError, match=r"rows\.csv: expected a \.jsonl file, the only format"):
        data.detect(tmp_path / "rows.csv")
    with pytest.raises(InputError, match=r"new\.csv: expected a \.jsonl file, the only format"):
        data.write([], tmp_path / "new.csv", None, None)


def test_bad_lines_are_told(tiny, tmp_path, capsys):
    from pipeline.stages.data import validate

    (tmp_path / "rows.jsonl").write_text('{"text": "a", "length": "huge"}\n', encoding="utf-8")
    files = f"data.files={{train: {tmp_path / 'rows.jsonl'}}}"
    (problem,) = validate.run(tiny.task, tiny.changed(files).config)
    assert problem.line == 1
    assert "fix: write `text`, and `length` of short, medium, long" in capsys.readouterr().out


def test_it_is_served_over_http(version, predictor):  # noqa: F811
    from tests.serving.conftest import serving

    text = "we fly to Oslo"
    with serving(version.parent.parent) as served:
        answer = served.predict(version.parent.name, {"instances": [text]})
    assert answer.status == 200, answer.body
    (found,) = answer.json["predictions"]
    (expected,) = predictor([text])
    assert found["length"] == expected["length"] == "short"
    assert found["score"] == pytest.approx(expected["score"], abs=1e-5)


def test_it_is_retrained(version, tmp_path, monkeypatch):
    from pipeline.stages.retraining import retrain

    monkeypatch.setattr(parity, "check_parity", lambda *_: parity.Parity(9, 0, 0.0))
    models = tmp_path / version.parent.name
    shutil.copytree(version, models / "1")
    new = write_rows(tmp_path / "new.jsonl", 9, 20, ["wir", "segeln", "nach", "Bergen"])
    wide = [f"retrain.{name}=100" for name in ("exam_drop", "stress_drop", "forgotten", "latency")]
    settings = ("retrain.epochs=2", "retrain.new_gain=-100", *wide)
    outcome = retrain.run(models, new, settings, runs=tmp_path / "runs")
    assert outcome.verdict.blessed, outcome.verdict.reason
    assert outcome.version == models / "2"
    assert artifacts.verify(outcome.version)["parent"] == "1"
    old, grown = (VersionFolder(models / number).exam.read_text() for number in "12")
    assert grown.startswith(old)
    assert load(models)(["wir segeln"])[0]["length"] == "short"
