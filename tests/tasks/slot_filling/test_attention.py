"""The weights are those of the model's own pooling, one for each token where it stands."""

import numpy as np
import pytest

from pipeline.stages.training.assembly import assemble
from pipeline.tasks.slot_filling.attention import attention_weights

TEXTS = ("到 北京 ✈", "New York", "", "👩‍👩‍👧‍👦 <b>")


@pytest.fixture(scope="module")
def weights_of(tiny_of, run_of):
    """A function from an encoder and texts to weights of an untrained model."""
    made, vocabularies = {}, run_of("slot_filling").folder.vocabularies

    def weights(encoder, texts):
        if encoder not in made:
            tiny = tiny_of("slot_filling").changed(f"model.encoder={encoder}", "model.crf=false")
            made[encoder] = assemble(tiny.task, tiny.config, vocabularies)
        return attention_weights(made[encoder].tokenizer, made[encoder].model, texts)

    return weights


@pytest.mark.parametrize("encoder", ["feed_forward", "jordan"])
def test_each_token_has_a_weight_where_it_stands(weights_of, encoder):
    rows = weights_of(encoder, TEXTS)
    shown = [[t[a:b] for a, b, _ in row] for t, row in zip(TEXTS, rows, strict=True)]
    assert shown[:3] == [["到", "北", "京", "✈"], ["New", "York"], []]
    for row in rows:
        assert sum(weight for *_, weight in row) == pytest.approx(1 if row else 0, abs=1e-5)


def test_padding_takes_nothing_away(weights_of):
    together = weights_of("feed_forward", TEXTS)
    for text, row in zip(TEXTS, together, strict=True):
        (alone,) = weights_of("feed_forward", [text])
        assert [token[:2] for token in alone] == [token[:2] for token in row]
        np.testing.assert_allclose([w for *_, w in alone], [w for *_, w in row], atol=1e-6)


def test_without_texts_there_are_no_weights(weights_of):
    assert weights_of("feed_forward", []) == []
