"""The models of the conformance suite, for this server and for TensorFlow Serving.

    python -m tests.serving.contract_models FOLDER

writes them, with a `models.config` for `tensorflow_model_server --model_config_file`.
"""

import json
import sys
from pathlib import Path

import tensorflow as tf

from pipeline import artifacts
from pipeline.savedmodel.warmup import write_warmup

VERSION = "00000123"  # a version is its number: 123
TYPES = [
    *("float32", "float64", "float16", "bool", "string"),
    *("int8", "int16", "int32", "int64", "uint8", "uint32", "uint64"),
    *("uint16", "bfloat16", "complex64"),  # JSON cannot represent these
]
TWO = tf.constant([2.0])


def spec(shape, dtype, name):
    """The spec of an input."""
    return tf.TensorSpec(shape, dtype, name=name)


def function(*specs):
    """A function that becomes a signature."""
    return tf.function(input_signature=list(specs), autograph=False)


def half_plus_two():
    """The model of TensorFlow Serving's own examples."""
    return {"serving_default": function(spec([None], tf.float32, "x"))(lambda x: {"y": x / 2 + 2})}


def shapes():
    """Signatures for each type and each shape of output in the contract."""
    made = {
        name: function(spec(None, name, "x"))(lambda x: {"y": tf.identity(x)}) for name in TYPES
    }
    text, number = spec([None], tf.string, "text"), spec([None], tf.float32, "x")
    made["serving_default"] = function(text, number)(
        lambda text, x: {"joined": tf.strings.join([text, "!"]), "double": x * 2}
    )
    made["uneven"] = function(number)(lambda x: {"y": x, "z": tf.concat([x, x], 0)})
    made["single"] = function(number)(lambda x: {"y": tf.reduce_sum(x)})
    made["none"] = function(number)(lambda x: {"y": x[:0]})
    made["defaults"] = function(number, spec([1], tf.float32, "by"))(
        lambda x, by=TWO: {"y": x * by}
    )
    made["specials"] = function(number)(
        lambda x: {"y": tf.constant([float("nan"), float("inf"), -float("inf"), 0.2, 3.0])}
    )
    made["pairs"] = function(spec([None, 2], tf.float32, "x"))(lambda x: {"y": x})
    made["nothing"] = function()(lambda: {"y": tf.constant([1.0])})
    made["raw"] = function(text)(lambda text: {"text_bytes": text, "text": text})
    made["check"] = function(number)(lambda x: {"y": tf.debugging.check_numerics(x, "not finite")})
    return made


def examples():
    """tf.Example in, classes and numbers out."""
    features = {
        "x": tf.io.FixedLenFeature([1], tf.float32, [0.0]),
        "name": tf.io.FixedLenFeature([1], tf.string, [""]),
        "count": tf.io.FixedLenFeature([1], tf.int64, [0]),
    }

    def parse(inputs):
        return tf.io.parse_example(inputs, features)

    def classify(inputs):
        row = parse(inputs)
        scores = tf.concat([row["x"], tf.cast(row["count"], tf.float32)], 1)
        return {
            "classes": tf.concat([row["name"], tf.fill(tf.shape(row["x"]), "b")], 1),
            "scores": scores,
        }

    take = function(spec([None], tf.string, "inputs"))
    return {
        "serving_default": take(classify),
        "unlabelled": take(lambda inputs: {"scores": parse(inputs)["x"]}),
        "flat": take(lambda inputs: {"scores": parse(inputs)["x"][:, 0]}),
        "fewer": take(lambda inputs: {"scores": parse(inputs)["x"][1:]}),
        "unlike": take(lambda inputs: {**classify(inputs), "scores": parse(inputs)["x"]}),
        "numbered": take(lambda inputs: {"classes": parse(inputs)["count"]}),
        "worded": take(lambda inputs: {"scores": parse(inputs)["name"]}),
        "regress": take(lambda inputs: {"outputs": parse(inputs)["x"] * 2}),
        "short": take(lambda inputs: {"outputs": parse(inputs)["x"][1:] * 2}),
        "whole": take(lambda inputs: {"outputs": parse(inputs)["count"]}),
        "wide": take(lambda inputs: {"outputs": tf.tile(parse(inputs)["x"], [1, 2])}),
    }


def publish(root, name, signatures, version=VERSION, texts=()):
    """Save a model as `root/name/version`, with its manifest and `texts` as warm-up requests."""
    with artifacts.staging(root, name) as stage:
        module = tf.Module()
        for key, value in signatures.items():
            setattr(module, f"signature_{key}", value)
        tf.saved_model.save(module, str(stage / "model"), signatures)
        write_warmup(stage / "model", name, texts)
        artifacts.seal(stage / "model", {"name": name})
        return (stage / "model").rename(root / name / str(version))


def write_models(root):
    """Write all models; `half_plus_two` has a label."""
    for name, make in MODELS.items():
        publish(root, name, make())
    (root / "half_plus_two" / "labels.json").write_text(json.dumps({"stable": 123}))


MODELS = {"half_plus_two": half_plus_two, "shapes": shapes, "examples": examples}


def config(root):
    """The text of a model server's configuration."""
    rows = "".join(
        f'  config {{ name: "{name}" base_path: "{root / name}" model_platform: "tensorflow"'
        + (' version_labels { key: "stable" value: 123 }' if name == "half_plus_two" else "")
        + " }\n"
        for name in MODELS
    )
    return f"model_config_list {{\n{rows}}}\n"


if __name__ == "__main__":
    folder = Path(sys.argv[1]).resolve()
    write_models(folder)
    (folder / "models.config").write_text(config(folder))
