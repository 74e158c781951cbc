"""BLEU and chrF++ against sacrebleu, on random corpora and edge cases."""

import random

import numpy as np
import pytest
import sacrebleu

from pipeline.errors import InputError
from pipeline.metrics.intervals import paired_bootstrap
from pipeline.metrics.translation import (
    bleu,
    bleu_signature,
    bleu_tokenizer,
    chrf,
    chrf_signature,
    length_ratio,
    perplexity,
)

SENTENCE = "The the cat sat on a mat , (and) it's 3.50 dollars; Straße don't -- \"so\" it . !"
ENGLISH = SENTENCE.split()
CHINESE = list("从北京到上海的机票５月1日多少钱？，。ABC 800元")


def corpus(draw, words, joint, sentences=40):
    """Random pairs: each hypothesis is its reference with words replaced and dropped."""
    references = [draw.choices(words, k=draw.randint(0, 14)) for _ in range(sentences)]
    hypotheses = []
    for reference in references:
        kept = [w if draw.random() < 0.8 else draw.choice(words) for w in reference]
        hypotheses.append(kept[draw.randint(0, 1) : len(kept) - draw.randint(0, 2)])
    return [[joint.join(s) for s in side] for side in (hypotheses, references)]


def value(counts):
    return float(counts.score(counts.rows.sum(axis=0).astype(float)))


EDGES = [
    (["a b c d e"], ["a b c d e"]),
    ([""], ["a b c"]),
    (["a b c"], [""]),
    ([""], [""]),
    (["a"], ["a"]),  # no 2-grams
    (["a b c d"], ["a x c y"]),  # orders without matches
    (["a b x d e"], ["a b c d e"]),
    (["x y z w"], ["a b c d"]),
    (["", "the cat sat on the mat"], ["lost", "the cat sat on a mat"]),
    (["a b c d e f g h"], ["a b c d"]),
    (["  a   b c d \n"], ["a b c d"]),
    (["(hi) you. !"], ["(hi) you! ."]),
]


@pytest.mark.parametrize(("hypotheses", "references"), EDGES)
def test_edge_cases_equal_sacrebleu(hypotheses, references):
    expected = sacrebleu.corpus_bleu(hypotheses, [references]).score
    assert value(bleu(hypotheses, references)) == pytest.approx(expected, abs=1e-9)
    expected = sacrebleu.corpus_chrf(hypotheses, [references], word_order=2).score
    assert value(chrf(hypotheses, references)) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("seed", range(8))
def test_random_corpora_equal_sacrebleu(seed):
    draw = random.Random(seed)
    words, joint, tokenize = [(ENGLISH, " ", "13a"), (CHINESE, "", "zh")][seed % 2]
    hypotheses, references = corpus(draw, words, joint)
    for lowercase in (False, True):
        expected = sacrebleu.corpus_bleu(
            hypotheses, [references], tokenize=tokenize, lowercase=lowercase
        )
        found = bleu(hypotheses, references, tokenize, lowercase=lowercase)
        assert value(found) == pytest.approx(expected.score, abs=1e-9)
        assert value(length_ratio(found)) == pytest.approx(100 * expected.ratio, abs=1e-9)
    counted = chrf(hypotheses, references)
    expected = sacrebleu.corpus_chrf(hypotheses, [references], word_order=2)
    assert value(counted) == pytest.approx(expected.score, abs=1e-9)
    sentences = [
        sacrebleu.sentence_chrf(hypothesis, [reference], word_order=2).score
        for hypothesis, reference in zip(hypotheses, references, strict=True)
    ]
    assert counted.score(counted.rows.astype(float)) == pytest.approx(sentences, abs=1e-9)


def test_scores_are_computed_for_many_sums_at_once():
    hypotheses, references = corpus(random.Random(5), ENGLISH, " ", 12)
    for counted in (bleu(hypotheses, references), chrf(hypotheses, references)):
        halves = np.stack([counted.rows[:6].sum(axis=0), counted.rows[6:].sum(axis=0)])
        assert counted.score(halves.astype(float)) == pytest.approx(
            [float(counted.score(half.astype(float))) for half in halves]
        )


def test_intervals_and_paired_comparison():
    hypotheses, references = corpus(random.Random(1), ENGLISH, " ", 120)
    worse = [" ".join(hypothesis.split()[:-2]) for hypothesis in hypotheses]
    for metric in (bleu, chrf):
        better = metric(hypotheses, references)
        interval = better.interval()
        assert 0 < interval.low < interval.value < interval.high < 100
        difference = paired_bootstrap(better, metric(worse, references))
        assert difference.low > 0
        assert paired_bootstrap(better, better).value == 0


def test_a_perfect_translation_scores_100():
    texts = ["The cat sat on the mat.", "It did so twice, and slept."]
    for metric in (bleu, chrf):
        assert metric(texts, texts).interval().as_dict() == pytest.approx(
            {"value": 100, "low": 100, "high": 100}
        )


def test_case_matters_by_default():
    cased, lower = (bleu(["The Cat SAT"], ["the cat sat"], lowercase=lc) for lc in (False, True))
    assert cased.rows.tolist() == [[3, 3, 0, 0, 0, 0, 3, 2, 1, 0]]
    assert lower.rows.tolist() == [[3, 3, 3, 2, 1, 0, 3, 2, 1, 0]]


def test_no_sentences_give_no_rows():
    assert bleu([], []).rows.shape == (0, 10)
    assert chrf([], []).rows.shape == (0, 24)


def test_signatures_equal_sacrebleu():
    version = sacrebleu.__version__
    assert bleu_signature() == f"nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:{version}"
    assert bleu_signature("zh", lowercase=True) == (
        f"nrefs:1|case:lc|eff:no|tok:zh|smooth:exp|version:{version}"
    )
    assert chrf_signature() == f"nrefs:1|case:mixed|eff:yes|nc:6|nw:2|space:no|version:{version}"


def test_bleu_tokenizer_by_language():
    languages = ("en", "de", "zh", "zh-Hant", "ZH_cn", "cmn", "fr")
    expected = ["13a", "13a", "zh", "zh", "zh", "zh", "13a"]
    assert [bleu_tokenizer(language) for language in languages] == expected


def test_a_tokenizer_that_is_not_installed_is_rejected(monkeypatch):
    from sacrebleu.tokenizers import tokenizer_ja_mecab

    monkeypatch.setattr(tokenizer_ja_mecab, "MeCab", None)
    with pytest.raises(InputError, match=r"'ja-mecab', which is not.*sacrebleu\[ja\]") as caught:
        bleu_tokenizer("ja")
    assert "\n" not in str(caught.value)


def test_an_unknown_tokenizer_is_rejected():
    with pytest.raises(InputError, match="no tokenizer 'moses'; expected one of none, zh"):
        bleu(["a"], ["a"], "moses")


def test_each_hypothesis_needs_a_reference():
    with pytest.raises(ValueError, match="2 hypotheses and 1 references"):
        bleu(["a", "b"], ["a"])


def test_perplexity_by_hand():
    counted = perplexity(np.log([1 / 8, 1 / 2]), [3, 1])  # four tokens with probability 1/2 each
    assert value(counted) == pytest.approx(2.0)
    uneven = perplexity([-6.0, 0.0], [2, 4])
    assert value(uneven) == pytest.approx(np.e)
    assert uneven.interval().low == pytest.approx(1.0)  # the second sentence alone
    assert np.isinf(value(perplexity([-1e6], [1])))


@pytest.mark.parametrize(
    ("logs", "tokens"), [([0.1], [1]), ([float("nan")], [1]), ([-1.0], [0]), ([-1.0], [1, 2])]
)
def test_perplexity_rejects_invalid_input(logs, tokens):
    with pytest.raises(ValueError, match="expected"):
        perplexity(logs, tokens)
