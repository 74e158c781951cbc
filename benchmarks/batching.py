"""Two ways to put requests of several clients into one run of a model, side by side.

    python benchmarks/batching.py saved_models/flights_slots/1

`tensorflow` is tf.nondifferentiable_batch_function, `ours` pipeline.serving.engine.batching.
Clients are threads of this process that send one text each; it prints requests a second, p50 and
p99 in ms.
"""

from __future__ import annotations

import argparse
import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

TEXTS = (
    "订5月1日到北京的机票",
    "book a flight to New York from Oslo tomorrow morning",
    "我想明天从西安出发去上海",
    "cancel my ticket for friday",
)
LARGEST = 64


def tensorflow_way(loaded: Any) -> Callable[[bytes], Any]:
    """A function of one text, batched inside the graph."""
    import tensorflow as tf

    signature = loaded.signatures["serving_default"]
    names = sorted(signature.structured_outputs)

    @tf.nondifferentiable_batch_function(
        num_batch_threads=1, max_batch_size=LARGEST, batch_timeout_micros=0, autograph=False
    )
    def batched(text: Any) -> Any:
        outputs = signature(text=text)
        return [outputs[name] for name in names]

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)], autograph=False)
    def run(text: Any) -> Any:
        return batched(text)

    return lambda text: [value.numpy() for value in run(tf.constant([text]))]


def our_way(loaded: Any, executor: ThreadPoolExecutor) -> Callable[[bytes], Any]:
    """A function of one text, batched in front of the graph."""
    import numpy as np
    import tensorflow as tf

    from pipeline.serving.engine.batching import Batcher

    signature = loaded.signatures["serving_default"]

    def run(arrays: Any) -> Any:
        outputs = signature(text=tf.constant(arrays["text"], tf.string))
        return {name: value.numpy() for name, value in outputs.items()}

    queue = Batcher(run, executor, LARGEST, max_waiting=10_000)

    def ask(text: bytes) -> Any:
        return queue.submit({"text": np.array([text], object)}, time.monotonic() + 60).result()

    return ask


def measure(ask: Callable[[bytes], Any], clients: int, seconds: float) -> dict[str, float]:
    """Load from `clients` threads for some seconds."""
    spent: list[float] = []
    stop = time.perf_counter() + seconds

    def client(place: int) -> None:
        while (began := time.perf_counter()) < stop:
            ask(TEXTS[place % len(TEXTS)].encode())
            spent.append(time.perf_counter() - began)
            place += 1

    threads = [threading.Thread(target=client, args=(place,)) for place in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    spent.sort()
    p50, p99 = (round(1e3 * spent[int(len(spent) * share)], 1) for share in (0.5, 0.99))
    return {"clients": clients, "a_second": round(len(spent) / seconds), "p50": p50, "p99": p99}


def main() -> None:
    """Takes turns, so that what else the machine does meets both."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("version", type=Path)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--rounds", type=int, default=2)
    given = parser.parse_args()
    import tensorflow as tf
    import tensorflow_text  # noqa: F401  registers its ops

    loaded = tf.saved_model.load(str(given.version))
    with ThreadPoolExecutor(1) as executor:
        ways = {"tensorflow": tensorflow_way(loaded), "ours": our_way(loaded, executor)}
        for _ in range(given.rounds):
            for name, ask in ways.items():
                measure(ask, 2, 0.5)
                for clients in (1, 16):
                    print(json.dumps({"way": name, **measure(ask, clients, given.seconds)}))


if __name__ == "__main__":
    main()
