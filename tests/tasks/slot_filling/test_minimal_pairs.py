"""Minimal pairs found in, and not found in, small sets."""

from pipeline.tasks.slot_filling.minimal_pairs import minimal_pairs
from pipeline.tasks.slot_filling.records import Span, Utterance
from pipeline.tasks.slot_filling.replace_values import TOKEN

ROLES = ("from", "to")


def utterance(text, *values, intent="book", pretokenised=False):
    spans = [Span(slot, text.index(v), text.index(v) + len(v)) for slot, v in values]
    tokens = tuple(m.span() for m in TOKEN.finditer(text)) if pretokenised else ()
    return Utterance(text, intent, tuple(spans), tokens)


def listed(examples, roles=ROLES):
    return [
        (e.text, [(e.text[s.start : s.end], s.slot) for s in e.spans])
        for e in minimal_pairs(examples, roles)
    ]


def test_the_second_of_a_pair_gets_the_values_of_the_first():
    first = utterance("flights from new york on monday", ("from", "new york"), ("day", "monday"))
    second = utterance(
        "flights to oslo on monday", ("to", "oslo"), ("day", "monday"), pretokenised=True
    )
    found = minimal_pairs([first, second], ROLES)
    assert [e.text for e in found] == [
        "flights from new york on monday",
        "flights to new york on monday",
        "flights to oslo on monday",
        "flights from oslo on monday",
    ]
    assert found[1].spans == (Span("to", 11, 19), Span("day", 23, 29))
    assert [found[1].text[a:b] for a, b in found[1].tokens] == found[1].text.split()


def test_cues_may_stand_before_and_after_and_differ_in_length():
    a = utterance("5月1日从北京出发的票", ("date", "5月1日"), ("from", "北京"))
    b = utterance("5月1日到北京的票", ("date", "5月1日"), ("to", "北京"))
    assert listed([a, b]) == [
        ("5月1日从北京出发的票", [("5月1日", "date"), ("北京", "from")]),
        ("5月1日到北京的票", [("5月1日", "date"), ("北京", "to")]),
    ]


def test_two_values_may_change_roles_together():
    a = utterance("from rome to oslo", ("from", "rome"), ("to", "oslo"))
    b = utterance("to rome from oslo", ("to", "rome"), ("from", "oslo"))
    assert len(listed([a, b])) == 2


def test_what_is_no_minimal_pair():
    base = utterance("show flights to oslo on monday", ("to", "oslo"), ("day", "monday"))
    others = [
        utterance("show flights to rome on monday", ("to", "rome"), ("day", "monday")),  # same role
        utterance("show flights from oslo on friday", ("from", "oslo"), ("day", "friday")),
        utterance("show flights from oslo on monday, please", ("from", "oslo"), ("day", "monday")),
        utterance("show flights from 北京 on monday", ("from", "北京"), ("day", "monday")),
        utterance(
            "show flights from oslo on monday", ("from", "oslo"), ("day", "monday"), intent="fare"
        ),
        utterance(
            "please would you show us the list from oslo on monday",
            ("from", "oslo"),
            ("day", "monday"),
        ),
        utterance("show flights", intent="book"),
    ]
    for other in others:
        assert listed([base, other]) == []
    assert len(listed([base, utterance("x")])) == 0


def test_the_nearest_partner_is_taken():
    base = utterance("flights to oslo", ("to", "oslo"))
    far = utterance("all trips from oslo", ("from", "oslo"))
    near = utterance("flights from oslo", ("from", "oslo"))
    assert [text for text, _ in listed([base, far, near])][:2] == [
        "flights to oslo",
        "flights from oslo",
    ]


def test_without_roles_the_values_must_be_the_same():
    a = utterance("leave on monday", ("out", "monday"))
    b = utterance("return on monday", ("back", "monday"))
    c = utterance("return on friday", ("back", "friday"))
    assert [text for text, _ in listed([a, b, c], ())] == ["leave on monday", "return on monday"]
