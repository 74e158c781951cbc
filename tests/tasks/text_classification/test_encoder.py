"""Records to inputs, targets and weights; rare labels weigh more or are sampled more often."""

import numpy as np
import pytest
import tensorflow as tf

from pipeline.stages.training.assembly import write_vocabularies
from pipeline.tasks.text_classification.encoder import balancing_weights, build_encoder
from pipeline.tasks.text_classification.model import MEMBERS
from pipeline.tasks.text_classification.tokenizer import build_tokenizer, learn

SEED = tf.constant([1, 2], tf.int64)
RECORDS = [
    {"text": "good film", "labels": ["pos"], "source": "f:1"},
    {"text": "fine film", "labels": ["pos"], "source": "f:2"},
    {"text": "best", "labels": ["pos"], "source": "f:3"},
    {"text": "bad film", "labels": ["neg"], "source": "f:4"},
]


def batch_of(records):
    labels = tf.ragged.constant([record["labels"] for record in records], tf.string, 1)
    return {
        "text": tf.constant([record["text"] for record in records]),
        "labels": labels.to_tensor(""),
    }


@pytest.fixture
def encoded(make_settings, tmp_path):
    """Return a function from records and settings to encoded rows and padded batch."""

    def encoded(records, seed=SEED, **sections):
        words = {"kind": "words", "min_count": 1}
        settings = make_settings(**{"tokenizer": words, **sections})
        vocabularies = learn(settings, RECORDS)
        write_vocabularies(tmp_path, vocabularies)
        tokenizer = build_tokenizer(settings, tmp_path)
        encoder = build_encoder(settings, tokenizer, vocabularies, RECORDS)
        rows = encoder.encode(batch_of(records), seed)
        return rows, encoder.pad(rows)

    return encoded


def test_a_batch_by_hand(encoded):
    rows, (inputs, targets, weights) = encoded(RECORDS[2:])
    assert rows["length"].numpy().tolist() == [1, 2]
    assert inputs["tokens"].shape == (2, 2)
    assert (inputs["ngrams"].numpy() > 0).sum(axis=1).tolist() == [1, 3]
    assert targets[MEMBERS].numpy().tolist() == [[0, 1], [1, 0]]  # neg, pos
    assert weights[MEMBERS].numpy().tolist() == [1, 1]


def test_targets_of_several_no_and_unknown_labels(encoded):
    records = [
        {"text": "a", "labels": ["pos", "neg"]},
        {"text": "b", "labels": []},
        {"text": "c", "labels": ["never seen"]},
    ]
    _, (_, targets, _) = encoded(records, data={"multi_label": True})
    assert targets[MEMBERS].numpy().tolist() == [[1, 1], [0, 0], [0, 0]]


def test_unknown_labels_have_weight_zero_and_no_label_weight_one(encoded):
    unknown = [RECORDS[0], {"text": "c", "labels": ["never seen"]}]
    assert encoded(unknown)[1][2][MEMBERS].numpy().tolist() == [1, 0]
    several = [{"text": "b", "labels": []}]
    _, (_, _, weights) = encoded(several, data={"multi_label": True})
    assert weights[MEMBERS].numpy().tolist() == [1]


def test_rare_labels_weigh_more(encoded):
    _, (_, _, weights) = encoded(RECORDS, train={"class_weights": "balanced"})
    # 4 texts / (2 labels x 3 or 1 texts): both labels have the same total weight.
    np.testing.assert_allclose(weights[MEMBERS], [2 / 3, 2 / 3, 2 / 3, 2])


def test_balanced_sampling_samples_rare_labels_as_often_as_others(encoded):
    sampled = np.concatenate(
        [
            encoded(RECORDS, tf.constant([1, n], tf.int64), train={"sampling": "balanced"})[1][1][
                MEMBERS
            ].numpy()
            for n in range(60)
        ]
    )
    assert sampled.mean(axis=0) == pytest.approx([0.5, 0.5], abs=0.1)


def test_equal_seeds_sample_equal_rows(encoded):
    first, again = (
        encoded(RECORDS, train={"sampling": "balanced"})[1][0]["tokens"].numpy() for _ in range(2)
    )
    np.testing.assert_array_equal(first, again)


def test_balancing_weights_by_hand():
    gold = np.array([[1, 0], [1, 0], [1, 0], [0, 1]])
    # As above; a text with both labels has their mean weight, one without labels weight 1.
    np.testing.assert_allclose(balancing_weights(gold), [2 / 3, 2 / 3, 2 / 3, 2])
    several = np.array([[1, 0], [1, 1], [0, 0]])  # 3 texts / (2 labels x 2 or 1 texts)
    np.testing.assert_allclose(balancing_weights(several), [0.75, (0.75 + 1.5) / 2, 1])
