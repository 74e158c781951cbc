"""The shortlist of a model, counted on its training pairs."""

import numpy as np
import tensorflow as tf

from pipeline.tasks.translation.model import build_model
from pipeline.tasks.translation.search import Searcher
from pipeline.tasks.translation.shortlist_fit import fit_shortlists


def test_a_model_without_a_shortlist_counts_nothing(make, tokenizer, records):
    model = build_model(make(), {})
    fit_shortlists(make(), tokenizer, model, records)
    assert model.shortlist is None


def test_what_a_source_may_become(make, tokenizer, records):
    settings = make(decoding={"shortlist": 40, "shortlist_common": 4})
    model = build_model(settings, {})
    fit_shortlists(settings, tokenizer, model, records)
    source, target = tokenizer.pairs(
        tf.constant(["你好。再见！"]), tf.constant(["Hello. Goodbye!"])
    )
    searcher = Searcher(model, settings.decoding, tokenizer.target.size)
    (found,) = searcher.candidates(source.to_tensor()).numpy().tolist()
    real = [piece for piece in found if piece >= 0]
    assert sorted(set(real)) == real
    assert {3, *target.to_list()[0]} <= set(real)
    assert set(model.common.numpy().tolist()) <= set(real)
    assert np.all(np.asarray(model.shortlist)[1] == -1)  # <unk> never stands in a source


def test_candidates_do_not_depend_on_the_batch(make, tokenizer, records):
    settings = make(decoding={"shortlist": 3, "shortlist_common": 2})
    model = build_model(settings, {})
    fit_shortlists(settings, tokenizer, model, records)
    searcher = Searcher(model, settings.decoding, tokenizer.target.size)
    texts = tf.constant([record["text"] for record in records[:5]])
    ids, _ = tokenizer.pairs(texts, texts)
    together = searcher.candidates(ids.to_tensor()).numpy()
    for row in range(5):
        alone = searcher.candidates(ids[row : row + 1].to_tensor()).numpy()[0]
        assert [c for c in together[row] if c >= 0] == alone.tolist()
    assert searcher.candidates(tf.zeros([0, 1], tf.int32)).shape[0] == 0
