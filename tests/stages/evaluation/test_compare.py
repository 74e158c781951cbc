"""Two models compared: the verdict, by part, and what cannot be paired."""

import numpy as np
import pytest

from pipeline.errors import InputError
from pipeline.metrics.intervals import Counts
from pipeline.stages.evaluation import compare, evaluate
from pipeline.stages.evaluation.evaluate import Result
from pipeline.task import Scores


def scores(hits):
    """An accuracy, as a scorer gives it."""
    counted = Counts(
        np.column_stack([hits, np.ones(len(hits))]), lambda s: 100 * s[..., 0] / s[..., 1]
    )
    return Scores({"accuracy": counted.interval().as_dict()}, [], [], {"accuracy": counted})


@pytest.mark.parametrize(
    ("model", "other", "verdict"),
    [
        ([1] * 90 + [0] * 10, [1] * 50 + [0] * 50, "better"),
        ([1] * 50 + [0] * 50, [1] * 90 + [0] * 10, "worse"),
        ([1] * 50 + [0] * 50, [0] + [1] * 50 + [0] * 49, "not distinguishable"),
    ],
)
def test_the_verdict(model, other, verdict, capsys):
    compare.print_comparison("test", ("one", "two"), scores(model), scores(other))
    lines = capsys.readouterr().out.splitlines()
    row = next(number for number, line in enumerate(lines) if "accuracy" in line)
    said = [line.split()[-1] for line in lines[row : row + 2]]
    assert " ".join(said[: len(verdict.split())]) == verdict


def test_only_metrics_that_both_have_are_compared():
    both = scores([1, 0])
    assert compare.differences(both, Scores({}, [], [])) == {}
    assert compare.differences(both, both)["accuracy"].value == 0.0


def result(split, hits, texts=None):
    texts = texts or [f"text {i}" for i in range(len(hits))]
    return Result(split, len(hits), scores(hits), answers=[{"text": text} for text in texts])


def test_parts_are_compared_by_the_headline(capsys):
    ours = [result("test", [1] * 40), result("test/rare", [1] * 20), result("test/mine", [1])]
    theirs = [result("test", [0] * 40), result("test/rare", [0] * 20)]
    evaluate.compare("accuracy", ours, theirs)
    printed = capsys.readouterr().out
    assert "test: first against second" in printed
    row = next(line.split() for line in printed.splitlines() if line.split()[:1] == ["test/rare"])
    assert row[1:] == ["100.00", "0.00", "100.00", "better"]
    assert "test/mine" not in printed


def test_answers_to_other_texts_are_not_compared():
    ours, theirs = result("test", [1, 0], ["a", "b"]), result("test", [1, 0], ["a", "c"])
    with pytest.raises(InputError, match="received 2 and 2; text 2 is 'b' and 'c'"):
        evaluate.compare("accuracy", [ours], [theirs])
    with pytest.raises(InputError, match="received 2 and 1; name them"):
        evaluate.compare("accuracy", [ours], [result("test", [1], ["a"])])
