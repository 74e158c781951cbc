"""Audits: each finding by hand, none where there is nothing to find."""

from pipeline.tasks.translation.audit import audit
from pipeline.tasks.translation.records import Example


def record(text, target="eins zwei", source="a/train.tsv:1"):
    return Example(text, target, source).to_record()


def rows_of(tables, title):
    [table] = [table for table in tables if table.title.startswith(title)]
    return [tuple(row) for row in table.rows]


NUMBERS = (
    *("one", "two", "three", "four", "five", "six"),
    *("seven", "eight", "nine", "ten", "eleven", "twelve"),
)


def fine(count=12):
    return [
        record(f"{word} {word} dogs run", f"{word} {word} Hunde", f"a/train.tsv:{n}")
        for n, word in enumerate(NUMBERS[:count], start=100)
    ]


def test_nothing_odd_gives_no_table():
    test = [record("a fresh sentence", "ein neuer Satz", "a/test.tsv:1")]
    assert audit({"train": fine(), "test": test}) == []
    assert audit({}) == []


def test_identical_and_wordless_sides():
    rows = [
        record("Oslo", " oslo", "a/t:1"),
        record("oslo ", "Oslo", "a/t:2"),
        record("hm", "?!", "a/t:3"),
    ]
    tables = audit({"train": [*fine(), *rows]})
    assert rows_of(tables, "pairs whose sides are the same: 1") == [
        (2, "Oslo", " oslo", "train", "t:1, t:2")
    ]
    assert rows_of(tables, "pairs with a side that has no letter and no digit: 1") == [
        (1, "hm", "?!", "train", "t:3")
    ]


def test_lengths_out_of_proportion_are_those_far_from_the_usual_ratio():
    odd = record("one long sentence of many words, it is", "kurz", "a/test:9")
    short = record("a", "aaaaaaaa", "a/test:10")  # too short to be told
    usual = [record(f"{w} " * 5, f"{w} " * 10, "t:1") for w in NUMBERS]
    found = rows_of(audit({"train": usual, "test": [odd, short]}), "pairs whose lengths are over 3")
    assert found == [(19.0, "one long sentence of many words, it is", "kurz", "test", "test:9")]


def test_texts_in_another_script_than_the_rest():
    zh = [record(f"{word} runs", "他跑得快", f"t:{n}") for n, word in enumerate(NUMBERS)]
    odd = [record("我", "Tom 跑", "a/v:1"), record("we", "我们", "a/v:2")]
    assert rows_of(audit({"train": zh, "valid": odd}), "texts in another script") == [
        (1, "source", "Latin", "我", "valid", "v:1"),
        (1, "target", "Han", "Tom 跑", "valid", "v:1"),
    ]
    mixed = [
        record(f"{word} runs", "они" if n % 2 else "er", "t:1") for n, word in enumerate(NUMBERS)
    ]
    assert not any("script" in table.title for table in audit({"train": mixed}))


def test_control_characters_by_code_and_side():
    rows = [record("a\tb c", "x\x00y", "a/t:1"), record("d\te", "f\ufeff g", "a/t:2")]
    assert rows_of(audit({"train": [*fine(), *rows]}), "control characters: 3") == [
        (2, "U+0009", "source", "train", "t:1, t:2"),
        (1, "U+0000", "target", "train", "t:1"),
        (1, "U+FEFF", "target", "train", "t:2"),
    ]


def test_repeats_and_sources_with_several_targets():
    rows = [
        record("Hi there", t, f"a/t:{n}") for n, t in enumerate(("Hallo", "hallo ", "Tag", "Na"))
    ]
    tables = audit({"train": [*fine(), *rows[:3]], "test": rows[3:]})
    assert rows_of(tables, "repeated pairs: 1") == [(2, "Hi there", "Hallo", "train", "t:0, t:1")]
    assert rows_of(tables, "the same source, translated differently: 1") == [
        (3, "Hi there", "hallo \nTag\nNa", "t:0, t:1, t:2 and 1 more")
    ]


def test_sides_of_other_splits_in_train():
    train = [*fine(), record("so long a sentence that it may be alike", "ganz anders", "a/train:7")]
    test = [
        record("One one dogs run!", "neu und frisch", "a/test:1"),
        record("so long a sentence that it may be alike too", "nie gesehen, wirklich", "a/test:2"),
        record("unlike all", "one one hunde", "tfds:x/test:3"),
    ]
    assert rows_of(audit({"train": train, "test": test}), "sides of other splits") == [
        ("test", "source", 1, 1, 3, "test:1 = train.tsv:100\ntest:2 ≈ train:7"),
        ("test", "target", 1, 0, 3, "tfds:x/test:3 = train.tsv:100"),
    ]


def test_long_tables_say_how_much_is_left_out():
    rows = [record(f"{n} same", f"{n} Same", f"t:{n}") for n in range(30)]
    [table] = [t for t in audit({"train": rows}) if "sides are the same" in t.title]
    assert table.title == "pairs whose sides are the same: 30, the first 20"
    assert len(table.rows) == 20
