"""Answers are the same alone and in a batch; other signatures run each request alone."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import tensorflow as tf

from pipeline.serving.versions.row_independence import rows_equal
from tests.serving.contract_models import function, publish, spec

TEXT = spec([None], tf.string, "text")
X = spec([None], tf.float32, "x")
TEXTS = ["", "a", "ab cd", "京都", "one two three four", "x y", "longer than all of the others"]


def words(text):
    """Words, padded to the longest of the batch, and a score for each."""
    split = tf.strings.split(text)
    lengths = tf.cast(tf.strings.length(split.to_tensor("")), tf.float32)
    return {"words": split.to_tensor(""), "scores": lengths / 3.0, "count": split.row_lengths()}


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    root = tmp_path_factory.mktemp("together")
    signatures = {
        "serving_default": function(TEXT)(words),
        "mean": function(X)(lambda x: {"y": x - tf.reduce_mean(x)}),
        "none": function(X)(lambda x: {"y": x[1:]}),
        "strict": function(TEXT)(
            lambda text: {"y": tf.strings.to_number(text)}  # fails on non-numbers
        ),
    }
    publish(root, "texts", signatures, "1")
    return root


def trimmed(row):
    """A row without its padding."""
    return {
        "words": row["words"][: row["count"]],
        "scores": row["scores"][: row["count"]],
        "count": row["count"],
    }


def test_answers_are_the_same_alone_and_in_a_batch(serve, models):
    with serve(models) as served:

        def ask(text):
            (row,) = served.predict("texts", {"instances": [text]}).json["predictions"]
            return trimmed(row)

        alone = {text: ask(text) for text in TEXTS}
        with ThreadPoolExecutor(16) as clients:
            crowd = list(clients.map(ask, TEXTS * 20))
        joined = served.predict("texts", {"instances": TEXTS}).json["predictions"]
        batcher = served.server.models.by_name["texts"].newest().batchers["serving_default"]
        assert batcher.shared
    for text, row in zip([*TEXTS * 20, *TEXTS], [*crowd, *map(trimmed, joined)], strict=True):
        assert row["words"] == alone[text]["words"]
        np.testing.assert_allclose(row["scores"], alone[text]["scores"], atol=1e-5)


def test_rows_that_depend_on_other_rows_are_not_batched(serve, models):
    with serve(models) as served:
        engine = served.server.models.by_name["texts"].newest()
        together = {name: batcher.shared for name, batcher in engine.batchers.items()}
        safe = {"serving_default"}
        assert together == {name: name in safe for name in (*safe, "mean", "none", "strict")}

        def ask(number):
            body = {"signature_name": "mean", "instances": [number]}
            return served.predict("texts", body).json["predictions"]

        with ThreadPoolExecutor(8) as clients:
            assert list(clients.map(ask, range(40))) == [[0.0]] * 40


@pytest.mark.parametrize(
    ("alone", "together", "same"),
    [
        ([1.0, 2.0], [1.0, 2.0, 0.0, 0.0], True),
        ([1.0, 2.0], [1.0, 2.0, 0.0, 3.0], False),
        ([1.0], [1.0 + 1e-6], True),
        ([1.0], [1.001], False),
        ([1, 2], [1, 2, -1], True),
        ([1, 2], [1, 3], False),
        ([1.0, 2.0], [1.0], False),
        ([[1.0]], [[1.0, 0.0], [0.0, 0.0]], True),
        ([float("nan")], [float("nan")], True),
        ([], [0.0], True),
        (1.0, [1.0], True),
    ],
)
def test_rows_are_compared_without_their_padding(alone, together, same):
    assert rows_equal(np.array(alone), np.array(together)) == same
