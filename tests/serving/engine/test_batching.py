"""Requests that share a run: which ones do, and the result of each."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from pipeline.serving.engine.batching import Batcher
from pipeline.serving.errors import Code, ServingError, invalid

LATER = 60.0


class Model:
    """Doubles numbers; fails on a negative one. Its runs wait for `go`."""

    def __init__(self):
        self.go = threading.Event()
        self.began = threading.Event()
        self.sizes = []

    def __call__(self, arrays):
        self.began.set()
        self.go.wait(10)
        x = arrays["x"]
        self.sizes.append(len(x))
        if (x < 0).any():
            raise invalid("negative")
        return {"y": x * 2}


@pytest.fixture
def model():
    return Model()


@pytest.fixture
def batcher(model):
    """A function that makes a queue in front of the model."""
    with ThreadPoolExecutor(2) as executor:
        yield lambda run=model, most=8, max_waiting=100, shared=True, **more: Batcher(
            run, executor, most, max_waiting, shared, **more
        )
        model.go.set()


def ask(queue, *values, seconds=LATER):
    return queue.submit({"x": np.array(values, np.float32)}, time.monotonic() + seconds)


def held(queue, model):
    """Start a run that does not end, so that the next requests wait."""
    first = ask(queue, 100)
    model.began.wait(10)
    return first


def values(future):
    return future.result(10)["y"].tolist()


def test_a_single_request_does_not_wait(batcher, model):
    model.go.set()
    assert values(ask(batcher(), 1, 2)) == [2, 4]


def test_waiting_requests_share_the_next_run_and_get_their_own_rows(batcher, model):
    queue = batcher()
    first = held(queue, model)
    others = [ask(queue, 1), ask(queue, 2, 3), ask(queue, 4)]
    assert len(queue) == 3
    model.go.set()
    assert [values(future) for future in others] == [[2], [4, 6], [8]]
    assert values(first) == [200]
    assert model.sizes == [1, 4]


def test_a_run_has_at_most_max_batch_rows(batcher, model):
    queue = batcher(most=3)
    held(queue, model)
    others = [ask(queue, 1, 2), ask(queue, 3, 4), ask(queue, *range(5)), ask(queue, 5)]
    model.go.set()
    assert [values(future) for future in others] == [[2, 4], [6, 8], [0, 2, 4, 6, 8], [10]]
    assert model.sizes == [1, 2, 2, 5, 1]


def test_only_the_bad_request_fails(batcher, model):
    queue = batcher()
    held(queue, model)
    others = [ask(queue, value) for value in (1, 2, -1, 3, 4)]
    model.go.set()
    assert [values(others[i]) for i in (0, 1, 3, 4)] == [[2], [4], [6], [8]]
    with pytest.raises(ServingError, match="negative") as caught:
        others[2].result(10)
    assert caught.value.code == Code.INVALID_ARGUMENT


def test_different_shapes_do_not_share_a_run(batcher, model):
    queue = batcher()
    held(queue, model)
    wide = queue.submit({"x": np.ones([2, 2], np.float32)}, time.monotonic() + LATER)
    narrow = ask(queue, 1)
    model.go.set()
    assert values(wide) == [[2, 2], [2, 2]]
    assert values(narrow) == [2]


def test_expired_and_cancelled_requests_are_dropped_before_the_run(batcher, model):
    queue = batcher()
    held(queue, model)
    late, gone, kept = ask(queue, 1, seconds=-1), ask(queue, 2), ask(queue, 3)
    gone.cancel()
    model.go.set()
    assert values(kept) == [6]
    with pytest.raises(ServingError) as caught:
        late.result(10)
    assert caught.value.code == Code.DEADLINE_EXCEEDED
    assert model.sizes == [1, 1]


def test_a_full_queue_refuses_requests(batcher, model):
    queue = batcher(max_waiting=2)
    held(queue, model)
    ask(queue, 1)
    ask(queue, 2)
    with pytest.raises(ServingError) as caught:
        ask(queue, 3)
    assert (caught.value.code, caught.value.http_status) == (Code.RESOURCE_EXHAUSTED, 429)


def test_requests_with_an_output_without_rows_run_alone(batcher, model):
    def total(arrays):
        return {"y": model(arrays)["y"].sum()}

    queue = batcher(run=total)
    held(queue, model)
    others = [ask(queue, 1, 2), ask(queue, 3)]
    model.go.set()
    assert [future.result(10)["y"] for future in others] == [6, 6]


def test_requests_that_may_not_share_a_run_run_in_parallel(batcher, model):
    queue = batcher(shared=False)
    first = held(queue, model)
    model.began.clear()
    second = ask(queue, 2)
    assert model.began.wait(10)
    third = ask(queue, 3)
    model.go.set()
    assert [values(first), values(second), values(third)] == [[200], [4], [6]]
    assert model.sizes == [1, 1, 1]


def test_an_unexpected_error_reaches_the_caller(batcher, model):
    def broken(_):
        raise KeyError("bug")

    with pytest.raises(KeyError):
        ask(batcher(run=broken), 1).result(10)


def test_many_concurrent_clients_get_their_own_answers(batcher, model):
    model.go.set()
    queue = batcher()

    def client(number):
        return [values(ask(queue, number * 100 + i)) for i in range(20)]

    with ThreadPoolExecutor(16) as clients:
        answers = list(clients.map(client, range(16)))
    assert answers == [[[2 * (n * 100 + i)] for i in range(20)] for n in range(16)]


def test_a_long_text_shares_a_run_with_few_others(batcher):
    sizes, go, began = [], threading.Event(), threading.Event()

    def run(arrays):
        began.set()
        go.wait(10)
        sizes.append([len(text) for text in arrays["text"]])
        return {"y": arrays["text"]}

    def texts(*lengths):
        array = np.array([b"x" * length for length in lengths], object)
        return queue.submit({"text": array}, time.monotonic() + LATER)

    queue = batcher(run, max_padded=100)
    answers = [texts(1)]
    began.wait(10)
    answers += [texts(10), texts(20, 1), texts(30), texts(1, 1), texts(500), texts(0)]
    go.set()
    for answer in answers:
        answer.result(10)
    assert sizes == [[1], [10, 20, 1], [30, 1, 1], [500], [0]]
