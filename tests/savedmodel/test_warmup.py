"""Warm-up requests as they are written for a server."""

import tensorflow as tf
from tensorflow_serving.apis import prediction_log_pb2

from pipeline.savedmodel.warmup import FILE, write_warmup


def test_one_request_per_text_and_one_for_all(tmp_path):
    write_warmup(tmp_path, "model", ["a", "京都"])
    batches = []
    for data in tf.data.TFRecordDataset(str(tmp_path / FILE)).as_numpy_iterator():
        request = prediction_log_pb2.PredictionLog.FromString(data).predict_log.request
        assert request.model_spec.name == "model"
        assert request.model_spec.signature_name == "serving_default"
        batches.append([text.decode() for text in tf.make_ndarray(request.inputs["text"])])
    assert batches == [["a"], ["京都"], ["a", "京都"]]


def test_no_file_is_written_without_texts(tmp_path):
    write_warmup(tmp_path, "model", [])
    assert not (tmp_path / FILE).exists()
