"""Health, metrics, logs, limits and misbehaving clients."""

import contextlib
import gzip
import http.client
import io
import json
import re
import shutil
import ssl
import subprocess
import sys
import time
from pathlib import Path

import grpc
import pytest
from tensorflow_serving.apis import (
    get_model_status_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
)

from pipeline.errors import InputError
from pipeline.serving.keys import read_keys
from pipeline.serving.server import serve as start
from pipeline.serving.settings import Limits, Settings, changed
from tests.serving.conftest import raw

BODY = b'{"instances": [1]}'
PATH = "/v1/models/half_plus_two:predict"


@pytest.fixture(autouse=True)
def ours(served):
    if not served.ours:
        pytest.skip("our server's own")


def test_health(served):
    assert served.ask("GET", "/livez").status == 200
    ready = served.ask("GET", "/readyz")
    assert (ready.status, ready.json["status"]) == (200, "ready")
    assert ready.json["models"]["half_plus_two"] == {
        "serving": [123],
        "quarantined": {},
        "trouble": [],
    }


@pytest.mark.skipif(not shutil.which("curl"), reason="no curl on this machine")
@pytest.mark.parametrize(
    "arguments",
    [
        ["-d", BODY.decode()],
        ["--json", BODY.decode()],
        ["-H", "Transfer-Encoding: chunked", "-d", BODY.decode()],
        ["-H", "Expect: 100-continue", "-d", BODY.decode() + " " * 100_000],
        ["--http1.0", "-d", BODY.decode()],
        ["--http2-prior-knowledge", "-d", BODY.decode()],
        ["-H", "Content-Encoding: gzip", "--data-binary", "@body.gz"],
    ],
    ids=lambda arguments: arguments[0] + arguments[1][:20],
)
def test_curl(served, tmp_path, arguments):
    (tmp_path / "body.gz").write_bytes(gzip.compress(BODY))
    command = ["curl", "-sS", "--noproxy", "*", *arguments, f"http://{served.rest}{PATH}"]
    done = subprocess.run(command, capture_output=True, cwd=tmp_path, check=True, timeout=30)
    assert json.loads(done.stdout) == {"predictions": [2.5]}


def test_metrics_have_the_names_of_tensorflow_serving(served):
    served.predict("half_plus_two", BODY)
    served.predict("nobody-knows-this", BODY)
    answer = served.ask("GET", "/monitoring/prometheus/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    page = answer.body.decode()
    for line in (
        r':tensorflow:serving:request_count{model_name="half_plus_two",status="OK"} \d+',
        r':tensorflow:serving:request_latency_count{model_name="half_plus_two",API="Predict",'
        r'entrypoint="REST"} \d+',
        r':tensorflow:serving:runtime_latency_bucket{model_name="half_plus_two",API="Predict",'
        r'runtime="TF2",le="18"} \d+',
        r'serving_requests_total{model="half_plus_two",version="123",'
        r'signature="serving_default",entrypoint="REST",code="OK"} \d+',
        r'serving_queue_requests{model="half_plus_two",version="123",'
        r'signature="serving_default"} 0',
        r'serving_batch_rows_bucket{model="half_plus_two",version="123",'
        r'signature="serving_default",le="1"} \d+',
        r'serving_versions{model="half_plus_two",state="AVAILABLE"} 1',
    ):
        assert re.search(f"^{line.replace('{', '[{]')}$", page, re.MULTILINE), line
    assert "nobody-knows-this" not in page  # names invented by clients must not create time series


@pytest.mark.parametrize(("given", "kept"), [("a-1.b_2", True), ("a b", False), ("x" * 200, False)])
def test_a_request_id_that_is_a_plain_word_is_kept(served, given, kept):
    answer = served.ask("POST", PATH, BODY, {"X-Request-Id": given})
    assert (answer.headers["x-request-id"] == given) == kept
    assert re.fullmatch(r"[\w.-]{7,36}", answer.headers["x-request-id"])


def test_logs_have_one_line_per_request_and_no_text_of_the_user(serve, contract_models, capfd):
    with serve(contract_models, log_requests=True) as served:
        served.ask("POST", PATH, {"instances": ["secret"]}, {"X-Request-Id": "id-7"})
        served.ask("GET", "/v1/models/half_plus_two%0asecret")
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines() if "{" in line]
    (line,) = [line for line in lines if line.get("request_id") == "id-7"]
    assert (line["status"], line["code"], line["api"]) == (400, "INVALID_ARGUMENT", "Predict")
    assert "secret" not in json.dumps(lines)


def test_a_call_of_grpc_is_found_in_the_logs_by_its_id(serve, contract_models, capfd):
    request = predict_pb2.PredictRequest()
    request.model_spec.name = "secret"
    with (
        serve(contract_models, log_requests=True) as served,
        grpc.insecure_channel(served.grpc) as channel,
    ):
        stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        for sent in ("id-8", "no id: secret"):
            with pytest.raises(grpc.RpcError) as caught:
                stub.Predict(request, 30, metadata=[("x-request-id", sent)])
            trailing = dict(caught.value.trailing_metadata())
            assert (trailing["x-request-id"] == sent) == (sent == "id-8")
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines() if "{" in line]
    (line,) = [line for line in lines if line.get("request_id") == "id-8"]
    assert (line["code"], line["api"], line["entrypoint"]) == ("NOT_FOUND", "Predict", "GRPC")
    assert [line for line in lines if line.get("request_id") == trailing["x-request-id"]]
    assert "secret" not in json.dumps(lines)


def test_requests_are_answered_without_logs(serve, contract_models, monkeypatch):
    with (
        serve(contract_models, log_requests=True) as served,
        open("/dev/full", "wb", buffering=0) as full,
        monkeypatch.context() as patch,
    ):
        patch.setattr(sys, "stderr", io.TextIOWrapper(full, write_through=True))
        assert served.ask("POST", PATH, BODY).json == {"predictions": [2.5]}


def test_too_many_requests_get_retry_after(serve, contract_models):
    with serve(contract_models, limits=Limits(concurrent=0)) as served:
        answer = served.predict("half_plus_two", BODY)
    assert (answer.status, answer.headers["retry-after"]) == (429, "1")


def test_a_request_past_its_deadline_gets_504(serve, contract_models):
    with serve(contract_models, limits=Limits(seconds=0)) as served:
        assert served.predict("half_plus_two", BODY).status == 504


def test_an_incomplete_body_times_out(serve, contract_models):
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n".encode()
    with serve(contract_models, limits=Limits(body_seconds=0.2)) as served:
        answer = raw(served, [head, b"{"])
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in answer.lower()


def test_an_incomplete_header_times_out(serve, contract_models):
    with serve(contract_models, limits=Limits(header_seconds=0.3)) as served:
        began = time.monotonic()
        raw(served, b"POST /v1/models/half_plus_two:predict HTTP/1.1\r\nHost: x\r\nX-")
        assert time.monotonic() - began < 4


KEY = "0123456789abcdef"


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (f"Bearer {KEY}", 200),
        (f"bearer {KEY}", 200),
        ("Bearer wrong-wrong-wrong", 401),
        (KEY, 401),
        ("", 401),
        ("Bearer ", 401),
    ],
)
def test_keys(serve, contract_models, tmp_path, sent, status):
    (tmp_path / "keys").write_text(f"# ours\nanother-long-key-1\n{KEY}\n")
    with serve(contract_models, api_keys=tmp_path / "keys") as served:
        assert served.ask("POST", PATH, BODY, {"Authorization": sent}).status == status
        assert served.ask("GET", "/livez").status == 200
        with grpc.insecure_channel(served.grpc) as channel:
            request = get_model_status_pb2.GetModelStatusRequest()
            request.model_spec.name = "half_plus_two"
            stub = model_service_pb2_grpc.ModelServiceStub(channel)
            metadata = [("authorization", sent)]
            if status == 200:
                assert stub.GetModelStatus(request, 20, metadata).model_version_status
            else:
                with pytest.raises(grpc.RpcError) as caught:
                    stub.GetModelStatus(request, 20, metadata)
                assert caught.value.code() == grpc.StatusCode.UNAUTHENTICATED


@pytest.mark.skipif(not shutil.which("openssl"), reason="a certificate is made with openssl")
def test_tls(serve, contract_models, tmp_path):
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost"
    names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    files = ["-out", str(cert), "-keyout", str(key)]
    subprocess.run([*command.split(), *names, *files], check=True, capture_output=True)
    with serve(contract_models, tls_cert=cert, tls_key=key) as served:
        context = ssl.create_default_context(cafile=str(cert))
        connection = http.client.HTTPSConnection(served.rest, context=context, timeout=20)
        with contextlib.closing(connection):
            connection.request("POST", PATH, BODY)
            assert json.loads(connection.getresponse().read()) == {"predictions": [2.5]}
        trusted = grpc.ssl_channel_credentials(cert.read_bytes())
        with grpc.secure_channel(served.grpc, trusted) as channel:
            request = get_model_status_pb2.GetModelStatusRequest()
            request.model_spec.name = "half_plus_two"
            stub = model_service_pb2_grpc.ModelServiceStub(channel)
            assert stub.GetModelStatus(request, 20).model_version_status[0].version == 123


@pytest.mark.parametrize("inside", ["half_plus_two", "half_plus_two/00000123"])
def test_the_folder_of_one_model_is_refused(contract_models, inside):
    with pytest.raises(
        InputError, match=rf"{inside}: this is one model; expected the folder above it with <name>/"
    ):
        start(Settings(contract_models / inside))


def test_tls_needs_both_files(contract_models, tmp_path):
    with pytest.raises(InputError, match="only one of them"):
        start(Settings(contract_models, tls_cert=tmp_path / "cert.pem"))
    missing = Settings(contract_models, tls_cert=tmp_path / "a.pem", tls_key=tmp_path / "b.pem")
    with pytest.raises(InputError, match="no such file"):
        start(missing)


@pytest.mark.parametrize("text", ["", "# none\n", "short\n"])
def test_bad_key_files(tmp_path, text):
    (tmp_path / "keys").write_text(text)
    with pytest.raises(InputError, match="at least 16 characters"):
        read_keys(tmp_path / "keys")
    with pytest.raises(InputError, match="expected a file"):
        read_keys(tmp_path / "none")


def test_a_declared_size_beyond_the_limit_is_refused_before_it_is_sent(served):
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n".encode()
    assert raw(served, head).startswith(b"HTTP/1.1 413 ")


def test_chunks_beyond_the_limit_are_refused(served):
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    chunk = b"186a0\r\n" + b" " * 100_000 + b"\r\n"
    assert raw(served, head + chunk * 11).startswith(b"HTTP/1.1 413 ")


def test_two_lengths_get_one_response_and_close_the_connection(served):
    """A request smuggled behind another one must not be read as the next."""
    smuggled = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
    data = (
        f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n"
        "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    ).encode()
    answer = raw(served, data + smuggled)
    assert answer.count(b"HTTP/1.1 ") == 1
    assert answer.startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [("OPTIONS", {"Origin": "http://x"}, 200), ("OPTIONS", {}, 400), ("GET", {}, 200)],
)
def test_pages_of_other_origins_only_with_a_flag(
    serve, served, contract_models, method, headers, status
):
    plain = served.ask(method, "/v1/models/half_plus_two", None, headers)
    assert "access-control-allow-origin" not in plain.headers
    with serve(contract_models, cors=True) as open_one:
        answer = open_one.ask(method, "/v1/models/half_plus_two", None, headers)
    assert answer.status == status
    assert answer.headers["access-control-allow-origin"] == "*"


def test_pages_of_other_origins_may_send_a_key_if_needed(serve, contract_models, tmp_path):
    (tmp_path / "keys").write_text(f"{KEY}\n")
    preflight = {"Origin": "http://x", "Access-Control-Request-Headers": "authorization"}
    keys = {"api_keys": tmp_path / "keys"}
    for more, allowed in (({}, "Content-Type"), (keys, "Content-Type, Authorization")):
        with serve(contract_models, cors=True, **more) as open_one:
            answer = open_one.ask("OPTIONS", "/v1/models/half_plus_two", None, preflight)
        assert answer.status == 200
        assert answer.headers["access-control-allow-headers"] == allowed


HOSTILE = [
    b'{"instances": [' + b"9" * 5000 + b"]}",
    b'{"instances": [1e400]}',
    b'{"instances": ["\\ud800"]}',
    b'{"instances": [' + b"[" * 100_000,
    b'{"instances": ' + b'{"x":' * 900 + b"1" + b"}" * 900 + b"}",
    b'{"instances": [{"b64": [1]}]}',
    b'{"instances": {"a": 1}}',
    b'{"instances": null}',
    b"\x00",
    b"\xff\xfe{}",
    b'"',
    b'{"inputs": {"x": {"x": 1}}}',
    b'{"examples": [[]]}',
    b'{"signature_name": "' + b"a" * 100_000 + b'", "instances": [1]}',
]


@pytest.mark.parametrize("verb", ["predict", "classify", "regress"])
@pytest.mark.parametrize("body", HOSTILE, ids=range(len(HOSTILE)))
def test_no_body_causes_a_server_error(served, verb, body):
    for model in ("half_plus_two", "examples", "shapes"):
        answer = served.ask("POST", f"/v1/models/{model}:{verb}", body)
        assert 400 <= answer.status < 500, answer.body
        assert len(answer.body) < 3000


opened: list[str] = []
watching = False


def watch_files(event, arguments):
    """An audit hook; it cannot be removed, so it checks whether it is active."""
    if watching and event == "open":
        opened.append(str(arguments[0]))


NAMES = [
    "..",
    "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "%2Fetc%2Fpasswd",
    "half_plus_two%00",
    "half_plus_two%2F00000123",
    "C%3A%5Cx",
    "\u2024\u2024".encode().decode("latin-1"),
    "%ff%fe",
    "a" * 3000,
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_only_looked_up(served, name):
    """No file is opened, whatever the name points to."""
    global watching
    sys.addaudithook(watch_files)
    opened.clear()
    watching = True
    try:
        for method, path in (
            ("POST", f"/v1/models/{name}:predict"),
            ("GET", f"/v1/models/{name}"),
            ("GET", f"/v1/models/{name}/metadata"),
            ("GET", f"/v1/models/half_plus_two/labels/{name}"),
        ):
            head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{{}}"
            answer = raw(served, head.encode("latin-1"))
            assert answer.startswith((b"HTTP/1.1 404 ", b"HTTP/1.1 400 "))
    finally:
        watching = False
    root = str(served.server.models.root)
    assert not [name for name in opened if not name.startswith(root) and "passwd" in name]


def test_settings_are_changed_by_name(tmp_path):
    given = ["cors=true", "limits.body=1000", "grace_seconds=1.5", "api_keys=keys"]
    settings = changed(Settings(tmp_path), given)
    assert (settings.cors, settings.grace_seconds) == (True, 1.5)
    assert settings.limits == Limits(body=1000)
    assert settings.api_keys == Path("keys")


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("no=1", "no setting 'no'; expected host, rest_port, "),
        ("limits.no=1", "no setting 'no'; expected body, "),
        ("limits=1", "no setting 'limits'"),
        ("cors=yes", "expected a value of type bool"),
        ("max_batch=1.5", "expected a value of type int"),
        ("max_batch", "expected"),
    ],
)
def test_invalid_settings(tmp_path, override, message):
    with pytest.raises(InputError, match=re.escape(message)):
        changed(Settings(tmp_path), [override])
