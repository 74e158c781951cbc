"""Versions are added, removed, refused and repaired while requests are answered."""

import itertools
import json
import os
import shutil
import threading
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_log_pb2

from pipeline import artifacts
from pipeline.runs import MANIFEST
from pipeline.serving.versions.model import Model
from pipeline.serving.versions.registry import ModelRegistry
from pipeline.stages.publishing import rollback
from tests.serving.conftest import wait_until
from tests.serving.contract_models import examples, function, publish, spec

X = spec([None], tf.float32, "x")


def adding(number):
    """Signatures of a model that adds a number."""
    return {"serving_default": function(X)(lambda x: {"y": x + number})}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Versions 1 to 3 of a model that adds its version. Tests copy from them."""
    root = tmp_path_factory.mktemp("made")
    return {number: publish(root, "adds", adding(number), str(number)) for number in (1, 2, 3)}


@pytest.fixture
def root(tmp_path):
    (tmp_path / "adds").mkdir()
    return tmp_path


@pytest.fixture
def put(made, root):
    """Publish a copy of a version atomically."""

    def publish_copy(number, name="adds", version=None, damage=lambda folder: None):
        (root / name).mkdir(exist_ok=True)
        aside = root / name / f".staging-{number}"
        shutil.copytree(made[number], aside)
        damage(aside)
        return aside.rename(root / name / str(version or number))

    return publish_copy


def break_graph(folder):
    file = folder / "saved_model.pb"
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


def lose_variables_and_seal(folder):
    """Make a version with a valid manifest that does not load."""
    shutil.rmtree(folder / "variables")
    (folder / MANIFEST).unlink()
    artifacts.seal(folder, {})


def answer(served, name="adds", path=""):
    """The version that answers: the number added to 0."""
    reply = served.ask("POST", f"/v1/models/{name}{path}:predict", {"instances": [0]})
    return int(reply.json["predictions"][0]) if reply.status == 200 else reply.json["error"]


def states(served, name="adds"):
    rows = served.ask("GET", f"/v1/models/{name}").json["model_version_status"]
    return {int(row["version"]): row["state"] for row in rows}


def quarantined(served, name="adds"):
    return served.ask("GET", "/readyz").json["models"][name]["quarantined"]


def test_a_new_version_replaces_the_old_one(serve, root, put):
    put(1)
    with serve(root) as served:
        assert answer(served) == 1
        put(2)
        wait_until(lambda: answer(served) == 2)
        wait_until(lambda: states(served) == {2: "AVAILABLE", 1: "END"})
        assert list(states(served)) == [2, 1]  # the newest first
        assert (
            answer(served, path="/versions/1")
            == "Servable not found for request: Specific(adds, 1)"
        )


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (break_graph, "saved_model.pb: changed since it was published"),
        (lose_variables_and_seal, "variables"),
        (lambda folder: (folder / MANIFEST).unlink(), "manifest.json: no such file"),
        (lambda folder: (folder / "more.txt").touch(), "more.txt: is not in the manifest"),
    ],
    ids=["changed", "not loadable", "no manifest", "unlisted"],
)
def test_a_bad_newest_version_is_quarantined_with_its_reason(serve, root, put, damage, reason):
    put(1)
    put(2, damage=damage)
    with serve(root) as served:  # a cold start
        assert answer(served) == 1
        ready = served.ask("GET", "/readyz")
        assert (ready.status, ready.json["status"]) == (200, "degraded")
        assert reason in quarantined(served)["2"]
        (bad, good) = served.ask("GET", "/v1/models/adds").json["model_version_status"]
        assert (bad["version"], bad["state"]) == ("2", "END")
        assert bad["status"]["error_code"] != "OK"
        assert reason in bad["status"]["error_message"]
        assert good["state"] == "AVAILABLE"


def test_readers_of_the_quarantine_are_not_disturbed(root, put):
    """A request of /readyz once iterated a dictionary that changed meanwhile."""
    put(1)
    put(2)

    def load(name, number, folder):
        raise ValueError(str(number))

    model = Model("adds", root / "adds", load)
    model.poll()
    read = iter(model.quarantine.items())
    assert next(read)[0] == 2
    put(3)
    model.poll()
    assert next(read)[0] == 1
    assert sorted(model.quarantine) == [1, 2, 3]


def test_a_name_that_is_not_utf_8_does_not_affect_other_models(root, put, capfd):
    put(1)
    (root / os.fsdecode(b"\xff") / "1").mkdir(parents=True)

    def load(name, number, folder):
        raise ValueError(f"{folder}: bad \udcff")

    models = ModelRegistry(root, load)
    models.poll()
    models.poll()
    assert list(models.by_name) == ["adds"]
    assert models.by_name["adds"].quarantine[1].reason.endswith("bad \\udcff")
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    (event,) = [line for line in lines if line["event"] == "cannot_poll"]
    assert (event["where"], event["reason"][:9]) == ("\udcff", "not UTF-8")
    models.stop()


def test_a_recurring_problem_is_logged_again(root, put, capfd):
    put(1)
    models = ModelRegistry(root, lambda name, number, folder: SimpleNamespace())
    models.poll()
    home = root.rename(root.with_name("away"))
    for _ in range(2):
        models.poll()
    home.rename(root)
    models.poll()
    root.rename(home)
    models.poll()
    home.rename(root)
    events = [json.loads(line)["event"] for line in capfd.readouterr().err.splitlines()]
    assert events.count("cannot_poll") == 4  # twice for the root, twice for the model
    models.stop()


def test_stopping_the_watcher_wakes_callers_of_refresh(root):
    models = ModelRegistry(root, None)  # no watcher, as after the last poll
    waiting = threading.Thread(target=models.refresh, daemon=True)
    waiting.start()
    wait_until(models._poll_now.is_set)
    models.stop()
    waiting.join(5)
    assert not waiting.is_alive()


def test_a_later_bad_version_changes_nothing(serve, root, put):
    put(1)
    with serve(root) as served:
        put(2, damage=break_graph)
        wait_until(lambda: quarantined(served))
        assert answer(served) == 1


def test_a_repaired_version_serves(serve, root, put):
    bad = put(1, damage=break_graph)
    with serve(root) as served:
        assert served.ask("GET", "/readyz").status == 503
        assert served.ask("GET", "/livez").status == 200
        assert answer(served) == "Servable not found for request: Latest(adds)"
        shutil.rmtree(bad)
        put(1)
        wait_until(lambda: answer(served) == 1)
        assert served.ask("GET", "/readyz").json["status"] == "ready"


def test_one_bad_model_does_not_stop_the_others(serve, root, put):
    put(1, name="aa", damage=break_graph)
    put(1)
    (root / "bb").write_text("no folder")
    with serve(root) as served:
        assert answer(served) == 1
        put(2)
        wait_until(lambda: answer(served) == 2)
        assert answer(served, "bb") == "Servable not found for request: Latest(bb)"


def test_a_new_model_is_found(serve, root, put):
    put(1)
    with serve(root) as served:
        put(2, name="more")
        wait_until(lambda: answer(served, "more") == 2)


def test_removing_a_version_restores_the_previous_one(serve, root, put):
    put(1)
    newest = put(2)
    with serve(root) as served:
        assert answer(served) == 2
        newest.rename(root / "away")
        wait_until(lambda: answer(served) == 1)
        (root / "adds" / "1").rename(root / "gone")
        wait_until(lambda: answer(served) == "Servable not found for request: Latest(adds)")


def test_a_model_whose_folder_disappears_continues_to_serve(serve, root, put):
    put(1)
    with serve(root) as served:
        (root / "adds").rename(root / ".away")
        put(3, name="more")
        wait_until(lambda: answer(served, "more") == 3)
        assert answer(served) == 1


def test_an_overwritten_version_continues_to_serve_and_is_logged(serve, root, put, capfd):
    folder = put(1)
    with serve(root) as served:
        break_graph(folder)
        wait_until(lambda: "version_changed_on_disk" in capfd.readouterr().err)
        assert answer(served) == 1


def test_only_numbers_are_versions(serve, root, put):
    put(2, version="002")
    put(1, version="02")  # of two names for one number, the shorter counts
    put(1, version="7.tmp")
    put(1, version=".8")
    put(1, version="٩")
    with serve(root) as served:
        assert states(served) == {2: "AVAILABLE"}
        assert answer(served) == 1


def test_labelled_versions_stay_loaded(serve, root, put):
    put(1)
    put(2)
    (root / "adds" / "labels.json").write_text(json.dumps({"stable": 1, "canary": 2}))
    with serve(root) as served:
        assert answer(served) == 2
        assert answer(served, path="/labels/stable") == 1
        put(3)
        wait_until(lambda: answer(served) == 3)
        assert answer(served, path="/labels/canary") == 2
        (root / "adds" / "labels.json").write_text(json.dumps({"stable": 2}))
        wait_until(lambda: answer(served, path="/labels/stable") == 2)
        wait_until(lambda: states(served) == {3: "AVAILABLE", 2: "AVAILABLE", 1: "END"})
        (root / "adds" / "labels.json").write_text("[")  # the last valid labels stay
        put(1, name="more")
        wait_until(lambda: answer(served, "more") == 1)
        assert answer(served, path="/labels/stable") == 2


def test_a_link_out_of_the_folder_is_not_followed(serve, root, put, made):
    put(1)
    (root / "adds" / "2").symlink_to(made[2])
    with serve(root) as served:
        assert answer(served) == 1
        assert "a link to outside" in quarantined(served)["2"]


def test_a_version_of_another_exporter_needs_a_flag(serve, root, put):
    put(1, damage=lambda folder: (folder / MANIFEST).unlink())
    with serve(root, need_manifest=False) as served:
        assert answer(served) == 1


@pytest.mark.parametrize("name", ["model.keras", "model.h5", "model.pkl"])
def test_only_saved_models_are_loaded(serve, root, put, name):
    def swap(folder):
        (folder / "saved_model.pb").rename(folder / name)
        (folder / MANIFEST).unlink()

    put(1)
    put(2, damage=swap)
    with serve(root, need_manifest=False) as served:
        assert answer(served) == 1
        assert "saved_model.pb" in quarantined(served)["2"]


def test_a_graph_with_a_forbidden_op_is_refused(serve, root):
    def write(x):
        with tf.control_dependencies([tf.io.write_file("/tmp/never", tf.as_string(x[0]))]):
            return {"y": tf.identity(x)}

    publish(root, "adds", {"serving_default": function(X)(write)}, "1")
    with serve(root) as served:
        assert "the graph contains WriteFile" in quarantined(served)["1"]


def test_no_request_fails_while_versions_change(serve, root, put):
    put(1)
    failed, answered, stop = [], [], threading.Event()
    with serve(root) as served:

        def client():
            while not stop.is_set():
                reply = served.predict("adds", {"instances": [0]})
                (answered if reply.status == 200 else failed).append(reply)

        clients = [threading.Thread(target=client) for _ in range(4)]
        for thread in clients:
            thread.start()
        for number in itertools.islice(itertools.cycle((1, 2, 3)), 6):
            version = 10 + len(list((root / "adds").iterdir()))
            put(number, version=version)
            wait_until(lambda number=number: answer(served) == number)
        stop.set()
        for thread in clients:
            thread.join()
    assert not failed
    assert answered


def anonymous_kib():
    """Anonymous resident memory of this process."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon:"))


@pytest.mark.slow
def test_memory_does_not_grow_with_versions(serve, root, put):
    """Fifty changes after the first fifteen, under load: no failed request, less than 5 % more."""
    put(1)
    failed, stop, seen = [], threading.Event(), []
    with serve(root) as served:

        def client():
            while not stop.is_set():
                reply = served.predict("adds", {"instances": [0]})
                failed.extend([reply] if reply.status != 200 else [])

        thread = threading.Thread(target=client)
        thread.start()
        for change in range(65):
            number = 2 + change % 2
            folder = put(number, version=100 + change)
            wait_until(lambda number=number: answer(served) == number)
            for old in (root / "adds").iterdir():
                if old != folder:
                    shutil.rmtree(old)
            if change >= 14:
                seen.append(anonymous_kib())
        stop.set()
        thread.join()
    assert not failed
    assert seen[-1] < 1.05 * seen[0]


def test_a_running_server_follows_a_rollback(serve, root, put):
    put(1)
    put(2)
    with serve(root) as served:
        assert answer(served) == 2
        assert rollback.run(root / "adds").name == "3"
        wait_until(lambda: answer(served) == 1)
        assert states(served)[3] == "AVAILABLE"
        put(3, version=4)  # a later version replaces it
        wait_until(lambda: answer(served) == 3)


def warmup(folder, *records):
    """Write warm-up requests into a version, and its manifest anew."""
    (folder / "assets.extra" / "manifest.json").unlink()
    file = folder / "assets.extra" / "tf_serving_warmup_requests"
    with tf.io.TFRecordWriter(str(file)) as writer:
        for record in records:
            writer.write(record.SerializeToString())
    artifacts.seal(folder, {})


def logged(name, value):
    """The log of a predict request."""
    request = predict_pb2.PredictRequest()
    request.inputs[name].CopyFrom(tf.make_tensor_proto(value))
    return prediction_log_pb2.PredictionLog(
        predict_log=prediction_log_pb2.PredictLog(request=request)
    )


def test_warm_up_requests_are_answered_before_a_version_serves(serve, root, put):
    record = logged("x", np.array([1, 2], np.float32))
    put(1, damage=lambda folder: warmup(folder, record, record))
    with serve(root) as served:
        assert answer(served) == 1
        page = served.ask("GET", "/monitoring/prometheus/metrics").body.decode()
        assert "model_warmup_records_read{" in page
        assert '/adds/1"} 2\n' in page


def of_examples(kind, *signatures):
    """The log of a request over one example; several signatures for multi-inference."""
    log = prediction_log_pb2.PredictionLog()
    request = getattr(log, kind).request
    request.input.example_list.examples.add().features.feature["x"].float_list.value.append(1.5)
    for name in signatures:
        spec = (request.tasks.add() if len(signatures) > 1 else request).model_spec
        spec.signature_name = name
    return log


def test_warm_up_requests_of_every_kind(serve, root):
    folder = publish(root, "kinds", examples(), "1")
    records = [
        of_examples("classify_log", "unlabelled"),
        of_examples("regress_log", "regress"),
        of_examples("multi_inference_log", "", "regress"),
    ]
    warmup(folder, *records)
    with serve(root) as served:
        assert states(served, "kinds") == {1: "AVAILABLE"}
        page = served.ask("GET", "/monitoring/prometheus/metrics").body.decode()
        assert '/kinds/1"} 4\n' in page  # one per signature


@pytest.mark.parametrize(
    "record",
    [
        logged("z", np.array([1], np.float32)),
        logged("x", np.array([[1]], np.float32)),
        prediction_log_pb2.PredictionLog(),
    ],
    ids=["input", "shape", "kind"],
)
def test_a_version_with_a_bad_warm_up_request_does_not_serve(serve, root, put, record):
    put(1)
    put(2, damage=lambda folder: warmup(folder, record))
    with serve(root) as served:
        assert answer(served) == 1
        assert "tf_serving_warmup_requests: warm-up request 1: " in quarantined(served)["2"]
