"""The baseline: learns labels, answers in the model's form, reports missing packages."""

import sys

import pytest

from pipeline.errors import InputError
from pipeline.tasks.text_classification import baseline as module
from pipeline.tasks.text_classification.baseline import baseline
from pipeline.tasks.text_classification.scoring import score
from pipeline.tasks.text_classification.settings import TextClassificationSettings

CITIES = ("oslo", "rome", "new york", "lima", "paris", "北京", "上海")


def settings(multi_label=False):
    data = {"format": "jsonl", "files": {"train": "t.jsonl"}, "multi_label": multi_label}
    return TextClassificationSettings.model_validate({"task": "text_classification", "data": data})


def record(text, *labels):
    return {"text": text, "labels": list(labels), "source": "f:1"}


@pytest.fixture(scope="module")
def packages():
    pytest.importorskip("sklearn", reason="scikit-learn, of the extra `baseline`")
    return module._packages()


@pytest.fixture(scope="module")
def records():
    rows = []
    for city in CITIES:
        rows.append(record(f"fly to {city} now", "book"))
        rows.append(record(f"how is {city}", "ask"))
        rows.append(record(f"cancel {city} please", "cancel"))
    return rows


@pytest.mark.parametrize("kinds", [("book", "ask", "cancel"), ("book", "ask")])
def test_single_label_data_is_learned(packages, records, kinds):
    rows = [row for row in records if row["labels"][0] in kinds]
    new = [record("fly to quito now", "book"), record("how is quito", "ask"), record("", "ask")]
    answers = baseline(settings(), rows, [*rows, *new])
    assert [answer["label"] for answer in answers[:-1]] == [
        row["labels"][0] for row in [*rows, *new[:-1]]
    ]
    for row, answer in zip([*rows, *new], answers, strict=True):
        assert answer.keys() == {"text", "label", "score", "scores", "rejected"}
        assert answer["text"] == row["text"]
        assert sorted(answer["scores"]) == sorted(kinds)
        assert sum(answer["scores"].values()) == pytest.approx(1, abs=1e-5)
        assert (
            answer["score"] == answer["scores"][answer["label"]] == max(answer["scores"].values())
        )
    assert score(settings(), rows, answers[: len(rows)]).metrics["accuracy"]["value"] == 100


def test_multi_label_data_is_learned(packages, records):
    rows = [record(row["text"], *row["labels"], "any") for row in records]
    rows += [record(f"fly to {city} or cancel", "book", "cancel", "any") for city in CITIES]
    answers = baseline(settings(multi_label=True), rows, [*rows, record("quito", "any")])
    for row, answer in zip(rows, answers, strict=False):
        assert sorted(answer["labels"]) == sorted(row["labels"])
        assert all(0 < score < 1 for score in answer["scores"].values())
    assert "any" in answers[-1]["labels"]  # the label of all training texts


def test_a_single_known_label_has_score_one(packages):
    rows = [record("a b", "x"), record("c", "x")]
    assert [answer["score"] for answer in baseline(settings(), rows, rows)] == [1.0, 1.0]


def test_labels_of_any_characters_stay_distinct(packages):
    rows = [record("one thing", "x"), record("another", "x\x00"), record("最后", "ẞ ,")] * 2
    answers = baseline(settings(), rows, rows)
    assert [answer["label"] for answer in answers] == [row["labels"][0] for row in rows]


@pytest.mark.parametrize(
    ("texts", "present", "absent"),
    [
        (["Fly home, now!"], {"fly home", ",", "home", "ly ho"}, {"Fly"}),
        (["订机票", "取消！", "ホテル"], {"机", "订机票", "ホテ"}, {"取消！ "}),
        (["long text " * 60, "so long " * 60], {"long text", "so"}, {"lon", "ong "}),
    ],
)
def test_ngrams_depend_on_the_texts(packages, texts, present, absent):
    vectorizer = module._vectorizer(packages, texts).fit(texts)
    names = {name.rpartition("__")[2] for name in vectorizer.get_feature_names_out()}
    assert present <= names
    assert not absent & names


def test_texts_without_ngrams_are_an_error(packages):
    rows = [record(" ", "a"), record("", "b")]
    with pytest.raises(InputError, match="the training texts contain no n-grams"):
        baseline(settings(), rows, rows)


def test_missing_packages_are_an_error_with_the_install_command(monkeypatch, records):
    monkeypatch.setitem(sys.modules, "sklearn.svm", None)
    with pytest.raises(InputError, match=r"pip install scikit-learn sklearn-crfsuite$") as caught:
        baseline(settings(), records, records)
    assert "\n" not in str(caught.value)
