"""What the model is fitted on: `<s>` before, `</s>` behind, weights of real tokens."""

import numpy as np
import tensorflow as tf

from pipeline.stages.training.assembly import write_vocabularies
from pipeline.tasks.translation.encoder import build_encoder
from pipeline.tasks.translation.model import LOSSES
from pipeline.tasks.translation.tokenizer import build_tokenizer, learn
from pipeline.text.protect import PLACEHOLDERS


def fitted(settings, tokenizer, pairs):
    batch = {
        "text": tf.constant([source for source, _ in pairs]),
        "target": tf.constant([target for _, target in pairs]),
    }
    encoder = build_encoder(settings, tokenizer, {}, [])
    rows = encoder.encode(batch, tf.constant([1, 2], tf.int64))
    return rows, encoder.pad(rows)


def test_a_batch(make, tokenizer):
    pairs = [("你好。再见！", "Hello."), ("取消明天的票", "cancel tomorrow's ticket")]
    rows, (inputs, gold, weights) = fitted(make(), tokenizer, pairs)
    ids = [tokenizer.target.tokenize(tf.constant([target]))[0].numpy() for _, target in pairs]
    longest = max(map(len, ids))
    for row, own in enumerate(ids):
        wanted = [2, *own, 3, *[0] * (longest - len(own))]
        assert inputs["target"][row].numpy().tolist() == wanted
        assert gold[LOSSES][row].numpy().tolist() == wanted[1:]
        assert weights[LOSSES][row].numpy().sum() == len(own) + 1
    sources, _ = tokenizer.pairs(*(tf.constant(side) for side in zip(*pairs, strict=True)))
    assert (inputs["source"] != 0).numpy().sum(1).tolist() == sources.row_lengths().numpy().tolist()
    total = sources.row_lengths().numpy() + [len(own) + 1 for own in ids]
    assert rows["length"].numpy().tolist() == total.tolist()


def test_pairs_that_cannot_teach_weigh_nothing(make, tokenizer_of):
    settings = make(tokenizer={"max_tokens": 8})
    pairs = [("你好", "Hello."), ("", "x"), ("你好", " \n"), ("你好", "Hello. " * 9)]
    rows, (inputs, _, weights) = fitted(settings, tokenizer_of(settings), pairs)
    assert weights[LOSSES].numpy().sum(1).astype(bool).tolist() == [True, False, False, False]
    assert rows["length"].numpy()[1:].tolist() == [1, 1, 1]
    assert np.all(inputs["source"].numpy()[1:] == 0)


def test_a_share_of_the_pairs_has_the_terms_of_the_glossary_set_aside(make, records, tmp_path):
    listed = tmp_path / "terms.tsv"
    listed.write_text("北京\tBeijing\n", encoding="utf-8")
    data = {"format": "jsonl", "files": {"train": "none.jsonl"}, "glossary": str(listed)}
    settings = make(data=data, train={"glossary_share": 0.7})
    write_vocabularies(tmp_path, learn(settings, records))
    tokenizer = build_tokenizer(settings, tmp_path)
    pairs = [("到北京", "to Beijing")] * 1_000
    rows, _ = fitted(settings, tokenizer, pairs)
    mark = tokenizer.source.tokenize(tf.constant([PLACEHOLDERS[0]]))[0].numpy()[-1]
    aside = [mark in row for row in rows["source"].to_list()]
    assert 650 < sum(aside) < 750
    again, _ = fitted(settings, tokenizer, pairs)
    assert again["source"].to_list() == rows["source"].to_list()
