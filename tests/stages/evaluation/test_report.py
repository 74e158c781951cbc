"""The report of a run: one file, every score in it, and nothing that needs a network."""

import dataclasses
import json
import re
import shutil

import pytest

from pipeline import artifacts
from pipeline.errors import InputError
from pipeline.stages.evaluation import evaluate, report
from pipeline.stages.training import environment
from pipeline.stages.training.epochs import BEST


@pytest.fixture(scope="module")
def made(tiny, finished, parts, tmp_path_factory):
    """A copy of the run that was never evaluated, and its report."""
    folder = shutil.copytree(finished, tmp_path_factory.mktemp("reported") / "run")
    for name in (evaluate.SCORES, evaluate.ERRORS):
        (folder / name).unlink(missing_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluate, "load_best", lambda *_: parts)
        assert report.run(tiny.task, tiny.config, folder) == folder / "report.html"
    return folder, (folder / "report.html").read_text(encoding="utf-8")


@pytest.fixture
def make(tiny, made, parts, tmp_path, monkeypatch):
    """A function from what to do to a copy of that run to its folder and new report.

    The task's own part is left out of it: it takes seconds.
    """
    monkeypatch.setattr(evaluate, "load_best", lambda *_: parts)
    monkeypatch.setattr(report, "answer_all", lambda *_: [])
    task = dataclasses.replace(tiny.task, report=lambda *_: [])

    def run(change):
        folder = shutil.copytree(made[0], tmp_path / "run")
        change(folder)
        return folder, report.run(task, tiny.config, folder).read_text(encoding="utf-8")

    return run


def test_a_run_that_was_never_evaluated_is_evaluated(made):
    folder, page = made
    scores = artifacts.read_json(folder / evaluate.SCORES)
    assert {"valid", "test", "test/zh"} <= scores.keys()
    assert (folder / evaluate.ERRORS).exists()
    for result in scores.values():
        for metric in result["metrics"].values():
            assert f"{metric['value']:.2f}<small>{metric['low']:.1f}–{metric['high']:.1f}" in page


def test_the_page_needs_nothing_else(made):
    _, page = made
    assert not re.search(r"<script|<link|<img|\ssrc=|url\(|@import|https?:", page)
    assert page.startswith("<!DOCTYPE html>")


def test_curves_details_settings_and_facts_are_there(made, tiny):
    folder, page = made
    assert ">Loss<" in page
    assert "Percent on valid" in page
    assert page.index("Split test") < page.index("Split valid")
    facts = artifacts.read_json(folder / environment.FILE)
    for known in (facts["machine"]["cpu"], *facts["data"]["files"].values(), facts["config"]):
        assert str(known) in page
    assert "hidden_dim: 16" in page
    assert "Attention for the intent" in page
    assert f"<h1>{tiny.config.name}</h1>" in page


def test_further_rows_of_the_scores_are_shown_and_the_scores_are_kept(make):
    def add(folder):
        metric = {"value": 12.34, "low": 10.0, "high": 15.0}
        row = {"split": "test/stress_<seen>", "examples": 7, "metrics": {"slot_f1": metric}}
        test = {"split": "test", "examples": 24, "metrics": {"slot_f1": metric}}
        mine = {"split": "mine", "examples": 3, "metrics": {"slot_f1": metric}}
        mine["unseen_labels"] = {"slots": {"<new>": 12, "other": 1}, "intents": {}}
        scores = {"test": test, "mine": mine, "test/stress_<seen>": row}
        artifacts.write_json(folder / evaluate.SCORES, scores)

    folder, page = make(add)
    assert "stress_&lt;seen&gt;" in page
    assert "12.34<small>10.0–15.0" in page
    assert page.index("<td>test</td>") < page.index("stress_&lt;seen") < page.index("<td>mine")
    assert '<td>slots</td><td class="number">13</td><td>&lt;new&gt; (12), other (1)' in page
    assert len(artifacts.read_json(folder / evaluate.SCORES)) == 3


def test_a_run_of_other_data_says_so(make, made):
    assert 'class="warning"' not in made[1]
    assert "Labels that train never has" not in made[1]

    def change(folder):
        facts = json.loads((folder / environment.FILE).read_text(encoding="utf-8"))
        facts["data"]["key"] = "0" * 16
        artifacts.write_json(folder / environment.FILE, facts)

    assert "The data has changed since this model was trained" in make(change)[1]


def test_a_run_without_weights_is_refused(tiny, finished, tmp_path):
    shutil.copytree(finished, tmp_path / "run", ignore=shutil.ignore_patterns(BEST, "*.html"))
    with pytest.raises(InputError, match=r"no best\.npz here"):
        report.run(tiny.task, tiny.config, tmp_path / "run")
    assert not (tmp_path / "run" / "report.html").exists()


def test_a_run_without_an_epoch_on_record(make):
    _, page = make(lambda folder: (folder / "metrics.jsonl").unlink())
    assert "No epoch is on record." in page
