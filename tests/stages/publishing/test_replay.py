"""Which rows travel: those that bring what is rare, then some of the rest."""

from types import SimpleNamespace

from pipeline.stages.publishing.replay import choose, cover

# A task whose records have labels.
LABELLED = SimpleNamespace(
    answers=SimpleNamespace(labels=lambda record: {"labels": record["labels"]})
)


def row(text, *labels):
    return {"text": text, "labels": list(labels)}


def label(name):
    return ("label", "labels", name)


def test_the_row_that_brings_most_comes_first():
    features = [frozenset({label("a")}), frozenset({label("a"), label("b"), ("word", "x")})]
    assert cover(features, 1) == [1]


def test_a_row_is_left_out_once_it_brings_nothing_new():
    rare = frozenset({("word", "x")})
    assert cover([rare, rare], 2) == [0]  # a rare word is wanted once
    often = [frozenset({label("a")})] * 12
    assert len(cover(often, 12)) == 10  # a label ten times


def test_the_only_row_of_a_label_travels_among_a_thousand():
    records = [row("to paris", "book")] * 999 + [row("my bag", "baggage")]
    for seed in range(5):
        kept = choose(LABELLED, lambda: records, 10, seed)
        assert len(kept) == 10
        assert kept[-1]["labels"] == ["baggage"]  # in the order of the data


def test_steps_between_labels_are_covered():
    records = [row("x", "a", "b")] * 50 + [row("x", "b", "a")]
    assert records[-1] in choose(LABELLED, lambda: records, 6, seed=1)


def test_all_rows_where_there_are_no_more_and_none_for_0():
    records = [row("a", "x"), row("b", "y")]
    assert choose(LABELLED, lambda: records, 5, seed=1) == records
    assert choose(LABELLED, lambda: records, 0, seed=1) == []


def test_the_same_for_a_seed_and_another_for_another():
    records = [row(f"common {n % 7}", "x") for n in range(300)]
    first, again, other = (choose(LABELLED, lambda: records, 30, seed) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_a_rare_label_is_not_crowded_out_by_rare_words():
    """Of 900 texts each has a word of its own, which no text of the label has."""
    own = [row("the " + "".join(chr(97 + int(d)) for d in f"{n:04}"), "often") for n in range(900)]
    records = [*own, *[row("the same", "rare")] * 5]
    for seed in range(5):
        kept = choose(LABELLED, lambda: records, 40, seed)
        assert sum(record["labels"] == ["rare"] for record in kept) == 5
