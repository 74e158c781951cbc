"""REST without HTTP: a request's bytes in, its response's bytes out (contract b1 to b5)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from concurrent.futures import Future

import orjson

from pipeline.serving.engine.batching import rows_of
from pipeline.serving.engine.engine import Engine
from pipeline.serving.engine.signature import Array, Arrays, Signature
from pipeline.serving.errors import deadline_exceeded, invalid
from pipeline.serving.http.paths import RestCall, parse_path
from pipeline.serving.state import ServerState, examples_array
from pipeline.serving.versions.status import VersionStatus
from pipeline.serving.wire import examples, json_inputs, json_outputs
from pipeline.serving.wire.json_text import parse_object
from pipeline.serving.wire.metadata import metadata_json

LARGE = 128 * 1024  # bytes; longer bodies are parsed in a thread, so that they do not block others

APIS = {
    "predict": "Predict",
    "classify": "Classify",
    "regress": "Regress",
    "status": "GetModelStatus",
    "metadata": "GetModelMetadata",
}


class RequestRecord:
    """The facts of one request, filled in while it is answered.

    Args:
        key: Determines the version when traffic is split.
    """

    def __init__(self, key: str) -> None:
        self.key = key
        self.api = ""
        self.engine: Engine | None = None
        self.signature = ""
        self.rows = 0


class RunInputs:
    """A signature of a version and the arrays to run it on."""

    def __init__(self, engine: Engine, signature: Signature, arrays: Arrays, by_row: bool) -> None:
        self.engine, self.signature, self.arrays = engine, signature, arrays
        self.by_row = by_row

    @property
    def rows(self) -> int:
        """The number of input rows."""
        return rows_of(self.arrays)


class Rest:
    """Answers requests given as method, path and body."""

    def __init__(self, server: ServerState) -> None:
        self.server = server

    async def answer(self, method: str, path: str, body: bytes, record: RequestRecord) -> bytes:
        """Return the JSON of a successful response.

        Args:
            method: GET, POST, ...
            path: The path as sent, with its query string.
            body: The decompressed body.
            record: Receives the facts of the request, for metrics and logs.

        Raises:
            ServingError: The request is invalid or failed.
        """
        call = parse_path(method, path)
        record.api = APIS[call.verb]
        if call.verb == "status":
            return orjson.dumps(_status_json(self.server.models.status(call.target)))
        if call.verb == "metadata":
            record.engine = self.server.models.find(call.target)
            return orjson.dumps(metadata_json(record.engine.servable))
        deadline = time.monotonic() + self.server.limits.seconds
        if len(body) > LARGE:
            run_inputs = await asyncio.to_thread(self._read, call, body, record)
        else:
            run_inputs = self._read(call, body, record)
        outputs = await wait(
            run_inputs.engine.submit(run_inputs.signature, run_inputs.arrays, deadline), deadline
        )
        self.server.shadow.mirror(
            run_inputs.engine, run_inputs.signature, run_inputs.arrays, outputs, record.key
        )
        if len(body) > LARGE:
            return await asyncio.to_thread(_write, call, run_inputs, outputs)
        return _write(call, run_inputs, outputs)

    def _read(self, call: RestCall, body: bytes, record: RequestRecord) -> RunInputs:
        """Parse a request; the order of the checks is part of the contract (b2.5)."""
        document = parse_object(body)
        record.signature = json_inputs.signature_name(document)
        if call.verb != "predict":
            rows = examples.read_examples(document, self.server.limits)
        record.engine = self.server.models.find(call.target, record.key)
        signature = record.engine.servable.signatures.get(record.signature)
        if signature is None:
            raise invalid(
                f'Serving signature name: "{record.signature}" not found in signature def'
            )
        if call.verb == "predict":
            inputs = json_inputs.read_inputs(document, signature, self.server.limits)
            run_inputs = RunInputs(record.engine, signature, inputs.arrays, inputs.by_row)
        else:
            run_inputs = RunInputs(record.engine, signature, examples_array(signature, rows), True)
        record.rows = run_inputs.rows
        self.server.metrics.examples.add(record.engine.servable.name, by=record.rows)
        return run_inputs


def _status_json(states: Mapping[int, VersionStatus]) -> dict[str, object]:
    """Return the JSON of versions' states; a version is a string, as protobuf writes int64."""
    return {
        "model_version_status": [
            {
                "version": str(version),
                "state": state.state.name,
                "status": {"error_code": state.code.name, "error_message": state.message},
            }
            for version, state in states.items()
        ]
    }


def _write(call: RestCall, run_inputs: RunInputs, outputs: Arrays) -> bytes:
    if call.verb == "classify":
        results = examples.classify_outputs(run_inputs.signature, outputs, run_inputs.rows)
        return json_outputs.write_results(results, outputs)
    if call.verb == "regress":
        values = examples.regress_outputs(run_inputs.signature, outputs, run_inputs.rows)
        return json_outputs.write_results(values, outputs)
    write = json_outputs.write_rows if run_inputs.by_row else json_outputs.write_columns
    return write(outputs)


async def wait(future: Future[dict[str, Array]], deadline: float) -> dict[str, Array]:
    """Return the outputs; at the deadline, raise an error and cancel the request if it waits."""
    try:
        async with asyncio.timeout(deadline - time.monotonic()):
            return await asyncio.wrap_future(future)
    except TimeoutError as error:
        raise deadline_exceeded() from error
