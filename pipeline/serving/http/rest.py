"""The REST face: one request's bytes in, one answer's bytes out (contract b1 to b5)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any

import orjson

from pipeline.serving.engine.batching import late, rows_of
from pipeline.serving.engine.engine import Engine
from pipeline.serving.engine.signature import Signature
from pipeline.serving.errors import invalid
from pipeline.serving.http import paths
from pipeline.serving.http.paths import Call
from pipeline.serving.state import Server, examples_array
from pipeline.serving.versions import metadata
from pipeline.serving.wire import examples, json_inputs, json_outputs
from pipeline.serving.wire.json_text import parse_object

LARGE = 128 * 1024  # bytes of a body that is read in a thread, so that others are not kept

APIS = {
    "predict": "Predict",
    "classify": "Classify",
    "regress": "Regress",
    "status": "GetModelStatus",
    "metadata": "GetModelMetadata",
}


class Question:
    """What became known of a request while it was answered.

    Args:
        key: Decides its share of split traffic.
    """

    def __init__(self, key: str) -> None:
        self.key = key
        self.api = ""
        self.engine: Engine | None = None
        self.signature = ""
        self.rows = 0


class Asked:
    """A signature of a version, with what to run it on."""

    def __init__(
        self, engine: Engine, signature: Signature, arrays: Mapping[str, Any], by_row: bool
    ) -> None:
        self.engine, self.signature, self.arrays = engine, signature, arrays
        self.by_row = by_row

    @property
    def rows(self) -> int:
        """Those of the inputs."""
        return rows_of(self.arrays)


class Rest:
    """Answers calls; knows nothing of HTTP beyond method, path and body."""

    def __init__(self, server: Server) -> None:
        self.server = server

    async def answer(self, method: str, path: str, body: bytes, seen: Question) -> bytes:
        """The JSON of a successful answer.

        Args:
            method: GET, POST, ...
            path: As it was sent, with its query string.
            body: Inflated.
            seen: Gets to know what was asked, for metrics and logs.

        Raises:
            ServingError: Anything that is not a success.
        """
        call = paths.parse(method, path)
        seen.api = APIS[call.verb]
        if call.verb == "status":
            return orjson.dumps(metadata.status_json(self.server.models.status(call.target)))
        if call.verb == "metadata":
            seen.engine = self.server.models.find(call.target)
            return orjson.dumps(metadata.metadata_json(seen.engine.servable))
        deadline = time.monotonic() + self.server.limits.seconds
        if len(body) > LARGE:
            asked = await asyncio.to_thread(self._read, call, body, seen)
        else:
            asked = self._read(call, body, seen)
        outputs = await wait(asked.engine.submit(asked.signature, asked.arrays, deadline), deadline)
        self.server.shadow.mirror(asked.engine, asked.signature, asked.arrays, outputs, seen.key)
        if len(body) > LARGE:
            return await asyncio.to_thread(_write, call, asked, outputs)
        return _write(call, asked, outputs)

    def _read(self, call: Call, body: bytes, seen: Question) -> Asked:
        """The order of these checks is part of the contract (b2.5)."""
        document = parse_object(body)
        seen.signature = json_inputs.signature_name(document)
        if call.verb != "predict":
            rows = examples.read_examples(document, self.server.limits)
        seen.engine = self.server.models.find(call.target, seen.key)
        signature = seen.engine.servable.signatures.get(seen.signature)
        if signature is None:
            raise invalid(f'Serving signature name: "{seen.signature}" not found in signature def')
        if call.verb == "predict":
            inputs = json_inputs.read_inputs(document, signature, self.server.limits)
            asked = Asked(seen.engine, signature, inputs.arrays, inputs.by_row)
        else:
            asked = Asked(seen.engine, signature, examples_array(signature, rows), True)
        seen.rows = asked.rows
        self.server.metrics.examples.add(seen.engine.servable.name, by=seen.rows)
        return asked


def _write(call: Call, asked: Asked, outputs: Mapping[str, Any]) -> bytes:
    if call.verb == "classify":
        results = examples.classify_outputs(asked.signature, outputs, asked.rows)
        return json_outputs.results(results, outputs)
    if call.verb == "regress":
        values = examples.regress_outputs(asked.signature, outputs, asked.rows)
        return json_outputs.results(values, outputs)
    write = json_outputs.write_rows if asked.by_row else json_outputs.write_columns
    return write(outputs)


async def wait(future: Future[dict[str, Any]], deadline: float) -> dict[str, Any]:
    """The outputs, or an error when time is up; a request that still waits is then dropped."""
    try:
        async with asyncio.timeout(deadline - time.monotonic()):
            return await asyncio.wrap_future(future)
    except TimeoutError as error:
        raise late() from error
