"""The loss of an ensemble by hand."""

import keras
import numpy as np
import pytest

from pipeline.layers.members_loss import MembersLoss


@pytest.mark.parametrize(
    ("loss", "gold"),
    [
        (keras.losses.SparseCategoricalCrossentropy(from_logits=True), [1, 0]),
        (keras.losses.CategoricalCrossentropy(from_logits=True), [[0.0, 1.0], [1.0, 0.0]]),
    ],
)
def test_by_hand(loss, gold):
    logits = np.log([[[0.5, 0.5], [0.2, 0.8]], [[0.9, 0.1], [0.4, 0.6]]])  # two texts, two members
    expected = [-np.log(0.5) - np.log(0.8), -np.log(0.9) - np.log(0.4)]
    members = MembersLoss(loss)
    np.testing.assert_allclose(members.call(np.array(gold), logits), expected, rtol=1e-6)
    assert float(members(np.array(gold), logits)) == pytest.approx(np.mean(expected))
