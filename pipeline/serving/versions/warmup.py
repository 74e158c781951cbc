"""The warm-up requests in a version's folder, answered before it serves (contract b8.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import prediction_log_pb2

from pipeline.errors import PipelineError
from pipeline.savedmodel.warmup import FILE
from pipeline.serving.engine.servable import Servable, check_inputs
from pipeline.serving.engine.signature import DEFAULT, Array, Arrays
from pipeline.serving.errors import Code, ServingError
from pipeline.serving.settings import Limits
from pipeline.serving.wire.proto_examples import serialized_examples
from pipeline.serving.wire.proto_inputs import read_arrays

MAX_REQUESTS = 1000
EXAMPLES, MAX_EXAMPLE_CHARS = 6, 120
TRUSTED = Limits(
    body=2**31, text=2**31, rows=2**31
)  # warm-up requests are verified with the version


@dataclass(frozen=True)
class WarmupRequest:
    """A warm-up request.

    Args:
        signature: The name of the signature.
        arrays: The inputs.
        where: The file and the number of the request, for errors.
    """

    signature: str
    arrays: Arrays
    where: str


def read_warmup(servable: Servable, folder: Path) -> list[WarmupRequest]:
    """Read the requests in `FILE`, a TFRecord of PredictionLog.

    Raises:
        PipelineError: A request cannot be read; the version must not serve.
    """
    file = folder / FILE
    if not file.is_file():
        return []
    records: list[WarmupRequest] = []
    where = f"{file}: warm-up request 1"
    try:
        for data in tf.data.TFRecordDataset(str(file)).take(MAX_REQUESTS).as_numpy_iterator():
            log = prediction_log_pb2.PredictionLog.FromString(data)
            where = f"{file}: warm-up request {len(records) + 1}"
            for name, arrays in _requests(log, servable):
                check_inputs(servable.signatures[name], arrays)
                records.append(WarmupRequest(name, arrays, where))
    except Exception as error:
        raise PipelineError(f"{where}: {error}") from error
    return records


def replay(servable: Servable, records: Sequence[WarmupRequest]) -> list[dict[str, Array]]:
    """Run each request alone and return the outputs.

    Raises:
        PipelineError: A request cannot be answered; the version must not serve.
    """
    answers = []
    for record in records:
        try:
            answers.append(servable.run(servable.signatures[record.signature], record.arrays))
        except Exception as error:
            raise PipelineError(f"{record.where}: {error}") from error
    return answers


def example_texts(records: Sequence[WarmupRequest]) -> tuple[str, ...]:
    """Return example texts for the page: distinct texts of warm-up requests with one row."""
    texts: list[str] = []
    for record in records:
        if record.signature != DEFAULT or len(record.arrays) != 1:
            continue
        (values,) = record.arrays.values()
        if values.dtype != object or values.shape != (1,):
            continue
        text = values[0].decode("utf-8", "replace")
        if text.strip() and len(text) <= MAX_EXAMPLE_CHARS and text not in texts:
            texts.append(text)
    return tuple(texts[:EXAMPLES])


def _requests(log: Any, servable: Servable) -> list[tuple[str, dict[str, Array]]]:
    kind = log.WhichOneof("log_type")
    if kind == "predict_log":
        request = log.predict_log.request
        name = request.model_spec.signature_name or DEFAULT
        arrays = read_arrays(
            request.inputs, servable.signatures[name], servable.definitions, TRUSTED
        )
        return [(name, arrays)]
    if kind == "multi_inference_log":
        request = log.multi_inference_log.request
        names = [task.model_spec.signature_name or DEFAULT for task in request.tasks]
    elif kind in ("classify_log", "regress_log"):
        request = getattr(log, kind).request
        names = [request.model_spec.signature_name or DEFAULT]
    else:
        raise ServingError(Code.UNIMPLEMENTED, f"Unsupported log_type for warmup: {kind}")
    examples = np.array(serialized_examples(request.input, TRUSTED), object)
    return [(name, {_only_input(servable, name): examples}) for name in names]


def _only_input(servable: Servable, name: str) -> str:
    (only,) = servable.signatures[name].inputs
    return only
