"""Epochs of batches: complete, shuffled by (seed, epoch) alone, rows of a batch of like length."""

import bisect
import itertools

import keras
import pytest
import tensorflow as tf

from pipeline.datasets.batches import EDGES, batch_count, training_batches

LENGTHS = [number * 7 % 23 for number in range(101)] + [1023, 1024, 2000]


@pytest.fixture(scope="module")
def examples():
    """An example is its place and as many tokens as `LENGTHS` says."""

    def example(place, length):
        return {"place": place, "length": length, "tokens": tf.fill([length], place)}

    return tf.data.Dataset.from_tensor_slices((list(range(len(LENGTHS))), LENGTHS)).map(example)


def length_of(example):
    return example["length"]


def as_is(batch, seed):
    del seed
    return batch


def stream(examples, encode=as_is, **changed):
    options = {"batch_size": 8, "seed": 1, "buffer": 1000, "first_epoch": 0, "epochs": 1}
    return training_batches(examples, length_of, encode, **options | changed)


def batches(examples, **changed):
    """The places in each batch, as a list of lists."""
    return [batch["place"].tolist() for batch in stream(examples, **changed).as_numpy_iterator()]


@pytest.mark.parametrize(("batch_size", "buffer"), [(8, 1000), (1, 1000), (500, 1000), (8, 5)])
def test_an_epoch_has_every_example_once_and_as_many_batches_as_counted(
    examples, batch_size, buffer
):
    found = batches(examples, batch_size=batch_size, buffer=buffer)
    assert sorted(itertools.chain(*found)) == list(range(len(LENGTHS)))
    assert len(found) == batch_count(LENGTHS, batch_size)
    assert max(map(len, found)) <= batch_size


def test_the_rows_of_a_batch_lie_in_one_bucket(examples):
    for batch in batches(examples):
        assert len({bisect.bisect_right(EDGES, LENGTHS[place]) for place in batch}) == 1


def test_a_batch_is_padded_to_its_longest_row_with_zeros(examples):
    for batch in stream(examples).as_numpy_iterator():
        assert batch["tokens"].shape == (len(batch["place"]), batch["length"].max())
        for row, place, length in zip(
            batch["tokens"], batch["place"], batch["length"], strict=True
        ):
            assert set(row[:length]) <= {place}
            assert set(row[length:]) <= {0}


def test_batch_count_by_hand():
    assert batch_count([], 4) == 0
    assert batch_count([5, 5, 5], 2) == 2
    assert batch_count([5, 6], 2) == 2  # the first edge, 6, begins the second bucket
    assert batch_count([6, 7, 7], 3) == 1
    assert batch_count([1023, 1024, 9999], 2) == 2


def test_an_epoch_does_not_depend_on_the_epochs_before_it(examples):
    count = batch_count(LENGTHS, 8)
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
def test_the_program_s_own_seed_has_no_say(examples, seed):
    found = []
    for program in (0, 7):
        keras.utils.set_random_seed(program)
        found.append(batches(examples, seed=seed))
    assert found[0] == found[1]


def test_no_epoch_left_gives_no_batch(examples):
    assert batches(examples, first_epoch=4, epochs=4) == []


def test_batches_arrive_encoded_and_in_the_order_of_the_shuffle(examples):
    def encode(batch, seed):
        del seed
        return tf.reduce_sum(batch["place"]), tf.shape(batch["place"])[0]

    found = [(int(total), int(rows)) for total, rows in stream(examples, encode)]
    assert found == [(sum(batch), len(batch)) for batch in batches(examples)]


def test_every_batch_has_a_seed_of_its_own_and_a_resumed_run_the_same_ones(examples):
    def seeds(**changed):
        found = stream(examples, lambda batch, seed: seed, **changed)
        return [tuple(seed.tolist()) for seed in found.as_numpy_iterator()]

    unbroken = seeds(epochs=3)
    assert len(set(unbroken)) == len(unbroken) == 3 * batch_count(LENGTHS, 8)
    assert seeds(first_epoch=2, epochs=3) == unbroken[-batch_count(LENGTHS, 8) :]
    assert set(seeds(seed=2)).isdisjoint(unbroken)
