"""The list of a graph's ops, and the refusal of those that reach outside."""

import pytest
import tensorflow as tf

from pipeline.errors import GateError
from pipeline.savedmodel.ops import refuse_forbidden, required_ops

TEXT = tf.TensorSpec([None], tf.string, name="text")


@pytest.fixture
def graph(tmp_path):
    """A function that saves a graph, and gives the folder of the SavedModel."""

    def save(function):
        module = tf.Module()
        module.call = tf.function(function, input_signature=[TEXT])
        tf.saved_model.save(module, str(tmp_path / "model"), {"serving_default": module.call})
        return tmp_path / "model"

    return save


def test_all_ops_are_listed_once_in_order(saved):
    ops = required_ops(saved)
    assert ops == sorted(set(ops))
    assert {"Sigmoid", "UnicodeDecodeWithOffsets", "ReadVariableOp"} <= set(ops) or {
        "Sigmoid",
        "UnicodeDecode",
        "ReadVariableOp",
    } <= set(ops)


def test_an_allowed_graph_passes(saved):
    refuse_forbidden(required_ops(saved))


def test_ops_inside_branches_are_found(graph):
    def nested(text):
        some = tf.size(text) > 0
        return {"out": tf.cond(some, lambda: tf.strings.reduce_join(text), lambda: "none")}

    assert {"If", "ReduceJoin"} & set(required_ops(graph(nested))) >= {"ReduceJoin"}


def reads_a_file(text):
    return {"out": tf.map_fn(tf.io.read_file, text)}


def calls_python(text):
    return {"out": tf.py_function(lambda value: value, [text], tf.string)}


def calls_numpy(text):
    return {"out": tf.numpy_function(lambda value: value, [text], tf.string)}


def prints(text):
    tf.print(text)
    return {"out": text}


def lists_files(text):
    return {"out": tf.io.matching_files(text)}


def writes_a_file(text):
    with tf.control_dependencies([tf.io.write_file("/tmp/never", text[0])]):
        return {"out": tf.identity(text)}


@pytest.mark.parametrize(
    ("function", "op"),
    [
        (reads_a_file, "ReadFile"),
        (writes_a_file, "WriteFile"),
        (lists_files, "MatchingFiles"),
        (calls_python, "EagerPyFunc"),
        (calls_numpy, "PyFunc"),
        (prints, "PrintV2"),
    ],
)
def test_a_graph_that_reaches_outside_is_refused(graph, function, op):
    with pytest.raises(
        GateError, match=rf"^the graph contains {op}: such ops .*; a served model must"
    ):
        refuse_forbidden(required_ops(graph(function)))


@pytest.mark.parametrize("op", ["CudnnRNNV3", "RpcCall", "DebugNumericSummaryV2", "TFRecordReader"])
def test_ops_of_one_device_or_of_files_are_refused_by_prefix(op):
    with pytest.raises(GateError, match=op):
        refuse_forbidden(["Add", op])
