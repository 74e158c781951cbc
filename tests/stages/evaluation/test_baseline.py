"""The baseline beside a model: in the same table, kept, and told from it or not."""

import dataclasses

import pytest

from pipeline.datasets import store
from pipeline.stages.data import prepare
from pipeline.stages.evaluation import baseline, evaluate
from pipeline.stages.training.assembly import outputs_of


@pytest.fixture
def data(tiny):
    return prepare.run(tiny.task, tiny.config)


@pytest.fixture
def task(tiny):
    """The tiny task with a baseline that counts its fittings and always says the same."""
    fitted = []

    def stub(settings, train, records):
        fitted.append(len(list(train)))
        return [
            {"text": record["text"], "intent": {"label": "book"}, "slots": []} for record in records
        ]

    class Judge(type(tiny.task.judge)):
        def baseline(self, settings, train, records):
            return stub(settings, train, records)

    return dataclasses.replace(tiny.task, judge=Judge()), fitted


def test_the_baseline_alone_is_scored_on_a_split_and_under_stress(tiny, task):
    results = {r.split: r for r in evaluate.of_baseline(task[0], tiny.config, "test")}
    assert list(results)[:2] == ["test", "test/stress_seen"]
    assert results["test"].examples == 24
    assert results["test"].scores.metrics["slot_f1"]["value"] == 0.0


def test_the_baseline_is_fitted_once_for_the_same_examples(tiny, task, data):
    stubbed, fitted = task
    records = list(store.records(data, "test"))
    sets = {"test": records, "test/x": records[:3]}
    first = baseline.baseline_answers(stubbed, tiny.config, data, sets)
    assert {name: len(answers) for name, answers in first.items()} == {"test": 24, "test/x": 3}
    assert baseline.baseline_answers(stubbed, tiny.config, data, sets) == first
    assert fitted == [data.info.splits["train"].num_examples]
    baseline.baseline_answers(stubbed, tiny.config, data, {"test": records[1:]})
    assert len(fitted) == 2


def test_its_rows_and_its_comparison_stand_beside_the_model_s(tiny, task, finished_run, capsys):
    outputs = outputs_of(finished_run.best.service)
    vocabularies = finished_run.folder.vocabularies
    results = evaluate.of_version(
        task[0], tiny.config, outputs, "test", None, vocabularies, stress=True, baseline=True
    )
    names = [result.split for result in results]
    assert names.index("test/baseline") > names.index("test/stress_seen")
    assert "test/stress_seen/baseline" in names
    by_name = {result.split: result for result in results}
    assert by_name["test/baseline"].examples == 24
    assert by_name["test/baseline"].scores.metrics["slot_f1"]["value"] == 0.0
    capsys.readouterr()
    evaluate.print_comparisons(results)
    printed = capsys.readouterr().out
    assert "test: model against baseline (paired bootstrap over examples)" in printed
    assert "test/stress_seen: model against baseline" in printed
    model = by_name["test"].scores.metrics["slot_f1"]["value"]
    row = next(line.split() for line in printed.splitlines() if line.split()[:2] == ["slot", "f1"])
    assert row[2:5] == [f"{model:.2f}", "0.00", f"{model:.2f}"]
    assert row[-1] == "better"
