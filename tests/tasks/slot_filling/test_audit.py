"""Audits: each finding by hand, none where there is nothing to find."""

import pytest

from pipeline.tasks.slot_filling.audit import audit
from pipeline.tasks.slot_filling.records import Span, Utterance


def record(text, intent="book", source="train.jsonl:1"):
    """`to [Oslo](city)`-like texts, one word a value, to records."""
    pieces, spans, place = [], [], 0
    for word in text.split(" "):
        value, _, slot = word.partition("/")
        if slot:
            spans.append(Span(slot, place, place + len(value)))
        pieces.append(value)
        place += len(value) + 1
    return Utterance(" ".join(pieces), intent, tuple(spans), source=source).to_record()


def rows_of(tables, title):
    [table] = [table for table in tables if table.title.startswith(title)]
    return [tuple(row) for row in table.rows]


def many(text, times=5, intent="book"):
    return [record(f"{text} n{n}", intent, f"train.jsonl:{n}") for n in range(times)]


def test_nothing_odd_gives_no_table():
    assert audit({"train": many("to Oslo/city"), "test": [record("hi", "book")]}) == []
    assert audit({}) == []


def test_repeats_are_counted_with_their_places():
    rows = [record("Hi Oslo", source=f"a/train.jsonl:{n}") for n in range(1, 5)]
    rows.append(record(" hi oslo", source="a/train.jsonl:9"))
    found = rows_of(audit({"train": rows}), "repeated texts: 1")
    where = "train.jsonl:1, train.jsonl:2, train.jsonl:3 and 2 more"
    assert found == [(5, "Hi Oslo", "train", where)]


def test_the_same_text_labelled_differently_in_intent_or_span():
    rows = [
        record("to Oslo/city", source="t:1"),
        record("to Oslo/place", source="t:2"),
        record("To oslo/city", "fare", source="t:3"),
        record("to Rome/city", source="t:4"),
    ]
    title = "the same text, labelled differently: 1"
    [(times, said, where)] = rows_of(audit({"train": rows[:2], "test": rows[2:]}), title)
    assert times == 3
    assert said.split("\n") == [
        "book: to [oslo](city)",
        "book: to [oslo](place)",
        "fare: to [oslo](city)",
    ]
    assert where.split("\n") == ["t:1", "t:2", "t:3"]


def test_a_phrase_between_the_same_words_labelled_differently():
    rows = [
        record("fly to Oslo/arrival now", source="t:1"),
        record("we go to oslo/stop now", source="t:2"),
        record("walk to Oslo now", source="t:3"),
        record("fly to Oslo/stop then", source="t:4"),  # another neighbour
        record("fly from Oslo now", source="t:5"),
    ]
    title = "the same phrase between the same words, labelled differently: 1"
    assert rows_of(audit({"train": rows}), title) == [
        (3, "to [oslo] now", "arrival 1\nno slot 1\nstop 1", "t:1\nt:3\nt:2")
    ]


def test_han_characters_are_words_and_phrases_have_several():
    def zh(text, *spans, line):
        return Utterance(text, "book", spans, source=f"t:{line}").to_record()

    rows = [
        zh("去北京吧", Span("city", 1, 3), line=1),
        zh("我去北京吧", Span("stop", 2, 4), line=2),
        zh("去北京吧啊", line=3),
    ]
    [(times, phrase, _, _)] = rows_of(audit({"train": rows}), "the same phrase")
    assert (times, phrase) == (3, "去 [北 京] 吧")


def test_test_texts_in_train_are_counted_and_those_labelled_alike():
    train = [record("to Oslo/city", source="d/train.txt:1"), record("to Rome/city")]
    test = [
        record("To Oslo/city", source="d/test.txt:1"),
        record("to Rome/stop", source="d/test.txt:2"),
        record("new", source="d/test.txt:3"),
    ]
    assert rows_of(audit({"train": train, "test": test}), "test texts that are also in train") == [
        ("test", 2, 3, 1, "test.txt:1 = train.txt:1\ntest.txt:2 = train.jsonl:1")
    ]


@pytest.mark.parametrize("times", [4, 5])
def test_labels_with_few_examples_in_train(times):
    splits = {"train": many("to Oslo/city", times), "test": [record("a Rome/late", "new", "t:8")]}
    found = rows_of(audit(splits), "labels with fewer than 5 examples in train")
    rare = [(4, "intent book", "train.jsonl:0"), (4, "slot city", "train.jsonl:0")]
    unseen = [(0, "intent new", "t:8")], [(0, "slot late", "t:8")]
    expected = unseen[0] + rare[:1] + unseen[1] + rare[1:] if times == 4 else unseen[0] + unseen[1]
    assert found == expected
