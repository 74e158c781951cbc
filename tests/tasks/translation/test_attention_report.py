"""What is asked of a model's signatures, and how it comes back."""

from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf

from pipeline.tasks.translation import attention_report
from pipeline.tasks.translation.attention_report import align_of, perplexity_of, report_of_model
from pipeline.tasks.translation.model import build_model


def align(text):
    """Two source tokens a text, one for an empty one, and as many target tokens."""
    rows = [[b"a", b"b"] if one else [b"", b""] for one in text.numpy().tolist()]
    tokens = tf.constant(rows)
    return {
        "source_tokens": tf.concat([tokens, tf.fill([len(rows), 1], b"")], axis=1),
        "target_tokens": tokens,
        "attention": tf.reshape(tf.range(6.0 * len(rows)), [len(rows), 2, 3]),
    }


def score(source, target):
    lengths = tf.strings.length(target)
    return {"score": -tf.cast(lengths, tf.float32) * np.log(2.0), "tokens": lengths}


SERVICE = SimpleNamespace(signatures={"align": align, "score": score})


def test_padding_is_cut_off():
    first, second = align_of(SERVICE)(["x", ""])
    assert first[:2] == (["a", "b"], ["a", "b"])
    assert first[2].tolist() == [[0.0, 1.0], [3.0, 4.0]]
    assert (second[0], second[1], second[2].shape) == ([], [], (0, 0))


def test_batches_keep_their_order(monkeypatch):
    monkeypatch.setattr(attention_report, "BATCH", 2)
    found = align_of(SERVICE)(["x", "", "y", "z", ""])
    assert [len(source) for source, *_ in found] == [2, 0, 2, 2, 0]
    assert align_of(SERVICE)([]) == []


def test_perplexity(monkeypatch):
    monkeypatch.setattr(attention_report, "BATCH", 2)
    records = [{"text": "x", "target": "t" * length} for length in (5, 1, 3)]
    assert perplexity_of(SERVICE, records).value == pytest.approx(2.0)
    with pytest.raises(ValueError, match="expected at least one row"):
        perplexity_of(SERVICE, [])


@pytest.mark.slow
def test_the_report_of_a_real_model(make, tokenizer, records):
    settings = make()
    some = [*records[:4], {**records[0], "text": ""}]
    answers = [{"translation": "a ticket to Beijing", "lost": 0} for _ in some]
    sections = report_of_model(settings, tokenizer, build_model(settings, {}), some, answers)
    bodies = {section.title: section.body for section in sections}
    assert "perplexity" in bodies["Scores of the translations"]
    assert "<svg" in bodies["Attention"]
    assert "source tokens" in bodies["Source tokens with little attention"]
