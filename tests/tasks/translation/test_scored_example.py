"""A translation beside its reference, by hand."""

import pytest
import sacrebleu

from pipeline.tasks.translation.scored_example import score_examples


def test_all_that_is_said_of_a_translation(settings_of, pair_of):
    pairs = [
        pair_of("5月1日两张票", "two tickets on May 1", "two two two tickets on May 2"),
        pair_of("你好", "Hello.", "Hello.", segments=2, truncated=True),
        pair_of("", "", ""),
    ]
    first, second, third = score_examples(settings_of(), *zip(*pairs, strict=True))
    expected = sacrebleu.sentence_chrf(first.translation, [first.reference], word_order=2).score
    assert first.chrf == pytest.approx(expected)
    assert first.loops == {("two",)}
    assert [one.kind for one in first.values.kept] == ["number"]
    assert [one.kind for one in first.values.lost] == ["date"]
    assert [one.kind for one in first.values.invented] == ["date"]
    assert first.length_ratio == pytest.approx(7 / 5)
    assert (first.same, first.split, first.truncated) == (False, False, False)
    assert (second.same, second.split, second.truncated) == (True, True, True)
    assert (third.same, third.chrf, third.length_ratio) == (True, 0.0, 0.0)


def test_an_answer_needs_a_translation_alone(settings_of, pair_of):
    record, _ = pair_of("a", "b", "c")
    (one,) = score_examples(settings_of("en", "de"), [record], [{"translation": "c"}])
    assert (one.split, one.truncated) == (False, False)


def test_records_and_answers_must_pair(settings_of, pair_of):
    record, answer = pair_of("a", "b", "c")
    with pytest.raises(ValueError, match="2 hypotheses and 1 references"):
        score_examples(settings_of(), [record], [answer] * 2)
