"""The search with made-up trainings: counted, resumed, ended early, cut; and one for real."""

import json

import pytest

from pipeline.config import load_config
from pipeline.errors import InputError
from pipeline.runs import RunFolder
from pipeline.stages.experiments import tune
from pipeline.stages.run import Run
from pipeline.tasks import schema_of

pytest.importorskip("optuna", reason="optuna, of the extra `tune`")

SPACE = "tune={model.dropout: {low: 0.0, high: 0.9}, model.hidden_dim: [16, 8, 32]}"


@pytest.fixture
def trained(monkeypatch):
    """Trainings in place of real ones: each epoch's score is 50 - 40 |dropout - 0.4| + epoch."""
    runs = []

    def run(task, config, runs_folder, *, on_epoch):
        dropout = config.settings.model.dropout
        folder = runs_folder / config.name / f"run{len(runs)}"
        folder.mkdir()
        runs.append(config)
        with (folder / "metrics.jsonl").open("w") as file:
            for epoch in (1, 2, 3):
                scores = {task.headline: 50 - 40 * abs(dropout - 0.4) + epoch}
                file.write(json.dumps({"epoch": epoch, **scores}) + "\n")
                on_epoch(epoch, scores)
        return Run(task, config, RunFolder(folder), None)

    monkeypatch.setattr(tune.train, "run", run)
    return runs


@pytest.fixture
def toy(tiny):
    return tiny.changed(SPACE, "train.epochs=3", name="toy")


@pytest.fixture
def search(toy, tmp_path):
    def run(trials, seconds=None, changed=toy):
        return tune.run(changed.task, changed.config, trials, seconds, tmp_path)

    return run


def test_the_search_begins_with_the_config_and_finds_better(search, trained, toy, tmp_path):
    found = search(14)
    now = toy.config.settings.model.dropout  # 0.3
    assert trained[0].settings.model == toy.config.settings.model
    assert found.done == len(trained) == 14
    best = found.trials[0]
    assert best.score > 53 - 40 * abs(now - 0.4)
    assert best.score == pytest.approx(53 - 40 * abs(best.values["model.dropout"] - 0.4))
    config = load_config(found.file, schema_of)
    assert config.name == "toy"
    assert config.settings.model.dropout == best.values["model.dropout"]
    assert config.settings.tune == {}
    assert found.file.read_text().startswith("# Found by tune: slot_f1 ")
    assert len([entry for entry in (tmp_path / "toy").iterdir() if entry.is_dir()]) == 1
    assert len(found.trials) < 14  # some were ended early


def test_a_search_goes_on_where_it_was_cut(search, trained, monkeypatch, capsys):
    search(2)
    whole = tune.train.run

    def cut(*arguments, **others):
        whole(*arguments, **others)
        raise KeyboardInterrupt

    monkeypatch.setattr(tune.train, "run", cut)
    with pytest.raises(KeyboardInterrupt):
        search(4)
    assert "stopped; 2 trials are kept" in capsys.readouterr().err
    monkeypatch.setattr(tune.train, "run", whole)
    assert len(trained) == 3
    found = search(4)
    assert (found.done, len(trained)) == (4, 5)  # the one that was cut does not count
    assert search(4).done == 4
    assert len(trained) == 5
    models = [config.settings.model for config in trained]
    assert len({model.dropout for model in models}) == len(models)  # nothing is drawn twice


def test_other_ranges_are_another_search(search, trained, toy):
    search(1)
    other = toy.changed(SPACE.replace("0.9", "0.8"), "train.epochs=3", name="toy")
    assert search(1, changed=other).done == 1
    assert len(trained) == 2


def test_a_search_that_is_done_gives_its_own_best_after_another_of_the_same_name(
    search, trained, toy
):
    best = search(4).trials[0]
    other = toy.changed(SPACE.replace("0.0", "0.8"), "train.epochs=3", name="toy")
    assert load_config(search(2, changed=other).file, schema_of).settings.model.dropout >= 0.8
    again = search(4)
    assert len(trained) == 6
    found = load_config(again.file, schema_of).settings.model.dropout
    assert found == best.values["model.dropout"]


def test_when_time_is_up_the_trial_at_work_does_not_count(search, trained, monkeypatch):
    search(1)
    clock = iter(range(0, 1000, 10))
    monkeypatch.setattr(tune.time, "monotonic", lambda: next(clock))
    assert search(9, seconds=25).done == 1
    assert len(trained) == 2


def test_a_search_without_a_finished_trial_says_so(search, trained):
    with pytest.raises(InputError, match="no trial was finished"):
        search(3, seconds=0)
    assert trained == []


def test_settings_that_do_not_fit_together_count_and_are_told(search, trained, tiny, capsys):
    space = "tune={model.heads: [3, 4], model.encoder: [self_attention]}"
    changed = tiny.changed(space.replace("[self_attention]", "[self_attention, lstm]"), name="odd")
    found = search(5, changed=changed)
    assert found.done == 5
    tried = [config.settings.model for config in trained]
    assert all(model.encoder == "lstm" or model.heads == 4 for model in tried)


@pytest.mark.parametrize(
    ("space", "wrong"),
    [
        (
            "{model.droput: [0.1, 0.2]}",
            "unknown setting `model.droput`; the nearest is `model.dropout`",
        ),
        ("{model: [1, 2]}", "`model` is a group of settings"),
        ("{model.dropout: {low: 0.5, high: 0.1}}", "low 0.5 is not below high 0.1"),
        ("{model.dropout: {low: 0, high: 0.1, log: true}}", "expected low above 0"),
        ("{model.dropout: [0.5]}", "at least 2"),
    ],
)
def test_a_search_space_that_makes_no_sense_is_refused(search, tiny, space, wrong):
    with pytest.raises(InputError, match=wrong):
        search(1, changed=tiny.changed(f"tune={space}", name="toy"))


def test_every_task_s_own_space_is_of_its_settings(tiny_of):
    from pipeline.config import setting
    from pipeline.tasks import TASKS

    for name in TASKS:
        tiny = tiny_of(name)
        assert len(tiny.task.space) >= 4
        for key in tiny.task.space:
            assert isinstance(setting(tiny.config, key), int | float | str)


def test_two_searches_of_one_name_do_not_mix(search, trained, tmp_path):
    (tmp_path / "toy").mkdir()
    with (
        tune._alone(tmp_path / "toy"),
        pytest.raises(InputError, match="another process searches here"),
    ):
        search(1)


@pytest.mark.slow
def test_a_real_training_is_searched_on_valid(tiny, tmp_path):
    changed = tiny.changed(
        "tune={train.learning_rate: {low: 0.01, high: 0.05, log: true}}",
        "train.epochs=1",
        name="real",
    )
    found = tune.run(changed.task, changed.config, 1, None, tmp_path)
    assert found.done == 1
    assert 0.01 <= load_config(found.file, schema_of).settings.train.learning_rate <= 0.05


@pytest.mark.parametrize(
    ("budget", "seconds"), [("90s", 90), ("20m", 1200), ("1h30m", 5400), ("2h", 7200)]
)
def test_budgets(budget, seconds):
    assert tune.seconds_of(budget) == seconds


@pytest.mark.parametrize("budget", ["", "20", "m", "1m2h", "-5s", "1.5h"])
def test_other_budgets_are_refused(budget):
    with pytest.raises(InputError, match="expected a time such as 90s, 20m or 1h30m"):
        tune.seconds_of(budget)
