"""TensorFlow's batcher and ours: two ways to combine requests of clients into one run of a model.

    python benchmarks/batching.py saved_models/flights_slots/1

`tensorflow` is tf.nondifferentiable_batch_function, `ours` is pipeline.serving.engine.batching.
Clients are threads of this process that send one text per request. The script prints requests per
second, and p50 and p99 in milliseconds.
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
MAX_BATCH_SIZE = 64


def tensorflow_batching(loaded: Any) -> Callable[[bytes], Any]:
    """Return a predict function of one text that is batched inside the graph."""
    import tensorflow as tf

    signature = loaded.signatures["serving_default"]
    names = sorted(signature.structured_outputs)

    @tf.nondifferentiable_batch_function(
        num_batch_threads=1, max_batch_size=MAX_BATCH_SIZE, batch_timeout_micros=0, autograph=False
    )
    def batched(text: Any) -> Any:
        outputs = signature(text=text)
        return [outputs[name] for name in names]

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)], autograph=False)
    def run(text: Any) -> Any:
        return batched(text)

    return lambda text: [value.numpy() for value in run(tf.constant([text]))]


def our_batching(loaded: Any, executor: ThreadPoolExecutor) -> Callable[[bytes], Any]:
    """Return a predict function of one text that is batched in front of the graph."""
    import numpy as np
    import tensorflow as tf

    from pipeline.serving.engine.batching import Batcher

    signature = loaded.signatures["serving_default"]

    def run(arrays: Any) -> Any:
        outputs = signature(text=tf.constant(arrays["text"], tf.string))
        return {name: value.numpy() for name, value in outputs.items()}

    queue = Batcher(run, executor, MAX_BATCH_SIZE, max_waiting=10_000)

    def predict(text: bytes) -> Any:
        return queue.submit({"text": np.array([text], object)}, time.monotonic() + 60).result()

    return predict


def measure(predict: Callable[[bytes], Any], clients: int, seconds: float) -> dict[str, float]:
    """Predict from `clients` threads for some seconds; return requests per second and p50, p99."""
    latencies: list[float] = []
    stop = time.perf_counter() + seconds

    def client(index: int) -> None:
        while (start := time.perf_counter()) < stop:
            predict(TEXTS[index % len(TEXTS)].encode())
            latencies.append(time.perf_counter() - start)
            index += 1

    threads = [threading.Thread(target=client, args=(index,)) for index in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    latencies.sort()
    p50, p99 = (round(1e3 * latencies[int(len(latencies) * share)], 1) for share in (0.5, 0.99))
    return {"clients": clients, "a_second": round(len(latencies) / seconds), "p50": p50, "p99": p99}


def main() -> None:
    """Measure both in turn, so that other load on the machine affects both."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("version", type=Path)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--rounds", type=int, default=2)
    arguments = parser.parse_args()
    import tensorflow as tf
    import tensorflow_text  # noqa: F401  registers the ops of the graph

    loaded = tf.saved_model.load(str(arguments.version))
    with ThreadPoolExecutor(1) as executor:
        batchers = {
            "tensorflow": tensorflow_batching(loaded),
            "ours": our_batching(loaded, executor),
        }
        for _ in range(arguments.rounds):
            for name, predict in batchers.items():
                measure(predict, 2, 0.5)
                for clients in (1, 16):
                    print(json.dumps({"way": name, **measure(predict, clients, arguments.seconds)}))


if __name__ == "__main__":
    main()
