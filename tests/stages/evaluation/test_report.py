"""The report of a run: one file, every score in it, and nothing that needs a network."""

import json
import re
import shutil

import pytest

from pipeline import artifacts
from pipeline.errors import InputError
from pipeline.runs import RunFolder
from pipeline.stages.evaluation import report
from pipeline.stages.run import open_run


@pytest.fixture(scope="module")
def made(finished_run, twin, tmp_path_factory):
    """The folder of a copy of the run that was never evaluated, and its report."""
    path = tmp_path_factory.mktemp("reported") / "run"
    folder = RunFolder(shutil.copytree(finished_run.folder.path, path))
    for file in (folder.scores, folder.errors):
        file.unlink(missing_ok=True)
    assert report.run(twin(finished_run, folder=folder)) == path / "report.html"
    return folder, folder.report.read_text(encoding="utf-8")


@pytest.fixture
def make(finished_run, twin, made, tmp_path, monkeypatch):
    """A function from what to do to a copy of that run to its folder and new report.

    The task's own part is left out of it: it takes seconds.
    """
    monkeypatch.setattr(report, "answer_all", lambda *_: [])
    monkeypatch.setattr(type(finished_run.task.judge), "report", lambda *_: [])

    def run(change):
        folder = RunFolder(shutil.copytree(made[0].path, tmp_path / "run"))
        change(folder)
        page = report.run(twin(finished_run, folder=folder))
        return folder, page.read_text(encoding="utf-8")

    return run


def test_a_run_that_was_never_evaluated_is_evaluated(made):
    folder, page = made
    scores = artifacts.read_json(folder.scores)
    assert {"valid", "test", "test/zh"} <= scores.keys()
    assert folder.errors.exists()
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
    facts = artifacts.read_json(folder.environment)
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
        artifacts.write_json(folder.scores, scores)

    folder, page = make(add)
    assert "stress_&lt;seen&gt;" in page
    assert "12.34<small>10.0–15.0" in page
    assert page.index("<td>test</td>") < page.index("stress_&lt;seen") < page.index("<td>mine")
    assert '<td>slots</td><td class="number">13</td><td>&lt;new&gt; (12), other (1)' in page
    assert len(artifacts.read_json(folder.scores)) == 3


def test_a_run_of_other_data_says_so(make, made):
    assert 'class="warning"' not in made[1]
    assert "Labels that train never has" not in made[1]

    def change(folder):
        facts = json.loads(folder.environment.read_text(encoding="utf-8"))
        facts["data"]["key"] = "0" * 16
        artifacts.write_json(folder.environment, facts)

    assert "The data has changed since this model was trained" in make(change)[1]


def test_a_run_without_weights_is_refused(tiny, finished, tmp_path):
    folder = tmp_path / tiny.config.name / "run"
    shutil.copytree(finished, folder, ignore=shutil.ignore_patterns("best.npz", "*.html"))
    run = open_run(folder)
    with pytest.raises(InputError, match=r"no best\.npz here"):
        report.run(run)
    assert not (folder / "report.html").exists()


def test_a_run_without_an_epoch_on_record(make):
    _, page = make(lambda folder: folder.metrics.unlink())
    assert "No epoch has been recorded." in page
