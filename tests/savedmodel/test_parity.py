"""The gate: who passes, who does not, and how differences are measured.

What the gate makes of answers is tried on answers from this process. That a candidate passes in a
fresh one is seen wherever a test exports.
"""

import math
import shutil
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from pipeline.errors import GateError
from pipeline.savedmodel import fresh_process, parity, write
from pipeline.savedmodel.load import load_signature

TEXTS = ["ab", "abc", "abcd", "北京到上海", "two  words"]


def sure(texts):
    """No text is near a tie."""
    return [1.0] * len(texts)


def torn(texts):
    """Every text is a tie."""
    return [0.0] * len(texts)


def lost(texts):
    """No text has a margin that is a number."""
    return [math.nan] * len(texts)


@pytest.fixture
def answers_from(monkeypatch):
    """A function that puts answers from this process in the place of a fresh one's."""

    def replace(answer):
        def alone(candidate, batches, hidden):
            return [parity._plain(answer(batch)) for batch in batches]

        monkeypatch.setattr(parity, "_answer_in_fresh_process", alone)

    return replace


def test_an_equal_candidate_passes(letters, saved, tmp_path, answers_from):
    answers_from(load_signature(saved))
    hidden = [tmp_path / "runs"]
    seen = parity.check_parity(saved, TEXTS, letters.answer, sure, hidden)
    rows = len({*TEXTS, *parity.HOSTILE})
    assert seen.compared == 2 * rows + 4  # alone, in mixed batches, and beside a long text
    assert seen.ties == 0
    assert seen.largest_difference <= parity.TOLERANCE


def test_a_candidate_with_other_weights_fails(letters, saved, other, answers_from):
    answers_from(other(threshold=3.6).answer)
    with pytest.raises(GateError, match=r"in a batch of 1: score is .*; nothing published$"):
        parity.check_parity(saved, TEXTS, letters.answer, sure, [])


def test_a_candidate_that_cannot_be_loaded_fails_in_a_fresh_process(letters, saved, tmp_path):
    broken = shutil.copytree(saved, tmp_path / "broken")
    shutil.rmtree(broken / "variables")
    with pytest.raises(GateError, match=r"fails in a fresh process: \w+Error: .*variables.*; no"):
        parity.check_parity(broken, TEXTS, letters.answer, sure, [])


def test_a_graph_that_contains_a_hidden_path_fails(tmp_path):
    hidden = tmp_path / "runs"
    module = tf.Module()
    inside = tf.constant(f"{hidden}/vocabulary.txt")
    module.call = tf.function(
        lambda text: {"out": tf.strings.join([text, inside])},
        input_signature=[tf.TensorSpec([None], tf.string, name="text")],
    )
    write.write(module, {"serving_default": module.call}, tmp_path / "model")
    with pytest.raises(
        GateError, match=r"the graph contains the path .*runs; expected no path outside"
    ):
        parity.check_parity(tmp_path / "model", TEXTS, dict, sure, [tmp_path / "data", hidden])


def test_strings_that_differ_within_a_tie_are_counted(letters, saved, answers_from):
    def flipped(batch):
        outputs = letters.answer(batch)
        other = np.where(outputs["label"] == b"long", b"short", b"long")
        three = np.char.equal(batch, "abc")
        return {**outputs, "label": np.where(three, other, outputs["label"])}

    answers_from(flipped)
    seen = parity.check_parity(saved, TEXTS, letters.answer, torn, [])
    assert seen.ties == 2  # alone, and in a mixed batch
    for margin in (sure, lost):
        with pytest.raises(GateError, match="'abc' in a batch of 1: label is long in a fresh proc"):
            parity.check_parity(saved, TEXTS, letters.answer, margin, [])


def test_an_answer_that_depends_on_the_batch_fails(letters, saved, answers_from):
    def leaking(batch):
        outputs = letters.answer(batch)
        return {**outputs, "score": outputs["score"] + 0.01 * (len(batch) > 1)}

    answers_from(leaking)
    with pytest.raises(GateError, match=r"in a batch of \d\d: score is"):
        parity.check_parity(saved, TEXTS, letters.answer, sure, [])


def test_scores_may_differ_by_the_tolerance(letters, saved, answers_from):
    def near(batch):
        outputs = letters.answer(batch)
        return {**outputs, "score": outputs["score"] + 5e-6}

    answers_from(near)
    seen = parity.check_parity(saved, TEXTS, letters.answer, sure, [])
    assert 4e-6 < seen.largest_difference < 6e-6


def test_requests_sent(letters, saved, answers_from):
    asked = []

    def noted(batch):
        asked.append(list(batch))
        return letters.answer(batch)

    answers_from(noted)
    parity.check_parity(saved, [*TEXTS, "ab"], letters.answer, sure, [])
    alone = [batch[0] for batch in asked if len(batch) == 1]
    mixed = [text for batch in asked[len(alone) : -1] for text in batch]
    assert alone == [*TEXTS, *parity.HOSTILE]  # a repeated text is asked once
    assert sorted(mixed) == sorted(alone)
    assert "" in alone
    assert {"a", "京"} <= set(alone)
    assert len(asked[-1]) <= 4
    assert max(map(len, asked[-1])) == 5000


@pytest.mark.parametrize(
    ("padded", "trimmed"),
    [
        (["a", "b", "", ""], ["a", "b"]),
        (["", "b", ""], ["", "b"]),
        ([3, -1, -1], [3]),
        ([0.5, 0.0], [0.5]),
        (["", ""], []),
        ([], []),
        ("", ""),
        (0, 0),
        (-1, -1),
    ],
)
def test_padding_is_trimmed_only_from_the_ends_of_lists(padded, trimmed):
    assert parity._trim(padded) == trimmed


@pytest.mark.parametrize(
    ("expected", "received", "difference"),
    [
        ({"a": 0.25, "b": "x"}, {"a": 0.5, "b": "x"}, 0.25),
        ({"a": [0.5, 0.25]}, {"a": [0.5, 0.75]}, 0.5),
        (-200.0, -202.0, 0.01),  # a sum of log-probabilities: relative
        (0.001, 0.002, 0.001),  # a probability: absolute
        (3, 3, 0.0),
        (3, 4, math.inf),
        ("x", "y", math.inf),
        ([1, 2], [1], math.inf),
        ({"a": 1}, {"b": 1}, math.inf),
        ({}, {}, 0.0),
        (1, "1", math.inf),
        (math.nan, 0.5, math.inf),
        (0.5, math.nan, math.inf),
        (math.nan, math.nan, math.inf),
    ],
)
def test_difference(expected, received, difference):
    assert parity._difference(expected, received) == pytest.approx(difference)


def test_arrays_become_plain_lists():
    array = np.array([[b"\xe5\x8c\x97", b""], [b"a", b"b"]], object)
    assert fresh_process.to_lists(array) == [["北", ""], ["a", "b"]]
    assert fresh_process.to_lists(np.array([1, 2])) == [1, 2]


def test_the_line_of_the_error_is_found_in_a_traceback():
    trace = "W0000 start\nTraceback:\n  File x\nOSError: no file\n You may be trying to load.\n\n"
    assert parity._last_error(trace) == "OSError: no file"
    assert parity._last_error("") == ""


def test_hidden_folders_cannot_be_opened_and_others_can(tmp_path):
    (tmp_path / "runs").mkdir()
    for file in (tmp_path / "runs" / "secret", tmp_path / "runs2", tmp_path / "open"):
        file.write_text("x", encoding="utf-8")
    shutil.copy(fresh_process.__file__, tmp_path / "alone.py")
    script = (
        "import sys; sys.path.insert(0, '.'); import alone; alone.hide([sys.argv[1]])\n"
        "for name in sys.argv[2:]:\n"
        "    try: open(name).close(); print('opened')\n"
        "    except PermissionError as error: print(error)"
    )
    names = [tmp_path / "open", tmp_path / "runs" / "secret", tmp_path / "runs2"]
    command = [sys.executable, "-I", "-c", script, tmp_path / "runs", *names]
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    secret = f"{tmp_path / 'runs' / 'secret'}: a published model must not read this"
    assert done.stdout.splitlines() == ["opened", secret, "opened"]
