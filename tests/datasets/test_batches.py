"""Epochs of batches: complete, shuffled by (seed, epoch) alone, rows of a batch of like length."""

import itertools

import keras
import pytest
import tensorflow as tf

from pipeline.datasets import batches as batches_room
from pipeline.datasets.batches import (
    GROUP,
    Encoder,
    batch_count,
    held_out_batches,
    training_batches,
)

LENGTHS = [number * 7 % 23 for number in range(1101)] + [1023, 1024, 2000]


@pytest.fixture(scope="module")
def examples():
    """An example is its place and as many tokens as `LENGTHS` says."""

    def example(place, length):
        return {"place": place, "length": length, "tokens": tf.fill([length], place)}

    return tf.data.Dataset.from_tensor_slices((list(range(len(LENGTHS))), LENGTHS)).map(example)


def ragged(group, seed):
    """As a tokenizer would have it; each row also with its group's seed."""
    tokens = tf.RaggedTensor.from_tensor(group["tokens"], group["length"])
    return {**group, "tokens": tokens, "seed": tf.tile(seed[None], [tf.size(group["place"]), 1])}


def padded(rows):
    return {**rows, "tokens": rows["tokens"].to_tensor()}


def stream(examples, **changed):
    options = {"batch_size": 8, "seed": 1, "buffer": 2000, "first_epoch": 0, "epochs": 1}
    return training_batches(examples, Encoder(ragged, padded), **options | changed)


def batches(examples, **changed):
    """The places in each batch, as a list of lists."""
    return [batch["place"].tolist() for batch in stream(examples, **changed).as_numpy_iterator()]


@pytest.mark.parametrize(("batch_size", "buffer"), [(8, 2000), (1, 2000), (5000, 2000), (8, 5)])
def test_an_epoch_has_every_example_once_and_as_many_batches_as_counted(
    examples, batch_size, buffer
):
    found = batches(examples, batch_size=batch_size, buffer=buffer)
    assert sorted(itertools.chain(*found)) == list(range(len(LENGTHS)))
    assert len(found) == batch_count(len(LENGTHS), batch_size)
    assert max(map(len, found)) <= batch_size


def test_the_rows_of_a_batch_have_similar_lengths(examples):
    found = list(stream(examples).as_numpy_iterator())
    usual = [batch["tokens"].size for batch in found if batch["length"].max() < 1000]
    assert sum(usual) < 1.1 * sum(length for length in LENGTHS if length < 1000)
    # Cut from a sorted group: no batch reaches past the shortest row of the next longer one.
    for group in (found[:GROUP], found[GROUP : 2 * GROUP]):
        spans = sorted((batch["length"].min(), batch["length"].max()) for batch in group)
        assert all(a[1] <= b[0] for a, b in itertools.pairwise(spans))


def test_a_batch_is_padded_to_its_longest_row_with_zeros(examples):
    for batch in stream(examples).as_numpy_iterator():
        assert batch["tokens"].shape == (len(batch["place"]), batch["length"].max())
        for row, place, length in zip(
            batch["tokens"], batch["place"], batch["length"], strict=True
        ):
            assert set(row[:length]) <= {place}
            assert set(row[length:]) <= {0}


def test_batches_by_tokens_are_as_many_and_of_like_length_in_all(examples):
    found = list(stream(examples, by_tokens=True).as_numpy_iterator())
    places = [place for batch in found for place in batch["place"].tolist()]
    assert sorted(places) == list(range(len(LENGTHS)))
    assert len(found) == batch_count(len(LENGTHS), 8)
    costs = sorted((batch["length"] + 1).sum() for batch in found[GROUP : 2 * GROUP])
    assert costs[-1] <= costs[0] + 2 * 23
    rows = [len(batch["place"]) for batch in found]
    assert min(rows) == 1  # one text of 2,000 tokens stands alone
    assert max(rows) > 8


@pytest.mark.parametrize(
    ("lengths", "count", "edges"),
    [
        ([1, 1, 1, 1, 4], 2, [0, 3]),
        ([1, 1, 100], 3, [0, 1, 2]),
        ([0, 0, 0, 0], 2, [0, 2]),
        ([5], 1, [0]),
        ([1, 1, 1, 1000], 2, [0, 3]),
    ],
)
def test_edges_by_hand(lengths, count, edges):
    found = batches_room._edges(tf.constant(lengths), tf.constant(count))
    assert found.numpy().tolist() == edges


def test_batch_count_by_hand():
    assert [batch_count(examples, 2) for examples in (0, 1, 2, 3)] == [0, 1, 1, 2]


def test_an_epoch_does_not_depend_on_the_epochs_before_it(examples):
    count = batch_count(len(LENGTHS), 8)
    unbroken = batches(examples, epochs=5)
    assert len(unbroken) == 5 * count
    assert batches(examples, first_epoch=3, epochs=5) == unbroken[3 * count :]
    assert batches(examples, epochs=2) == unbroken[: 2 * count]


def test_order_differs_between_epochs_and_between_seeds(examples):
    orders = [
        batches(examples, seed=seed, first_epoch=epoch, epochs=epoch + 1)
        for seed in (1, 2)
        for epoch in (0, 1, 2)
    ]
    assert len({str(order) for order in orders}) == len(orders)
    # Not the batches alone change places: their rows are other ones, too.
    assert {str(sorted(batch)) for batch in orders[0]} != {str(sorted(b)) for b in orders[1]}


@pytest.mark.parametrize("seed", [0, 1, 2**31 - 1])
def test_the_global_seed_has_no_effect(examples, seed):
    found = []
    for program in (0, 7):
        keras.utils.set_random_seed(program)
        found.append(batches(examples, seed=seed))
    assert found[0] == found[1]


def test_no_epoch_left_gives_no_batch(examples):
    assert batches(examples, first_epoch=4, epochs=4) == []


def test_every_group_has_a_seed_of_its_own_and_a_resumed_run_the_same_ones(examples):
    def seeds(**changed):
        found = stream(examples, **changed).as_numpy_iterator()
        rows = [[tuple(seed) for seed in batch["seed"].tolist()] for batch in found]
        assert all(len(set(batch)) == 1 for batch in rows)
        return [batch[0] for batch in rows]

    groups = -(-batch_count(len(LENGTHS), 8) // GROUP)
    unbroken = seeds(epochs=3)
    assert len(set(unbroken)) == 3 * groups
    assert unbroken[:GROUP] == [unbroken[0]] * GROUP
    assert seeds(first_epoch=2, epochs=3) == unbroken[-batch_count(len(LENGTHS), 8) :]
    assert set(seeds(seed=2)).isdisjoint(unbroken)


def test_the_batches_of_a_group_come_in_no_order_of_length(examples):
    longest = [batch["length"].max() for batch in stream(examples).as_numpy_iterator()][:GROUP]
    assert longest != sorted(longest)


def test_held_out_batches_have_every_example_in_order_and_drawn_alike(examples):
    encoder = Encoder(ragged, padded)
    first, again = (
        list(held_out_batches(examples, encoder, 100).as_numpy_iterator()) for _ in range(2)
    )
    places = [place for batch in first for place in batch["place"].tolist()]
    assert places == list(range(len(LENGTHS)))
    assert all((a["seed"] == b["seed"]).all() for a, b in zip(first, again, strict=True))
