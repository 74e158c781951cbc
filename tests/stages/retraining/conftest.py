"""A version that the checks of retraining can be asked about without a model."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from pipeline.config import RetrainSettings
from pipeline.metrics.intervals import Counts
from pipeline.runs import VersionFolder
from pipeline.stages.retraining.incumbent import Incumbent
from pipeline.task import Scores


def percent(total):
    return 100 * total[..., 0] / total[..., 1]


def score(settings, records, answers):
    """A row is right where its answer is its label."""
    right = [record["label"] == answer for record, answer in zip(records, answers, strict=True)]
    rows = np.stack([np.array(right, int), np.ones(len(right), int)], axis=1)
    wrong = [{"source": r["source"]} for r, hit in zip(records, right, strict=True) if not hit]
    metrics = {"accuracy": {"value": 100 * sum(right) / len(right)}}
    return Scores(metrics, [], wrong, {"accuracy": Counts(rows, percent)})


@pytest.fixture
def old():
    """A version that knows the labels `a` and `b`; its exam has 40 rows, with either in turn."""
    task = SimpleNamespace(
        headline="accuracy",
        judge=SimpleNamespace(score=score, stress=lambda *_: {}),
        answers=SimpleNamespace(
            labels=lambda record: {"labels": [record["label"]]},
            suggest=lambda answer: {"label": answer},
        ),
    )
    return Incumbent(
        version=VersionFolder(Path("flights/1")),
        manifest={},
        task=task,
        config=SimpleNamespace(settings=SimpleNamespace(retrain=RetrainSettings())),
        data=SimpleNamespace(),
        vocabularies={"labels": ["a", "b"]},
        train=[],
        learnt=[],
        valid=[],
        exam=[{"text": f"row {n}", "label": "ab"[n % 2], "source": f"f:{n}"} for n in range(40)],
        is_whole=False,
        newest=1,
    )
