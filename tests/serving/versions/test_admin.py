"""The administrator's ports: closed by default, and their effects."""

import json
import shutil
from pathlib import Path

import grpc
import pytest
from tensorflow_serving.apis import model_management_pb2, model_service_pb2_grpc

from pipeline.errors import InputError
from pipeline.serving.server import serve as start
from pipeline.serving.settings import Settings, changed
from tests.serving.conftest import Served, free_port, reachable
from tests.serving.contract_models import function, publish, spec

KEY = "an-admin-key-0123"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Versions 1 to 3 of a model that adds its version."""
    import tensorflow as tf

    root = tmp_path_factory.mktemp("made")
    take = function(spec([None], tf.float32, "x"))
    for number in (1, 2, 3):
        publish(root, "adds", {"serving_default": take(lambda x, n=number: {"y": x + n})}, number)
    return root / "adds"


@pytest.fixture
def root(made, tmp_path):
    shutil.copytree(made, tmp_path / "served" / "adds")
    (tmp_path / "served" / "adds" / "3" / "saved_model.pb").write_bytes(b"broken")
    return tmp_path / "served"


@pytest.fixture
def ports():
    return {"admin_port": free_port(), "admin_grpc_port": free_port()}


@pytest.fixture
def opened(serve, root, ports):
    """The server for clients, and the administrator's HTTP."""
    with serve(root, **ports) as served:
        yield served, Served(f"127.0.0.1:{ports['admin_port']}", "")


def answer(served, path=""):
    return served.ask("POST", f"/v1/models/adds{path}:predict", {"instances": [0]}).json


def test_the_ports_are_closed_by_default(serve, root, ports):
    with serve(root) as served:
        assert not any(reachable(port) for port in ports.values())
        for method, path in (("GET", "/models"), ("PUT", "/models/adds/labels")):
            assert served.ask(method, path, b"{}").status in (404, 405)


def test_labels_take_effect_at_once_and_are_stored(opened, root):
    served, admin = opened
    reply = admin.ask("PUT", "/models/adds/labels", {"stable": 1})
    assert (reply.status, reply.json["labels"]) == (200, {"stable": 1})
    assert reply.json["serving"] == [1, 2]
    assert answer(served, "/labels/stable") == {"predictions": [1.0]}
    assert json.loads((root / "adds" / "labels.json").read_text()) == {"stable": 1}


def test_traffic_takes_effect_at_once(opened):
    served, admin = opened
    assert answer(served) == {"predictions": [2.0]}
    reply = admin.ask("PUT", "/models/adds/traffic", {"split": {"1": 100}})
    assert reply.json["traffic"] == {"split": {"1": 100.0}}
    assert answer(served) == {"predictions": [1.0]}
    traffic = {"split": {"2": 100}, "shadow": {"to": "1", "percent": 10}}
    assert admin.ask("PUT", "/models/adds/traffic", traffic).json["traffic"] == traffic
    assert answer(served) == {"predictions": [2.0]}
    assert admin.ask("PUT", "/models/adds/traffic", {}).json["traffic"] == {}


@pytest.mark.parametrize(
    ("path", "body", "status", "message"),
    [
        ("/models/adds/labels", {"stable": 9}, 400, "no such version serves: 9; nothing was"),
        ("/models/adds/labels", {"stable": 3}, 400, "saved_model.pb: changed since"),
        (
            "/models/adds/labels",
            {"stable": "1"},
            400,
            "labels: expected an object that maps labels",
        ),
        ("/models/adds/labels", {"1": 1}, 400, "a label is a word"),
        ("/models/adds/labels", b"{", 400, "JSON Parse error"),
        ("/models/adds/labels", b" " * 2_000_000, 413, "larger than 1048576 bytes"),
        ("/models/nobody/labels", {}, 404, "Could not find any versions of model nobody"),
        ("/models/..%2F..%2Fetc/labels", {}, 404, ""),
        (
            "/models/adds/traffic",
            {"split": {"1": 10}},
            400,
            "traffic: split: the shares add up to 10",
        ),
        ("/models/adds/traffic", {"split": {"canary": 100}}, 400, "serves: canary; nothing"),
        ("/models/adds/traffic", {"shadow": {"to": "3"}}, 400, "saved_model.pb: changed since"),
    ],
)
def test_refused_requests_change_nothing(opened, root, path, body, status, message):
    served, admin = opened
    assert admin.ask("PUT", "/models/adds/labels", {"stable": 2}).status == 200
    before = admin.ask("GET", "/models").json
    reply = admin.ask("PUT", path, body)
    assert reply.status == status
    assert message in (reply.json["error"] if message else "")
    assert admin.ask("GET", "/models").json == before
    assert json.loads((root / "adds" / "labels.json").read_text()) == {"stable": 2}
    assert not (root / "adds" / "traffic.json").exists()
    assert answer(served) == {"predictions": [2.0]}


def test_a_file_that_cannot_be_written_is_reported(opened, root):
    """As with models mounted read-only; a folder in place of the file has the same effect."""
    _, admin = opened
    for name in ("labels", "traffic"):
        (root / "adds" / f"{name}.json").mkdir()
        reply = admin.ask("PUT", f"/models/adds/{name}", {})
        assert reply.status == 400
        assert f"{name}.json cannot be written (Is a directory)" in reply.json["error"]


def test_a_missing_folder_is_reported(opened, root):
    served, admin = opened
    (root / "adds").rename(root / ".away")
    for name in ("labels", "traffic"):
        reply = admin.ask("PUT", f"/models/adds/{name}", {})
        assert reply.status == 400
        assert "its folder cannot be read (No such file" in reply.json["error"]
    assert answer(served) == {"predictions": [2.0]}


def test_version_0_is_a_version(opened, root, made):
    served, admin = opened
    shutil.copytree(made / "1", root / "adds" / "0")
    assert admin.ask("PUT", "/models/adds/labels", {"first": 0}).json["labels"] == {"first": 0}
    assert admin.ask("PUT", "/models/adds/traffic", {"split": {"first": 100}}).status == 200
    assert answer(served) == {"predictions": [1.0]}


def test_a_label_used_by_traffic_cannot_be_removed(opened):
    _, admin = opened
    admin.ask("PUT", "/models/adds/labels", {"stable": 1, "canary": 2})
    admin.ask("PUT", "/models/adds/traffic", {"split": {"stable": 50, "canary": 50}})
    reply = admin.ask("PUT", "/models/adds/labels", {"stable": 1})
    assert (reply.status, reply.json["error"].split(": ")[1]) == (
        400,
        "its traffic still names canary; change that first",
    )
    assert admin.ask("GET", "/models").json["adds"]["labels"] == {"stable": 1, "canary": 2}


def test_reload_polls_at_once(serve, root, made, ports):
    with serve(root, **ports, poll_seconds=1000) as served:
        admin = Served(f"127.0.0.1:{ports['admin_port']}", "")
        shutil.copytree(made / "1", root / "adds" / "7")
        assert answer(served) == {"predictions": [2.0]}
        assert admin.ask("POST", "/reload").json["adds"]["serving"] == [7]
        assert answer(served) == {"predictions": [1.0]}


def test_keys_of_clients_are_refused(serve, root, ports, tmp_path):
    (tmp_path / "clients").write_text("a-client-key-0123\n")
    (tmp_path / "admins").write_text(f"{KEY}\n")
    keys = {"api_keys": tmp_path / "clients", "admin_keys": tmp_path / "admins"}
    with serve(root, **ports, **keys):
        admin = Served(f"127.0.0.1:{ports['admin_port']}", "")
        statuses = [
            admin.ask("GET", "/models", None, {"Authorization": f"Bearer {key}"}).status
            for key in (KEY, "a-client-key-0123", "")
        ]
        assert statuses == [200, 401, 401]
        assert reload(ports, {}, "a-client-key-0123") == grpc.StatusCode.UNAUTHENTICATED


def reload(ports, configs, key="", port="admin_grpc_port"):
    """The status in the response to ReloadConfig, or the code of a refused call."""
    request = model_management_pb2.ReloadConfigRequest()
    rows = request.config.model_config_list
    for name, (base_path, labels) in configs.items():
        row = rows.config.add(name=name, base_path=str(base_path))
        row.version_labels.update(labels)
    with grpc.insecure_channel(f"127.0.0.1:{ports[port]}") as channel:
        stub = model_service_pb2_grpc.ModelServiceStub(channel)
        try:
            metadata = [("authorization", f"Bearer {key}")]
            status = stub.HandleReloadConfigRequest(request, 20, metadata).status
        except grpc.RpcError as error:
            return error.code()
        return status.error_code, status.error_message


def test_reload_config_sets_labels_only_on_the_admin_port(opened, root, ports):
    served, _ = opened
    good = {"adds": (root / "adds", {"stable": 1})}
    assert reload(ports, good) == (0, "")
    assert answer(served, "/labels/stable") == {"predictions": [1.0]}
    clients = {"grpc_port": served.grpc.split(":")[1]}
    assert reload(clients, good, port="grpc_port") == grpc.StatusCode.PERMISSION_DENIED
    for configs, expected in [
        ({"adds": (root / "adds", {"stable": 9})}, "no such version serves: 9"),
        ({"adds": ("/etc", {})}, "expected its own folder below the served one"),
        ({"adds": ("adds", {})}, "expected its own folder below the served one"),
        ({"adds": (root / "adds" / ".." / ".." / "x", {})}, "expected its own folder"),
        ({"adds": ("/a\0b", {})}, "expected its own folder"),
        ({"a\0b": (root / "adds", {})}, "expected its own folder"),
        ({}, "Only a model_config_list is supported"),
        ({"other": (root / "other", {})}, "serves its whole folder; not listed: ['adds']"),
    ]:
        code, message = reload(ports, configs)
        assert code != 0
        assert expected in message
    assert answer(served, "/labels/stable") == {"predictions": [1.0]}


def test_a_port_beyond_loopback_needs_keys(root):
    with pytest.raises(InputError, match="needs admin_keys"):
        start(changed(Settings(Path(root)), ["admin_port=1", "admin_host=0.0.0.0"]))
