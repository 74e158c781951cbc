"""Slot values redrawn in training: what may change, what may not."""

import pytest
import tensorflow as tf

from pipeline.metrics.spans import chunks
from pipeline.tasks.slot_filling.augmentation import PLACEHOLDER, Rates, augment, collect_values
from pipeline.tasks.slot_filling.records import Span, Utterance, tag_names

SLOTS = ["arrival", "date", "departure"]
INTENTS = ["book", "cancel"]
NAMES = tag_names(SLOTS)
SEED = tf.constant([3, 4], tf.int64)


def utterance(text: str, *spans: tuple[str, str], intent: str = "book") -> dict:
    found = [Span(slot, text.index(v), text.index(v) + len(v)) for slot, v in spans]
    return Utterance(text, intent, tuple(found)).to_record()


RECORDS = [
    utterance("to New York on May 1st", ("arrival", "New York"), ("date", "May 1st")),
    utterance("leave Oslo", ("departure", "Oslo")),
    utterance("从北京出发", ("departure", "北京")),
    utterance("到哈尔滨", ("arrival", "哈尔滨")),
    utterance("not on May 2nd", ("date", "May 2nd"), intent="cancel"),
]


@pytest.fixture(scope="module")
def values():
    return collect_values(RECORDS, SLOTS, INTENTS, roles=["arrival", "departure"])


@pytest.fixture
def batch():
    """Two rows: fly to Oslo / 到北京的票 and their tags."""
    words = tf.ragged.constant([["fly", "to", "Oslo", "now"], ["到", "北", "京", "的", "票"]])
    tags = tf.ragged.constant(
        [["O", "O", "B-arrival", "O"], ["O", "B-arrival", "I-arrival", "O", "O"]]
    )
    return words, tags.with_flat_values(
        tf.constant([NAMES.index(tag.decode()) for tag in tags.flat_values.numpy()], tf.int32)
    )


def run(batch, values, seed=SEED, **rates):
    intents = tf.zeros([batch[0].nrows()], tf.int32)
    words, tags = augment(*batch, intents, values, Rates(**rates), seed)
    rows = [[word.decode() for word in row] for row in words.to_list()]
    return rows, [[NAMES[tag] for tag in row] for row in tags.to_list()]


def test_values_are_grouped_by_kind_and_script(values):
    listed = [b" ".join(tokens).decode() for tokens in values.tokens.to_list()]
    first, count = values.first.numpy(), values.count.numpy()

    def group(slot, intent, han):
        at = SLOTS.index(slot), INTENTS.index(intent), han
        return set(listed[first[at] : first[at] + count[at]])

    for intent in INTENTS:  # a city may stand with any
        assert group("arrival", intent, 0) == group("departure", intent, 0) == {"New York", "Oslo"}
        assert group("arrival", intent, 1) == group("departure", intent, 1) == {"北 京", "哈 尔 滨"}
        assert group("date", intent, 1) == set()
    assert group("date", "book", 0) == {"May 1 st"}
    assert group("date", "cancel", 0) == {"May 2 nd"}


def test_nothing_changes_at_rate_zero(batch, values):
    words, tags = run(batch, values)
    assert words == [["fly", "to", "Oslo", "now"], ["到", "北", "京", "的", "票"]]
    assert tags[0] == ["O", "O", "B-arrival", "O"]
    assert tags[1] == ["O", "B-arrival", "I-arrival", "O", "O"]


def test_every_value_is_redrawn_at_rate_one_and_the_context_stays(batch, values):
    seen = set()
    for number in range(40):
        words, tags = run(batch, values, redrawn=1.0, seed=tf.constant([number, 1], tf.int64))
        for row, before, after, scripts in (
            (0, ["fly", "to"], ["now"], {"New York", "Oslo"}),
            (1, ["到"], ["的", "票"], {"北 京", "哈 尔 滨"}),
        ):
            [(slot, start, end)] = chunks(tags[row])
            assert slot == "arrival"
            assert words[row][:start] == before
            assert words[row][end:] == after
            value = " ".join(words[row][start:end])
            assert value in scripts
            seen.add(value)
    assert seen == {"New York", "Oslo", "北 京", "哈 尔 滨"}


def test_masked_values_and_masked_context(batch, values):
    words, tags = run(batch, values, masked=1.0)
    assert words == [
        ["fly", "to", PLACEHOLDER, "now"],
        ["到", PLACEHOLDER, PLACEHOLDER, "的", "票"],
    ]
    assert tags[1] == ["O", "B-arrival", "I-arrival", "O", "O"]
    words, _ = run(batch, values, masked_context=1.0)
    assert words[0] == [PLACEHOLDER, PLACEHOLDER, "Oslo", PLACEHOLDER]


def test_a_slot_without_other_values_keeps_its_own(values):
    date = (
        tf.ragged.constant([["五", "月"]]),
        tf.ragged.constant([[NAMES.index("B-date"), NAMES.index("I-date")]], dtype=tf.int32),
    )
    assert run(date, values, redrawn=1.0)[0] == [["五", "月"]]  # no Chinese date was collected


def test_blended_names_are_made_of_tokens_of_their_kind_and_script(batch, values):
    made_up = set()
    for number in range(40):
        seed = tf.constant([number, 1], tf.int64)
        words, tags = run(batch, values, seed, redrawn=1.0, blended=1.0)
        for row, tokens in ((0, {"New", "York", "Oslo"}), (1, set("北京哈尔滨"))):
            [(_, start, end)] = chunks(tags[row])
            assert set(words[row][start:end]) <= tokens
            made_up.add(" ".join(words[row][start:end]))
    assert len(made_up) > 10


def test_borrowed_names_are_words_of_the_same_script(batch, values):
    made_up = set()
    for number in range(40):
        seed = tf.constant([number, 1], tf.int64)
        words, tags = run(batch, values, seed, redrawn=1.0, borrowed=1.0)
        for row, tokens in ((0, {"fly", "to", "Oslo", "now"}), (1, set("到北京的票"))):
            [(_, start, end)] = chunks(tags[row])
            assert set(words[row][start:end]) <= tokens
            made_up.add(" ".join(words[row][start:end]))
    assert {"fly", "to", "now"} & made_up
    assert len(made_up) > 10


def test_the_same_seed_draws_the_same(batch, values):
    half = {"redrawn": 0.5, "blended": 0.5, "masked": 0.5, "masked_context": 0.5}
    assert run(batch, values, **half) == run(batch, values, **half)


def test_rows_without_tokens_or_spans(values):
    words = tf.RaggedTensor.from_row_lengths(tf.constant(["hi"]), [0, 1, 0])
    tags = words.with_flat_values(tf.constant([0]))
    assert run((words, tags), values, redrawn=1.0, masked=1.0) == (
        [[], ["hi"], []],
        [[], ["O"], []],
    )
    nothing = tf.RaggedTensor.from_row_lengths(tf.constant([], tf.string), [0, 0])
    assert run((nothing, nothing.with_flat_values(tf.constant([], tf.int32))), values)[0] == [
        [],
        [],
    ]
