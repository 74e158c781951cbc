"""Strings in, translations out: all signatures of a tiny model that knows a few pairs by heart."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from pipeline.tasks.translation.encoder import build_encoder
from pipeline.tasks.translation.model import build_model, losses
from pipeline.tasks.translation.serving import build_service, read_answers

DECODINGS = (
    pytest.param({"beam_width": 3, "n_best": 2}, id="beam"),
    pytest.param({"beam_width": 1, "n_best": 1}, id="greedy", marks=pytest.mark.slow),
    pytest.param({"shortlist": 40}, id="shortlist", marks=pytest.mark.slow),
)


@pytest.fixture(scope="module")
def trained(make, tokenizer, records):
    """Weights of a model that translates the records."""
    settings = make(model={"embedding_dim": 32, "hidden_dim": 32}, train={"label_smoothing": 0.0})
    model = build_model(settings, {})
    encoder = build_encoder(settings, tokenizer, {}, records)
    batch = {side: tf.constant([r[side] for r in records[:5]]) for side in ("text", "target")}
    inputs, gold, weights = encoder.pad(encoder.encode(batch, tf.constant([1, 2], tf.int64)))
    model.compile(optimizer=keras.optimizers.Adam(0.02), loss=losses(settings, model))
    for _ in range(120):
        model.train_on_batch(inputs, gold, weights)
    return model.get_weights()


@pytest.fixture(scope="module", params=DECODINGS)
def service(request, make, tokenizer, trained, records):
    from pipeline.tasks.translation.shortlist_fit import fit_shortlists

    settings = make(
        model={"embedding_dim": 32, "hidden_dim": 32}, decoding={"max_extra": 40, **request.param}
    )
    model = build_model(settings, {})
    for variable, value in zip(model.trainable_variables, trained, strict=False):
        variable.assign(value)
    fit_shortlists(settings, tokenizer, model, records)
    return build_service(tokenizer, model, {})


def translated(service, texts):
    outputs = service.signatures["serving_default"](tf.constant(texts, tf.string))
    return read_answers(texts, {name: value.numpy() for name, value in outputs.items()})


def test_what_was_learnt_comes_out(service, records):
    for record, answer in zip(
        records[:5], translated(service, [r["text"] for r in records[:5]]), strict=True
    ):
        assert answer["translation"] == record["target"]
        assert -0.5 < answer["score"] <= 0
        assert (answer["segments"], answer["truncated"], answer["lost"]) == (1, False, 0)


def test_nothing_in_nothing_out_also_beside_other_texts(service, records):
    found = translated(service, ["", records[0]["text"], " \n"])
    assert [answer["translation"] for answer in found] == ["", records[0]["target"], ""]
    assert [answer["segments"] for answer in found] == [0, 1, 0]
    assert translated(service, []) == []
    assert [a["translation"] for a in translated(service, [""])] == [""]


def test_a_code_never_seen_comes_out_unchanged_or_is_told(service):
    (answer,) = translated(service, ["坐MU5999去上海"])
    assert ("MU5999" in answer["translation"]) == (answer["lost"] == 0)
    assert answer["translation"] == "to Shanghai on MU5999"


def test_a_long_text_is_translated_sentence_by_sentence(service, records):
    text = "你好。再见！" * 40
    (answer,) = translated(service, [text])
    assert answer["segments"] == 80
    assert len(answer["translation"]) > 40
    (cut,) = translated(service, ["取消明天的票" * 200])
    assert cut["truncated"]
    assert cut["segments"] > 1


def test_answers_do_not_depend_on_the_batch(service, records):
    texts = [*[r["text"] for r in records[:5]], "", "去北京", "你好。再见！" * 40]
    for text, beside in zip(texts, translated(service, texts), strict=True):
        (alone,) = translated(service, [text])
        assert alone["translation"] == beside["translation"]
        assert alone["score"] == pytest.approx(beside["score"], abs=1e-5)


def test_n_best(service, records):
    texts = [records[0]["text"], ""]
    outputs = service.signatures["n_best"](tf.constant(texts))
    translations, scores = (outputs[name].numpy() for name in ("translations", "scores"))
    assert translations.shape == scores.shape
    assert translations[0, 0].decode() == records[0]["target"]
    assert len({t for t in translations[0].tolist() if t}) == sum(map(bool, translations[0]))
    assert set(translations[1].tolist()) == {b""}


def test_align(service, records):
    texts = [records[0]["text"], "", "你好。再见！" * 40]
    outputs = {k: v.numpy() for k, v in service.signatures["align"](tf.constant(texts)).items()}
    source, target = (
        [t.decode() for t in outputs[f"{side}_tokens"][0] if t] for side in ("source", "target")
    )
    assert "".join(source) == records[0]["text"]
    assert "".join(target).replace("▁", " ").strip() == records[0]["target"]
    attention = outputs["attention"]
    assert attention.shape == (
        3,
        outputs["target_tokens"].shape[1],
        outputs["source_tokens"].shape[1],
    )
    assert np.allclose(attention[0, : len(target)].sum(1), 1, atol=1e-5)
    assert np.all(attention[1] == 0)
    assert outputs["truncated"].tolist() == [False, False, True]


def test_score_is_the_log_probability_that_the_search_reports(service, records):
    texts = [record["text"] for record in records[:5]]
    found = translated(service, texts)
    outputs = service.signatures["score"](
        tf.constant(texts), tf.constant([answer["translation"] for answer in found])
    )
    for answer, total, count in zip(
        found, outputs["score"].numpy(), outputs["tokens"].numpy(), strict=True
    ):
        assert total / count <= answer["score"] + 1e-4
        assert total / count == pytest.approx(answer["score"], abs=0.05)


def test_the_margin_is_that_of_the_two_best(service, records):
    margin = service.margin(tf.constant([records[0]["text"], ""])).numpy()
    assert 0 < margin[0] < 1e3
    assert margin[1] > 1e3


def test_bytes_that_are_no_text(service):
    outputs = service.signatures["serving_default"](tf.constant([b"\xff\xfe\x00", b"\xe5\x8c"]))
    assert [t.decode() for t in outputs["translation"].numpy()]
