"""Scores by hand, on characters and on the source's own tokens."""

import json

import pytest

from pipeline.tasks.slot_filling.scoring import labels, score

ROLES = ("from", "to")


def answer(intent, *slots):
    return {
        "text": "ignored",
        "intent": {"label": intent, "score": 0.5},
        "slots": [
            {"slot": slot, "value": "ignored", "start": start, "end": end, "score": 0.5}
            for slot, start, end in slots
        ],
    }


@pytest.fixture
def scores(make_settings):
    """A function from (record, answer) pairs to scores; `from` and `to` are roles."""

    def scores(*pairs):
        records, answers = zip(*pairs, strict=True)
        return score(make_settings({"roles": ROLES}), records, answers)

    return scores


def values(found):
    return {name: metric["value"] for name, metric in found.metrics.items()}


TEXT = "fly from oslo to rome today"
GOLD = [("from", 9, 13), ("to", 17, 21), ("date", 22, 27)]


def test_metrics_by_hand(scores, make_record):
    found = scores(
        (make_record(TEXT, "book", GOLD), answer("book", *GOLD)),
        # One role wrong, one span short: 1 of 3 right.
        (
            make_record(TEXT, "book#fare", GOLD),
            answer("book", ("to", 9, 13), ("to", 17, 21), ("date", 22, 26)),
        ),
        # Nothing found; the intent is right.
        (make_record(TEXT, "book", [("to", 17, 21)]), answer("book")),
        # Nothing to find: one span too many, the intent wrong.
        (make_record("hi", "greet"), answer("book", ("date", 0, 2))),
        (make_record("", "greet"), answer("greet")),
    )
    by_hand = {
        "slot_f1": 100 * 2 * 4 / (7 + 7),  # right 4, predicted 7, gold 7
        "intent_accuracy": 60.0,
        "intent_accuracy_any_of": 80.0,
        "sentence_accuracy": 40.0,
        "role_accuracy": 75.0,  # 4 of the 5 gold cities found, 3 in their role
        "role_found": 80.0,
        "role_f1": 100 * 2 * 3 / (4 + 5),  # right 3, predicted 4, gold 5
        "slot_f1_strict": 100 * 2 * 4 / (7 + 7),  # no stray tag: as slot_f1
        "slot_f1_token": 100 * 2 * 5 / (7 + 7),  # each value is one token, which "toda" touches
        "slot_f1_partial": 100 * (4 + 0.5) / 7,  # 4 right, 1 short, 1 wrong, 1 missed, 1 spurious
    }
    assert values(found) == pytest.approx(by_hand)
    for metric in found.metrics.values():
        assert 0 <= metric["low"] <= metric["value"] <= metric["high"] <= 100


def test_all_right_is_a_hundred_without_errors(scores, make_record):
    found = scores(*[(make_record(TEXT, "book", GOLD), answer("book", *GOLD))] * 3)
    assert set(values(found).values()) == {100.0}
    assert found.errors == []
    perfect = {"value": 100.0, "low": 100.0, "high": 100.0}
    assert all(metric == perfect for metric in found.metrics.values())


def test_without_slots_anywhere_f1_is_zero_and_sentences_count(scores, make_record):
    found = scores((make_record("hi", "greet"), answer("greet")))
    assert values(found) == {
        "slot_f1": 0.0,
        "intent_accuracy": 100.0,
        "intent_accuracy_any_of": 100.0,
        "sentence_accuracy": 100.0,
        "slot_f1_strict": 0.0,
        "slot_f1_token": 0.0,
        "slot_f1_partial": 0.0,
    }


def test_a_span_that_opens_with_a_stray_tag_is_not_right_by_the_strict_rule(scores, make_record):
    given = answer("i", *GOLD)
    given["slots"][0]["stray"] = True
    found = values(scores((make_record(TEXT, "i", GOLD), given)))
    assert found["slot_f1"] == found["slot_f1_partial"] == 100.0
    assert found["slot_f1_strict"] == pytest.approx(100 * 2 * 2 / (2 + 3))


def test_tokens_are_ours_where_the_source_has_none(scores, make_record):
    # Of "new york" the second word is found, of 哈尔滨 two characters.
    first = make_record("to new york", "i", [("to", 3, 11)]), answer("i", ("to", 7, 11))
    second = make_record("到哈尔滨", "i", [("to", 1, 4)]), answer("i", ("to", 1, 3))
    assert values(scores(first))["slot_f1_token"] == pytest.approx(100 * 2 * 1 / (1 + 2))
    assert values(scores(second))["slot_f1_token"] == pytest.approx(100 * 2 * 2 / (2 + 3))


def test_labels_that_training_never_had_stay_in_every_denominator(scores, make_record):
    known = make_record(TEXT, "book", GOLD), answer("book", *GOLD)
    new = make_record("go home", "leave", [("place", 3, 7)]), answer("book")
    found = values(scores(known, new))
    assert found["slot_f1"] == pytest.approx(100 * 2 * 3 / (3 + 4))
    assert found["slot_f1_strict"] == found["slot_f1_token"] == found["slot_f1"]
    assert found["slot_f1_partial"] == found["slot_f1"]
    assert found["intent_accuracy"] == found["intent_accuracy_any_of"] == 50.0
    assert found["sentence_accuracy"] == 50.0
    assert labels(new[0]) == {"slots": ["place"], "intents": ["leave"]}


def test_the_counts_give_the_metrics(scores, make_record):
    found = scores(
        (make_record(TEXT, "book", GOLD), answer("book", *GOLD)),
        (make_record(TEXT, "book", GOLD), answer("fare", GOLD[0])),
    )
    assert found.counts.keys() == found.metrics.keys()
    for name, counted in found.counts.items():
        assert len(counted.rows) == 2
        assert counted.interval().as_dict() == found.metrics[name]


def test_without_roles_there_is_no_role_accuracy(make_settings, make_record):
    found = score(make_settings(), [make_record(TEXT, "i", GOLD)], [answer("i", *GOLD)])
    assert "role_accuracy" not in found.metrics


def test_a_role_is_asked_only_where_the_city_was_found(scores, make_record):
    found = scores((make_record(TEXT, "i", GOLD), answer("i", ("date", 9, 13), ("to", 17, 20))))
    assert "role_accuracy" not in found.metrics
    gold = [("from", 0, 1), ("from", 2, 3), ("to", 4, 5), ("date", 6, 7)]
    guess = [("to", 0, 1), ("from", 2, 3), ("date", 4, 5), ("from", 6, 7)]
    found = scores((make_record("a b c d", "i", gold), answer("i", *guess)))
    assert values(found)["role_accuracy"] == pytest.approx(50.0)
    assert values(found)["role_found"] == pytest.approx(200 / 3)


def test_a_span_predicted_twice_is_right_once(scores, make_record):
    gold = [("to", 0, 2)]
    found = scores((make_record("京都", "i", gold), answer("i", ("to", 0, 2), ("to", 0, 2))))
    assert values(found)["slot_f1"] == pytest.approx(100 * 2 / 3)
    assert values(found)["sentence_accuracy"] == 0.0


def test_spans_are_compared_on_the_source_s_own_tokens(scores, make_record):
    text, tokens = "at 5 o'clock now", ((0, 2), (3, 4), (5, 12), (13, 16))

    def right(*predicted):
        record = make_record(text, "i", [("time", 3, 12)], tokens=tokens)
        return values(scores((record, answer("i", *predicted))))["sentence_accuracy"] == 100

    assert right(("time", 3, 12))
    assert right(("time", 3, 6))  # it touches o'clock, and a tag is a whole token's
    assert right(("time", 3, 13))
    assert not right(("time", 3, 4))
    assert not right(("time", 5, 12))
    assert not right(("time", 3, 16))
    assert not right(("date", 3, 12))
    assert not right(("time", 12, 13))  # white space: no token
    # The second would share a token with the first, which no tag sequence can say.
    assert right(("time", 3, 8), ("date", 8, 12))
    assert not right(("time", 3, 4), ("time", 5, 12))


def test_without_tokens_spans_are_compared_on_characters(scores, make_record):
    record = make_record("at 5 o'clock now", "i", [("time", 3, 12)])
    assert values(scores((record, answer("i", ("time", 3, 6)))))["slot_f1"] == 0.0


def test_the_order_of_gold_spans_does_not_matter(scores, make_record):
    text, tokens = "oslo to rome", ((0, 4), (5, 7), (8, 12))
    gold = [("to", 8, 12), ("from", 0, 4)]
    record = make_record(text, "i", gold, tokens=tokens)
    found = scores((record, answer("i", ("from", 0, 4), ("to", 8, 12))))
    assert set(values(found).values()) == {100.0}
    assert [row[4] for row in found.tables[0].rows] == [1, 1]


def test_the_table_has_a_row_a_slot(scores, make_record):
    found = scores(
        (make_record(TEXT, "i", GOLD), answer("i", GOLD[0], ("to", 0, 3))),
        (make_record(TEXT, "i", GOLD[:1]), answer("i", GOLD[0])),
    )
    [table] = found.tables
    assert table.columns == ("slot", "precision", "recall", "F1", "gold", "predicted")
    assert table.rows == [
        ("from", 100.0, 100.0, 100.0, 2, 2),
        ("date", 0.0, 0.0, 0.0, 1, 0),
        ("to", 0.0, 0.0, 0.0, 1, 1),
    ]


def test_errors_say_what_was_missed_and_what_is_spurious(scores, make_record):
    text = "👩 fly to 京都"
    gold, guess = [("who", 0, 1), ("to", 9, 11)], [("who", 0, 1), ("from", 9, 11), ("to", 9, 10)]
    found = scores(
        (make_record(text, "book", gold, source="f:1"), answer("book", *gold)),
        (make_record(text, "book", gold, source="f:2"), answer("fare", *guess)),
        (make_record(text, "book", gold, source="f:3"), answer("fare", *gold)),
    )
    assert found.errors == [
        {
            "source": "f:2",
            "text": text,
            "intent": {"gold": "book", "predicted": "fare"},
            "missed": [{"slot": "to", "value": "京都", "start": 9, "end": 11}],
            "spurious": [
                {"slot": "to", "value": "京", "start": 9, "end": 10},
                {"slot": "from", "value": "京都", "start": 9, "end": 11},
            ],
            "kind": "role_swapped",
        },
        {
            "source": "f:3",
            "text": text,
            "intent": {"gold": "book", "predicted": "fare"},
            "missed": [],
            "spurious": [],
            "kind": "intent",
        },
    ]
    assert json.loads(json.dumps(found.errors)) == found.errors


def test_records_and_answers_must_pair(make_settings, make_record):
    with pytest.raises(ValueError, match="longer"):
        score(make_settings(), [make_record("a")], [answer("i"), answer("i")])
