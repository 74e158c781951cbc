"""Scores by hand, with one label per text and with several."""

import json

import pytest

from pipeline.tasks.text_classification.scoring import MAX_CONFUSIONS, labels, score
from pipeline.tasks.text_classification.settings import TextClassificationSettings


def settings(multi_label=False):
    data = {"format": "jsonl", "files": {"train": "t.jsonl"}, "multi_label": multi_label}
    return TextClassificationSettings.model_validate({"task": "text_classification", "data": data})


def record(*gold, text="some text", source="f:1"):
    return {"text": text, "labels": list(gold), "source": source}


def answer(best, several=None, **scores):
    scores = {"a": 0.1, "b": 0.1, **scores}
    common = {"text": "ignored", "label": best, "score": scores[best], "scores": scores}
    return {**common, "rejected": False} | ({} if several is None else {"labels": several})


def values(scores):
    return {name: metric["value"] for name, metric in scores.metrics.items()}


def test_metrics_by_hand():
    records = [record("a"), record("a"), record("b"), record("c")]
    answers = [answer("a"), answer("b"), answer("b"), answer("a")]
    result = score(settings(), records, answers)
    f1 = {"a": 50.0, "b": 200 / 3, "c": 0.0}  # c is not in training, but it counts
    assert values(result) == pytest.approx(
        {"accuracy": 50.0, "macro_f1": sum(f1.values()) / 3, "micro_f1": 50.0}
    )
    for metric in result.metrics.values():
        assert 0 <= metric["low"] <= metric["value"] <= metric["high"] <= 100
    assert result.counts.keys() == result.metrics.keys()
    for name, counted in result.counts.items():
        assert len(counted.rows) == 4
        assert counted.interval().as_dict() == result.metrics[name]


def test_several_labels_by_hand():
    records = [record("a", "b"), record(), record("b"), record("b")]
    answers = [
        answer("a", ["b", "a"]),
        answer("a", []),
        answer("b", ["a", "b"]),
        answer("a", []),
    ]
    result = score(settings(multi_label=True), records, answers)
    assert values(result) == pytest.approx(
        {
            "accuracy": 50.0,
            "macro_f1": (200 / 3 + 80) / 2,  # a: 1 of 1 gold and 2; b: 2 of 3 gold and 2
            "micro_f1": 100 * 2 * 3 / (4 + 4),
        }
    )
    assert result.errors == [
        {
            "source": "f:1",
            "text": "some text",
            "gold": ["b"],
            "predicted": predicted,
            "score": 0.1,
        }
        for predicted in (["a", "b"], [])
    ]


def test_correct_answers_score_100_and_have_no_errors():
    result = score(settings(), [record("a"), record("b")] * 3, [answer("a"), answer("b")] * 3)
    assert all(
        metric == {"value": 100.0, "low": 100.0, "high": 100.0}
        for metric in result.metrics.values()
    )
    assert result.errors == []
    assert [table.title for table in result.tables] == ["labels"]


def test_tables():
    records = [*[record("a")] * 4, record("b"), record("new")]
    answers = [answer("a"), *[answer("b")] * 3, answer("a"), answer("b")]
    classes, confusions = score(settings(), records, answers).tables
    assert classes.columns == ("label", "precision", "recall", "F1", "gold", "predicted")
    assert classes.rows == [
        ("a", 50.0, 25.0, pytest.approx(100 / 3), 4, 2),
        ("b", 0.0, 0.0, 0.0, 1, 4),
        ("new", 0.0, 0.0, 0.0, 1, 0),
    ]
    assert confusions.rows == [("a", "b", 3, 75.0), ("b", "a", 1, 100.0), ("new", "b", 1, 100.0)]


def test_only_the_most_frequent_confusions_are_listed():
    names = [f"n{i:02}" for i in range(MAX_CONFUSIONS + 5)]
    records = [record(name) for name in names for _ in range(1 + (name == "n24"))]
    confusions = score(settings(), records, [answer("a")] * len(records)).tables[1]
    assert len(confusions.rows) == MAX_CONFUSIONS
    assert confusions.rows[0][:3] == ("n24", "a", 2)


def test_a_spurious_label_has_no_percentage_of_gold():
    result = score(settings(multi_label=True), [record()], [answer("a", ["a"])])
    assert result.tables[1].rows == [("(spurious)", "a", 1, "-")]


def test_errors_have_source_text_and_labels():
    records = [record("a", source="x.csv:7", text="👩 <b>"), record("b", source="x.csv:8")]
    result = score(settings(), records, [answer("b", b=0.75), answer("b")])
    assert result.errors == [
        {"source": "x.csv:7", "text": "👩 <b>", "gold": "a", "predicted": "b", "score": 0.75}
    ]
    assert json.loads(json.dumps(result.errors)) == result.errors


def test_labels_are_keyed_by_vocabulary():
    assert labels(record("a", "b")) == {"labels": ["a", "b"]}


def test_records_and_answers_must_have_equal_length():
    with pytest.raises(ValueError, match="longer"):
        score(settings(), [record("a")], [answer("a")] * 2)
