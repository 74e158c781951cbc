"""What `write` leaves on the disk: named signatures, every variable once."""

import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2


def test_the_signature_is_described_and_saved_under_its_name(letters, saved, tmp_path):
    facts = letters.save(tmp_path / "model")
    assert facts == {
        "serving_default": {
            "inputs": {"text": {"dtype": "string", "shape": [None]}},
            "outputs": {
                "label": {"dtype": "string", "shape": [None]},
                "score": {"dtype": "float32", "shape": [None]},
                "letters": {"dtype": "string", "shape": [None, None]},
            },
        }
    }
    signature = tf.saved_model.load(str(saved)).signatures["serving_default"]
    assert set(signature.structured_outputs) == {"label", "score", "letters"}
    assert list(signature.structured_input_signature[1]) == ["text"]


def test_no_variable_is_stored_twice(letters, saved):
    weights = sum(variable.numpy().nbytes for variable in letters.variables)
    stored = sum(file.stat().st_size for file in (saved / "variables").iterdir())
    assert weights <= stored < 1.02 * weights


def test_no_function_is_stored_twice(saved):
    model = saved_model_pb2.SavedModel.FromString((saved / "saved_model.pb").read_bytes())
    (graph,) = model.meta_graphs
    splitting = [
        function.signature.name
        for function in graph.graph_def.library.function
        if any(node.op == "UnicodeDecode" for node in function.node_def)
    ]
    assert len(splitting) == 1
