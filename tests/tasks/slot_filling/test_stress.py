"""Stress sets: what is redrawn, from where, and that gold stays exact."""

import pytest

from pipeline.tasks.slot_filling.invented_names import script
from pipeline.tasks.slot_filling.loader import check
from pipeline.tasks.slot_filling.records import from_record
from pipeline.tasks.slot_filling.stress import collect_pool, stress

ROLES = ("from", "to")
SETS = ["stress_seen", "stress_unseen", "stress_swapped", "minimal_pairs"]


@pytest.fixture(scope="module")
def utterance(make_record):
    def make(text, *values, **rest):
        spans = [(slot, text.index(v), text.index(v) + len(v)) for slot, v in values]
        return make_record(text, "book", spans, **rest)

    return make


@pytest.fixture(scope="module")
def train(utterance):
    return [
        utterance("from oslo to rome", ("from", "oslo"), ("to", "rome")),
        utterance("from new york", ("from", "new york")),
        utterance("from new york today", ("from", "new york"), ("day", "today")),
        utterance("to new york", ("to", "new york")),
        utterance("到北京", ("to", "北京")),
        utterance("从上海", ("from", "上海")),
        utterance("从哈尔滨", ("from", "哈尔滨")),
    ]


@pytest.fixture(scope="module")
def records(utterance):
    return [
        utterance(
            "go from oslo to rome today",
            ("from", "oslo"),
            ("to", "rome"),
            ("day", "today"),
            parts=("en",),
        ),
        utterance("到北京的票", ("to", "北京")),
        utterance("从北京的票", ("from", "北京")),
        utterance("today", ("day", "today")),
    ]


@pytest.fixture(scope="module")
def settings(make_settings):
    return make_settings({"roles": ROLES})


@pytest.fixture(scope="module")
def sets(settings, train, records):
    """The sets of seed 1, as utterances."""
    found = stress(settings, train, records, 1)
    return {name: [from_record(record) for record in rows] for name, rows in found.items()}


def values(example, slots=ROLES):
    return {s.slot: example.text[s.start : s.end] for s in example.spans if s.slot in slots}


def context(example):
    """The text with its values left out."""
    text = example.text
    for span in sorted(example.spans, key=lambda span: -span.start):
        text = f"{text[: span.start]}_{text[span.end :]}"
    return text


def test_the_sets_and_their_rows(sets, records):
    assert list(sets) == SETS
    originals = [from_record(record) for record in records]
    for name in SETS[:3]:
        assert [context(e) for e in sets[name]] == [context(e) for e in originals]
        for new, old in zip(sets[name], originals, strict=True):
            assert [s.slot for s in new.spans] == [s.slot for s in old.spans]
            assert values(new, ("day",)) == values(old, ("day",))
        assert sets[name][3].text == originals[3].text  # it has nothing to replace
    for rows in sets.values():
        for example in rows:
            check(example)
            assert example.parts == ()


def test_seen_values_come_from_training_whatever_their_role(settings, train, records):
    drawn = {"LATIN": set(), "CJK": set()}
    for seed in range(30):
        for record in stress(settings, train, records, seed)["stress_seen"]:
            found = values(from_record(record))
            assert len(set(found.values())) == len(found)  # from a city to another
            for value in found.values():
                drawn[script(value)].add(value)
    # oslo and rome may take each other's place, and 北京 goes since it is what stood there.
    assert drawn == {"LATIN": {"oslo", "rome", "new york"}, "CJK": {"上海", "哈尔滨"}}


def test_unseen_values_are_in_no_training_text(sets, train, records):
    known = " ".join(record["text"] for record in train)
    for new, record in zip(sets["stress_unseen"], records, strict=True):
        for slot, value in values(new).items():
            assert value not in known
            assert script(value) == script(values(from_record(record))[slot])


def test_roles_are_swapped_in_place(sets):
    both, arrival, departure, _ = sets["stress_swapped"]
    assert both.text == "go from rome to oslo today"
    assert values(both) == {"from": "rome", "to": "oslo"}
    # A lone value gives way to one that training has more often in the other role; there is none
    # for 从, as 北京 is what stands there and the others leave from.
    assert arrival.text in ("到上海的票", "到哈尔滨的票")
    assert departure.text == "从北京的票"


def test_minimal_pairs_are_among_the_sets(sets):
    assert [e.text for e in sets["minimal_pairs"]] == ["到北京的票", "从北京的票"]


def test_the_same_seed_gives_the_same_sets(settings, train, records):
    assert stress(settings, iter(train), records, 3) == stress(settings, train, records, 3)
    assert stress(settings, train, records, 3) != stress(settings, train, records, 4)


def test_names_are_redrawn_from_their_own_slot(make_settings, train, records):
    settings = make_settings({"names": ["day"]})
    found = stress(settings, [*train, *records], records, 1)
    assert found["stress_seen"] == []  # training has no other day
    assert found["stress_unseen"][0]["text"].startswith("go from oslo to rome ")
    assert "today" not in found["stress_unseen"][0]["text"]
    assert found["stress_swapped"] == []


def test_open_slots_are_found_where_the_config_names_none(make_settings, utterance):
    titles = [utterance(f"play song{'x' * n}", ("song", f"song{'x' * n}")) for n in range(30)]
    days = [utterance(f"on {d}", ("day", d)) for d in ("monday", "friday")] * 30
    times = [utterance(f"at {n} pm", ("time", f"{n} pm")) for n in range(30)]
    often = [utterance(f"in {c}{d}", ("state", f"{c}{d}")) for c in "abcde" for d in "vwxyz"] * 9
    pool = collect_pool(make_settings().data, map(from_record, [*titles, *days, *times, *often]))
    assert pool.replaced == {"song"}
