"""Scores of translations: sacrebleu's numbers, tables by hand, errors in order."""

import json

import pytest
import sacrebleu

from pipeline.errors import InputError
from pipeline.metrics.intervals import paired_bootstrap
from pipeline.tasks.translation.scoring import labels, score

PAIRS = [
    ("订5月1日的票，800元", "Book a seat for May 1, 800 yuan.", "Book a seat for May 1, 80 yuan."),
    ("你好", "Hello there, my friend.", "hello there, my friend."),
    ("从北京到上海的航班有吗", "Are there flights from Beijing to Shanghai?", ""),
    ("谢谢", "Thank you very much.", "Thank you very much."),
    ("好", "Good, let us go now.", "Good good good good good good good good good, let us go."),
]  # fmt: skip


@pytest.fixture(scope="module")
def pairs(pair_of):
    made = [pair_of(*texts, source=f"f:{line}") for line, texts in enumerate(PAIRS, 1)]
    made[3][1].update(segments=2, truncated=True, lost=1)
    return [list(side) for side in zip(*made, strict=True)]


@pytest.fixture(scope="module")
def found(settings_of, pairs):
    return score(settings_of(), *pairs)


def test_metrics_are_sacrebleus(found):
    hypotheses, references = [p[2] for p in PAIRS], [[p[1] for p in PAIRS]]
    values = {name: metric["value"] for name, metric in found.metrics.items()}
    assert values == pytest.approx(
        {
            "bleu": sacrebleu.corpus_bleu(hypotheses, references).score,
            "chrf": sacrebleu.corpus_chrf(hypotheses, references, word_order=2).score,
            "bleu_lowercased": sacrebleu.corpus_bleu(hypotheses, references, lowercase=True).score,
            "value_fidelity": 50.0,  # the day is kept, the price became another
        }
    )
    assert next(iter(found.metrics)) == "bleu"
    assert values["bleu"] < values["bleu_lowercased"]
    assert found.counts.keys() == found.metrics.keys()
    for name, counted in found.counts.items():
        assert len(counted.rows) == len(PAIRS)
        assert counted.interval().as_dict() == found.metrics[name]


def test_two_models_can_be_compared(settings_of, pairs, found):
    records, answers = pairs
    perfect = [{**a, "translation": r["target"]} for r, a in zip(records, answers, strict=True)]
    better = score(settings_of(), records, perfect)
    for name, counted in better.counts.items():
        assert paired_bootstrap(counted, found.counts[name]).value > 0
    assert better.metrics["value_fidelity"]["value"] == 100.0
    assert better.errors == []


def test_tables(found):
    tables = {table.title: table for table in found.tables}
    signatures = dict(tables["how it is counted"].rows)
    version = sacrebleu.__version__
    assert signatures["bleu"] == f"nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:{version}"
    assert "case:lc" in signatures["bleu_lowercased"]
    assert "nw:2" in signatures["chrf"]
    assert [row[:2] for row in tables["by source length"].rows] == [
        ("1–5", 3),
        ("6–10", 1),
        ("11–15", 1),
    ]
    length = dict(tables["length"].rows)
    assert length["empty"] == 1
    assert length["more than twice as long"] == 1
    assert length["less than half as long as the reference"] == 0  # an empty one is counted above
    assert length["in a loop that the reference has not"] == 1
    assert length["translated in several pieces"] == length["cut short"] == 1
    assert length["protected codes lost in decoding"] == 1
    assert length["length ratio, %"] == pytest.approx(
        100 * length["tokens of the translations"] / length["tokens of the references"]
    )
    assert tables["values"].rows == [("date", 1, 0, 0, 0, 0), ("price", 0, 1, 1, 0, 0)]


def test_errors_are_all_that_differ_the_worst_first(found):
    assert [error["source"] for error in found.errors] == ["f:3", "f:5", "f:1", "f:2"]
    sentence = sacrebleu.sentence_chrf(PAIRS[0][2], [PAIRS[0][1]], word_order=2)
    assert found.errors[2] == {
        "source": "f:1",
        "text": PAIRS[0][0],
        "target": PAIRS[0][1],
        "translation": PAIRS[0][2],
        "chrf": pytest.approx(sentence.score, abs=0.005),
        "lost": ["800元"],
        "invented": ["80 yuan"],
        "truncated": False,
    }
    chrfs = [error["chrf"] for error in found.errors]
    assert chrfs == sorted(chrfs)
    assert json.loads(json.dumps(found.errors)) == found.errors


def test_without_values_there_is_no_value_fidelity(settings_of, pair_of):
    record, answer = pair_of("你好", "hello", "hello")
    found = score(settings_of(), [record], [answer])
    assert list(found.metrics) == ["bleu", "chrf", "bleu_lowercased"]
    assert "values" not in [table.title for table in found.tables]


def test_chinese_is_cut_into_characters(settings_of, pair_of):
    record, answer = pair_of("a flight to Beijing", "到北京的航班", "到北京的飞机")
    found = score(settings_of("en", "zh"), [record], [answer])
    expected = sacrebleu.corpus_bleu(["到北京的飞机"], [["到北京的航班"]], tokenize="zh").score
    assert found.metrics["bleu"]["value"] == pytest.approx(expected)
    assert "tok:zh" in dict(found.tables[0].rows)["bleu"]


def test_a_language_that_cannot_be_counted_is_refused(settings_of, pair_of, monkeypatch):
    from sacrebleu.tokenizers import tokenizer_ja_mecab

    monkeypatch.setattr(tokenizer_ja_mecab, "MeCab", None)
    record, answer = pair_of("a", "あ", "あ")
    with pytest.raises(InputError, match="ja-mecab"):
        score(settings_of("en", "ja"), [record], [answer])


def test_no_labels(pair_of):
    assert labels(pair_of("a", "b", "c")[0]) == {}
