"""The baseline: learns what it should, answers in the model's form, says what is missing."""

import sys

import pytest

from pipeline.errors import InputError
from pipeline.tasks.text_classification import baseline as module
from pipeline.tasks.text_classification.baseline import baseline
from pipeline.tasks.text_classification.scoring import score
from pipeline.tasks.text_classification.settings import TextClassificationSettings

CITIES = ("oslo", "rome", "new york", "lima", "paris", "北京", "上海")


def settings(several=False):
    data = {"format": "jsonl", "files": {"train": "t.jsonl"}, "multi_label": several}
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
def test_it_learns_one_label_a_text(packages, records, kinds):
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


def test_it_learns_several_labels_a_text(packages, records):
    rows = [record(row["text"], *row["labels"], "any") for row in records]
    rows += [record(f"fly to {city} or cancel", "book", "cancel", "any") for city in CITIES]
    answers = baseline(settings(several=True), rows, [*rows, record("quito", "any")])
    for row, answer in zip(rows, answers, strict=False):
        assert sorted(answer["labels"]) == sorted(row["labels"])
        assert all(0 < share < 1 for share in answer["scores"].values())
    assert "any" in answers[-1]["labels"]  # what all training texts have


def test_one_label_leaves_nothing_to_learn(packages):
    rows = [record("a b", "x"), record("c", "x")]
    assert [answer["score"] for answer in baseline(settings(), rows, rows)] == [1.0, 1.0]


def test_labels_of_any_characters_stay_apart(packages):
    rows = [record("one thing", "x"), record("another", "x\x00"), record("最后", "ẞ ,")] * 2
    answers = baseline(settings(), rows, rows)
    assert [answer["label"] for answer in answers] == [row["labels"][0] for row in rows]


@pytest.mark.parametrize(
    ("texts", "seen", "unseen"),
    [
        (["Fly home, now!"], {"fly home", ",", "home", "ly ho"}, {"Fly"}),
        (["订机票", "取消！", "ホテル"], {"机", "订机票", "ホテ"}, {"取消！ "}),
        (["long text " * 60, "so long " * 60], {"long text", "so"}, {"lon", "ong "}),
    ],
)
def test_what_it_sees_depends_on_the_texts(packages, texts, seen, unseen):
    vectorizer = module._vectorizer(packages, texts).fit(texts)
    names = {name.rpartition("__")[2] for name in vectorizer.get_feature_names_out()}
    assert seen <= names
    assert not unseen & names


def test_texts_without_anything_to_see_are_an_error(packages):
    rows = [record(" ", "a"), record("", "b")]
    with pytest.raises(InputError, match="no n-grams in the training texts"):
        baseline(settings(), rows, rows)


def test_without_its_packages_it_says_what_to_install(monkeypatch, records):
    monkeypatch.setitem(sys.modules, "sklearn.svm", None)
    with pytest.raises(InputError, match=r"pip install scikit-learn sklearn-crfsuite$") as caught:
        baseline(settings(), records, records)
    assert "\n" not in str(caught.value)
