"""Several seeds: which are trained, what their spread is, which one goes on."""

import pytest

from pipeline import artifacts
from pipeline.runs import RunFolder
from pipeline.stages.evaluation import evaluate
from pipeline.stages.experiments import seeds
from pipeline.stages.run import Run
from pipeline.stages.training import train
from pipeline.task import Scores

VALUES = {4: (90.0, 70.0), 5: (92.0, 73.0), 6: (91.0, 76.0)}  # valid and test F1 by seed


def metrics(value):
    found = {"slot_f1": value, "slot_f1_strict": value - 1, "intent_accuracy": 50.0}
    return {name: {"value": v, "low": v, "high": v} for name, v in found.items()}


@pytest.fixture
def runs(tiny, tmp_path, monkeypatch):
    """Three runs of the tiny config, without the training."""

    def trained(task, config):
        folder = tmp_path / f"seed{config.settings.train.seed}"
        folder.mkdir()
        return Run(task, config, RunFolder(folder), None)

    def scored(run):
        valid, test = VALUES[run.settings.train.seed]
        return [
            evaluate.Result(name, 24, Scores(metrics(value), [], []))
            for name, value in (("valid", valid), ("test", test))
        ]

    monkeypatch.setattr(train, "run", trained)
    monkeypatch.setattr(evaluate, "of_run", scored)
    return seeds.run(tiny.task, tiny.changed("train.seed=4").config, 3)


def test_the_best_on_valid_comes_first_whatever_its_test_score(runs):
    assert [run.seed for run in runs] == [5, 6, 4]
    assert [done.run.folder.path.name for done in runs] == ["seed5", "seed6", "seed4"]
    assert runs[0].run.settings.train.seed == 5


def test_only_the_seed_differs(runs, tiny):
    for done in runs:
        assert seeds.with_seed(done.run.config, 1).settings == tiny.config.settings
        assert done.run.config.name == tiny.config.name


def test_spread_by_hand(runs):
    valid, test = seeds.spreads(runs)
    assert (valid.name, test.name, test.examples) == ("valid", "test", 24)
    spread = test.metrics["slot_f1"]
    assert (spread.mean, spread.low, spread.high) == (73.0, 70.0, 76.0)
    assert spread.deviation == pytest.approx(3.0)  # sqrt((9 + 0 + 9) / 2)
    assert test.metrics["intent_accuracy"].deviation == 0.0


def test_a_metric_that_a_run_lacks_is_left_out(runs):
    cut = Scores({"slot_f1": metrics(1.0)["slot_f1"]}, [], [])
    runs[2].results[1] = evaluate.Result("test", 24, cut)
    assert list(seeds.spreads(runs)[1].metrics) == ["slot_f1"]


def test_one_table_with_mean_deviation_and_range(runs, capsys):
    seeds.print_spreads("tiny", "slot_f1", runs)
    printed = capsys.readouterr().out
    assert "mean ± SD and range of seeds 4, 5, 6" in " ".join(printed.split())
    lines = [line.split() for line in printed.splitlines()]
    (row,) = [place for place, line in enumerate(lines) if line[:2] == ["test", "24"]]
    assert lines[row] == ["test", "24", "73.00", "±", "3.00", "50.00", "±", "0.00"]
    assert lines[row + 1] == ["70.00-76.00", "50.00-50.00"]


def test_the_spread_is_kept_with_the_best_run(runs):
    kept = artifacts.read_json(runs[0].run.folder.seeds)
    assert kept["seeds"] == [5, 6, 4]
    assert kept["runs"] == ["seed5", "seed6", "seed4"]
    assert kept["scores"]["test"]["slot_f1"] == {"mean": 73.0, "sd": 3.0, "min": 70.0, "max": 76.0}
    assert not runs[1].run.folder.seeds.exists()
