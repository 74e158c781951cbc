"""Writes the warm-up requests that a server answers before a version serves.

TensorFlow Serving reads the same file, a TFRecord of PredictionLog.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_log_pb2

from pipeline.runs import EXTRA

FILE = f"{EXTRA}/tf_serving_warmup_requests"


def write_warmup(folder: Path, name: str, texts: Sequence[str]) -> None:
    """Write a request for each text and one for all texts together.

    Args:
        folder: The folder of a version that is not sealed yet.
        name: The name of the model.
        texts: Inputs `text` of `serving_default`; without any, no file is written.
    """
    if not texts:
        return
    (folder / FILE).parent.mkdir(parents=True, exist_ok=True)
    with tf.io.TFRecordWriter(str(folder / FILE)) as writer:
        for rows in [*([text] for text in texts), list(texts)]:
            writer.write(_log(name, rows).SerializeToString())


def _log(name: str, texts: Sequence[str]) -> prediction_log_pb2.PredictionLog:
    request = predict_pb2.PredictRequest()
    request.model_spec.name = name
    request.model_spec.signature_name = "serving_default"
    request.inputs["text"].CopyFrom(tf.make_tensor_proto(list(texts), tf.string, [len(texts)]))
    predict_log = prediction_log_pb2.PredictLog(request=request)
    return prediction_log_pb2.PredictionLog(predict_log=predict_log)
