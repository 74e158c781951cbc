"""Ray Serve with @serve.batch on a SavedModel, for `serve.py --peer ray`.

python benchmarks/serve_ray.py saved_models/flights_slots PORT
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

from serve import newest_version


def main(home: str, port: str) -> None:
    """Serve until the process is stopped."""
    from ray import serve

    version = newest_version(Path(home)).resolve()

    @serve.deployment(max_ongoing_requests=64)
    class Model:
        def __init__(self) -> None:
            import tensorflow as tf
            import tensorflow_text  # noqa: F401  registers the ops of the graph

            self.tf, self.loaded = tf, tf.saved_model.load(str(version))

        @serve.batch(max_batch_size=32, batch_wait_timeout_s=0.002)
        async def answer(self, texts: list[str]) -> list[Any]:
            outputs = self.loaded.signatures["serving_default"](text=self.tf.constant(texts))
            plain = {name: value.numpy().tolist() for name, value in outputs.items()}
            return [
                {name: _to_text(rows[i]) for name, rows in plain.items()} for i in range(len(texts))
            ]

        async def __call__(self, request: Any) -> Any:
            document = await request.json()
            rows = await asyncio.gather(*map(self.answer, document["instances"]))
            return {"predictions": rows}

    serve.start(http_options={"port": int(port)})
    serve.run(Model.bind(), route_prefix="/predict", blocking=True)


def _to_text(value: Any) -> Any:
    if isinstance(value, list):
        return [_to_text(item) for item in value]
    return value.decode() if isinstance(value, bytes) else value


if __name__ == "__main__":
    main(*sys.argv[1:])
