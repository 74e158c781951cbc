"""What is wrong with an answer, and what was taken for what, by hand."""

import pytest

from pipeline.tasks.slot_filling.error_analysis import (
    by_kind,
    intent_confusion,
    judge,
    score_of,
    slot_confusion,
)
from pipeline.tasks.slot_filling.records import Span, Utterance

ROLES = ("from", "to")


def answered(text, gold=(), predicted=(), intent=("book", "book"), tokens=(), scores=()):
    """An utterance with an answer; intent is (gold, predicted)."""
    example = Utterance(text, intent[0], tuple(Span(*s) for s in gold), tokens, source="f:1")
    slots = [
        {"slot": slot, "value": text[a:b], "start": a, "end": b, "score": score}
        for (slot, a, b), score in zip(predicted, scores or [0.9] * len(predicted), strict=True)
    ]
    answer = {"text": text, "intent": {"label": intent[1], "score": 0.8}, "slots": slots}
    return judge(example, answer, ROLES)


def test_a_swapped_city_and_a_wrong_intent():
    one = answered("离开北京", [("from", 2, 4)], [("to", 2, 4)], ("book", "query"))
    assert one.kinds == ["role_swapped", "intent"]
    assert [error.kind for error in one.errors] == ["role_swapped"]


def test_a_right_answer_has_no_kind():
    one = answered("离开北京", [("from", 2, 4)], [("from", 2, 4)])
    assert (one.errors, one.kinds) == ([], [])


def test_edges_are_compared_on_the_source_s_tokens():
    tokens = ((0, 4), (5, 11))
    # "boston" and "boston'" are one token of the source: the same span.
    same = answered("from boston", [("from", 5, 11)], [("from", 5, 10)], tokens=tokens)
    assert same.kinds == []
    assert same.predicted == [("from", 5, 11)]
    assert score_of(same, ("from", 5, 11)) == 0.9
    other = answered("from boston", [("from", 5, 11)], [("from", 2, 10)], tokens=tokens)
    assert other.kinds == ["boundary"]
    assert other.predicted == [("from", 0, 11)]
    assert answered("from boston", [("from", 5, 11)], [("from", 5, 10)]).kinds == ["boundary"]


@pytest.fixture
def judged():
    """Two right spans, and a mistake of each kind."""
    return [
        answered("ab cd", [("from", 0, 2), ("to", 3, 5)], [("from", 0, 2), ("to", 3, 5)]),
        answered("ab cd", [("from", 0, 2)], [("to", 0, 2)], ("book", "fare"), scores=[0.6]),
        answered("ab cd", [("date", 0, 2)], [("to", 0, 2)]),
        answered("ab cd", [("date", 0, 5)], [("date", 0, 2), ("time", 3, 5)]),
        answered("ab cd", [("from", 0, 2)], [], ("", "book")),
        answered("ab cd", [("from", 0, 2)], [("to", 0, 2)], scores=[0.7]),
    ]


def test_slots_taken_for_slots(judged):
    assert slot_confusion(judged) == {
        ("from", "from"): 1,
        ("to", "to"): 1,
        ("from", "to"): 2,
        ("date", "to"): 1,
        ("date", "(other edges)"): 1,
        ("(spurious)", "time"): 1,
        ("from", "(missed)"): 1,
    }


def test_each_gold_span_is_counted_once(judged):
    counts = slot_confusion(judged)
    gold = sum(len(one.gold) for one in judged)
    assert sum(n for (slot, _), n in counts.items() if slot != "(spurious)") == gold


def test_intents_taken_for_intents(judged):
    assert intent_confusion(judged) == {
        ("book", "book"): 4,
        ("book", "fare"): 1,
        ("(none)", "book"): 1,
    }


def test_groups_hold_every_answer_of_a_kind_the_surest_first(judged):
    groups = {kind: [judged.index(one) for one in group] for kind, group in by_kind(judged).items()}
    assert groups == {
        "role_swapped": [5, 1],
        "wrong_slot": [2],
        "boundary": [3],
        "missed": [4],
        "spurious": [3],
        "intent": [1, 4],
    }
    assert next(iter(groups)) == "role_swapped"
