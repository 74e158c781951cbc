"""Traffic that is split among versions, and mirrored requests."""

import json
import shutil

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

from pipeline.serving.versions.disagreements import differing_outputs, disagreements, strip_padding
from pipeline.serving.versions.traffic import Traffic, choose_version, parse_traffic, position_of
from tests.serving.conftest import wait_until
from tests.serving.contract_models import function, publish, spec

SPLIT = (("stable", 70.0), (7, 0.0), ("canary", 30.0))


@pytest.mark.parametrize(
    ("document", "traffic"),
    [
        ({}, Traffic()),
        ({"split": {"stable": 90, "2": 10.0}}, Traffic((("stable", 90.0), (2, 10.0)))),
        ({"shadow": {"to": "3"}}, Traffic((), 3, 100.0)),
        ({"shadow": {"to": "canary", "percent": 5}, "split": {}}, Traffic((), "canary", 5.0)),
    ],
)
def test_valid_traffic(document, traffic):
    assert parse_traffic(document, "here") == traffic


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ([], "expected an object"),
        ({"splits": {}}, "expected an object with `split` and `shadow`"),
        ({"split": {"a": 50}}, "the shares add up to 50; expected 100"),
        ({"split": {"a": 150, "b": -50}}, "their percentages"),
        ({"split": {"a": True}}, "their percentages"),
        ({"split": [1]}, "their percentages"),
        ({"shadow": "canary"}, 'expected {"to"'),
        ({"shadow": {"to": 3}}, 'expected {"to"'),
        ({"shadow": {"to": "a", "percent": 101}}, 'expected {"to"'),
    ],
)
def test_invalid_traffic(document, told):
    with pytest.raises(ValueError, match=r"^here: ") as caught:
        parse_traffic(document, "here")
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("at", "which"), [(0, "stable"), (69.99, "stable"), (70, "canary"), (100, "canary")]
)
def test_shares_are_adjacent(at, which):
    assert choose_version(SPLIT, at) == which


def test_keys_are_spread_evenly_and_deterministically():
    keys = [f"user-{i}" for i in range(10_000)]
    chosen = [choose_version(SPLIT, position_of("m", key)) for key in keys]
    assert abs(chosen.count("canary") - 3_000) < 140  # three standard deviations
    assert chosen == [choose_version(SPLIT, position_of("m", key)) for key in keys]
    assert position_of("m", "user-1") != position_of("n", "user-1")


@given(st.text(), st.integers(0, 100), st.integers(0, 100))
def test_a_key_keeps_the_canary_when_its_share_grows(key, one, other):
    small, large = sorted((one, other))
    at = position_of("m", key)
    if choose_version((("a", 100 - small), ("b", small)), at) == "b":
        assert choose_version((("a", 100 - large), ("b", large)), at) == "b"


def array(*values):
    return np.array(values, object)


@pytest.mark.parametrize(
    ("value", "real"),
    [
        (array(b"a", b"", b"b", b"", b""), [b"a", b"", b"b"]),
        (np.array([3, 0, -1, -1]), [3]),
        (np.array([True, False]), [True]),
        (np.array([], np.int32), []),
        (np.array(-1), -1),
    ],
)
def test_padding_is_stripped_from_the_end(value, real):
    assert strip_padding(value).tolist() == real


ONE = {"intent": array(b"book"), "names": np.array([b"city", b""], object), "score": np.float32(1)}


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({}, []),
        ({"score": np.float32(0.5)}, []),  # only decisions count
        ({"names": array(b"city")}, []),
        ({"names": array(b"city", b"date")}, ["names"]),
        ({"intent": array(b"fare"), "names": array(b"town")}, ["intent", "names"]),
        ({"more": np.array(1)}, ["more"]),
    ],
)
def test_outputs_that_differ(changes, names):
    one = {name: np.asarray(value) for name, value in ONE.items()}
    other = {**one, **{name: np.asarray(value) for name, value in changes.items()}}
    assert differing_outputs(one, other) == names


def test_numbers_are_compared_without_other_outputs():
    one = {"y": np.float32([1, 2])}
    assert differing_outputs(one, {"y": np.float32([1, 2.0001])}) == []
    assert differing_outputs(one, {"y": np.float32([1, 2.1])}) == ["y"]
    assert differing_outputs(one, {"y": np.float32([1])}) == ["y"]


def test_a_disagreement_is_a_row_for_annotation():
    inputs = {"text": array("京".encode(), b"b")}
    answers = {
        1: {"label": array(b"x", b"y"), "ends": np.array([[2, -1], [1, 3]])},
        12: {"label": array(b"x", b"z"), "ends": np.array([[2], [1]])},
    }
    assert list(disagreements(inputs, answers)) == [
        {
            "text": "b",
            "differ": ["ends", "label"],
            "answers": {"1": {"label": "y", "ends": [1, 3]}, "12": {"label": "z", "ends": [1]}},
        }
    ]


# --- on a server


TEXT = spec([None], tf.string, "text")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Versions 1 to 3 that return their number, but the same label for long texts."""
    root = tmp_path_factory.mktemp("made")

    def saying(number):
        def say(text):
            long = tf.strings.length(text) > 5
            scores = tf.zeros(tf.shape(text)) + number
            return {"label": tf.where(long, "long", str(number)), "score": scores}

        return {"serving_default": function(TEXT)(say)}

    return {number: publish(root, "says", saying(number), str(number)) for number in (1, 2, 3)}


@pytest.fixture
def root(made, tmp_path):
    for number, folder in made.items():
        shutil.copytree(folder, tmp_path / "says" / str(number))
    (tmp_path / "says" / "labels.json").write_text('{"stable": 1, "canary": 2}')
    return tmp_path


def write(root, **traffic):
    (root / "says" / "traffic.json").write_text(json.dumps(traffic))


def label(served, headers=None, path="", texts=("a",)):
    reply = served.ask(
        "POST", f"/v1/models/says{path}:predict", {"instances": list(texts)}, headers
    )
    return reply.json["predictions"][0]["label"]


def by_grpc(served, key):
    import grpc

    request = predict_pb2.PredictRequest()
    request.model_spec.name = "says"
    request.inputs["text"].CopyFrom(tf.make_tensor_proto(["a"]))
    with grpc.insecure_channel(served.grpc) as channel:
        stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        answer = stub.Predict(request, 20, [("x-request-id", key)])
    return tf.make_ndarray(answer.outputs["label"])[0].decode()


def test_a_split_follows_the_shares_and_the_key(serve, root):
    write(root, split={"stable": 60, "canary": 40})
    keys = [f"user-{i}" for i in range(200)]
    split = (("1", 60), ("2", 40))
    with serve(root) as served:
        found = [label(served, {"X-Request-Id": key}) for key in keys]
        assert found == [choose_version(split, position_of("says", key)) for key in keys]
        assert [by_grpc(served, key) for key in keys[:10]] == found[:10]
        assert {label(served) for _ in range(40)} == {"1", "2"}  # without a key: random
        assert label(served, path="/versions/3") == "3"
        assert label(served, path="/labels/canary") == "2"
        write(root)
        wait_until(lambda: label(served) == label(served) == label(served) == "3")


def test_a_custom_header_determines_the_version(serve, root):
    write(root, split={"stable": 50, "canary": 50})
    key = next(k for k in map(str, range(100)) if position_of("says", k) >= 50)
    with serve(root, sticky_header="X-User") as served:
        headers = [{"X-User": key, "X-Request-Id": str(i)} for i in range(20)]
        assert {label(served, header) for header in headers} == {"2"}


def test_traffic_for_a_version_that_does_not_serve_goes_to_the_newest(serve, root, capfd):
    write(root, split={"nobody": 100})
    with serve(root) as served:
        assert label(served) == "3"
        assert "no such version serves: nobody" in capfd.readouterr().err
        (root / "says" / "traffic.json").write_text("[")  # the last valid traffic stays
        wait_until(lambda: "bad_traffic" in capfd.readouterr().err)


def test_problems_with_labels_and_traffic_are_in_readyz_until_fixed(serve, root):
    write(root, split={"nobody": 100})
    labels = root / "says" / "labels.json"
    good = labels.read_text()

    def told():
        ready = served.ask("GET", "/readyz")
        assert ready.status == 200
        assert ready.json["status"] == (
            "degraded" if ready.json["models"]["says"]["trouble"] else "ready"
        )
        return " ".join(ready.json["models"]["says"]["trouble"])

    with serve(root) as served:
        assert "no such version serves: nobody" in told()
        labels.write_text('{"7": 3}')
        wait_until(lambda: "labels.json: a label is a word" in told())
        labels.write_text(json.dumps({**json.loads(good), "later": 9}))
        wait_until(lambda: "labels of versions that do not serve: later (9)" in told())
        write(root)
        labels.write_text(good)
        wait_until(lambda: told() == "")


def lines(folder):
    file = folder / "says.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def outcomes(served):
    page = served.ask("GET", "/monitoring/prometheus/metrics").body.decode()
    found = [line.split() for line in page.splitlines() if line.startswith("serving_shadow_total{")]
    return {name.split('outcome="')[1].rstrip('"}'): int(count) for name, count in found}


def test_disagreements_of_the_shadow_are_recorded(serve, root, tmp_path):
    write(root, split={"stable": 100}, shadow={"to": "3"})
    with serve(root, shadow_folder=tmp_path / "kept") as served:
        assert label(served, texts=["long text", "b"]) == "long"
        assert label(served, texts=["long text"]) == "long"
        assert by_grpc(served, "key") == "1"
        wait_until(lambda: outcomes(served) == {"differs": 2, "same": 1})
    (row, other) = lines(tmp_path / "kept")
    assert row == {
        "text": "b",
        "differ": ["label"],
        "answers": {"1": {"label": "1", "score": 1.0}, "3": {"label": "3", "score": 3.0}},
        "signature": "serving_default",
    }
    assert other["text"] == "a"


def test_no_shadow_without_a_folder_or_beyond_its_size(serve, root, tmp_path):
    write(root, shadow={"to": "stable"})
    with serve(root) as served:
        assert label(served) == "3"
        assert outcomes(served) == {}
    with serve(root, shadow_folder=tmp_path / "kept", shadow_bytes=150) as served:
        for _ in range(3):
            assert label(served) == "3"
        wait_until(lambda: outcomes(served) == {"differs": 1, "not_written": 2})
    assert len(lines(tmp_path / "kept")) == 1


def test_a_share_of_the_requests_is_mirrored(serve, root, tmp_path):
    write(root, shadow={"to": "stable", "percent": 30})
    keys = [f"user-{i}" for i in range(60)]
    twice = sum(position_of("says\0shadow", key) < 30 for key in keys)
    with serve(root, shadow_folder=tmp_path / "kept") as served:
        for key in keys:
            label(served, {"X-Request-Id": key})
        wait_until(lambda: outcomes(served) == {"differs": twice})
