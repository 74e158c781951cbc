"""The command `serve`: its two processes, and how they stop."""

import http.client
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import tensorflow as tf

from tests.serving.conftest import Served, free_port, reachable, wait_until
from tests.serving.contract_models import function, publish, spec

ROOT = Path(__file__).parent.parent.parent
pytestmark = pytest.mark.slow


def busy(x):
    """About 30 ms of work."""
    counted = tf.while_loop(lambda i: i < 4000, lambda i: [i + 1], [tf.constant(0)])
    return {"y": x + tf.cast(counted[0], tf.float32)}


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    root = tmp_path_factory.mktemp("busy")
    publish(root, "busy", {"serving_default": function(spec([None], tf.float32, "x"))(busy)}, "1")
    return root


@pytest.fixture
def started(models):
    """The process of `main.py serve`, and the server."""
    rest, grpc = free_port(), free_port()
    command = [
        sys.executable,
        "main.py",
        "serve",
        "--models",
        str(models),
        "--set",
        "log_requests=false",
    ]
    ports = ["--rest-port", str(rest), "--grpc-port", str(grpc)]
    process = subprocess.Popen([*command, *ports], cwd=ROOT)
    served = Served(f"127.0.0.1:{rest}", f"127.0.0.1:{grpc}")

    def ready():
        return reachable(rest) and served.ask("GET", "/readyz").status == 200

    try:
        wait_until(ready, 60)
        yield process, served, ready
    finally:
        process.kill()
        process.wait()


def worker_of(process):
    """The worker process, or None."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return int(children[0]) if children else None


def test_sigterm_lets_a_hundred_requests_in_flight_finish(started):
    process, served, _ = started
    answers, sent = [], threading.Barrier(101)
    idle = http.client.HTTPConnection(served.rest)  # stays open without further requests
    idle.request("GET", "/livez")
    assert idle.getresponse().read() == b"ok"

    def client():
        sent.wait()
        answers.append(served.predict("busy", {"instances": [1]}).status)

    clients = [threading.Thread(target=client) for _ in range(100)]
    for thread in clients:
        thread.start()
    sent.wait()
    wait_until(lambda: len(answers) >= 3)
    in_flight = 100 - len(answers)
    process.send_signal(signal.SIGTERM)
    for thread in clients:
        thread.join()
    assert in_flight > 20
    assert answers == [200] * 100
    assert process.wait(15) == 0
    idle.close()


def test_a_dead_worker_is_replaced(started):
    process, served, ready = started
    first = worker_of(process)
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: worker_of(process) not in (first, None), 30)
    wait_until(ready, 60)
    assert served.predict("busy", {"instances": [1]}).status == 200
    process.send_signal(signal.SIGINT)
    process.wait(30)


def test_a_worker_without_its_main_process_stops_and_frees_the_ports(started):
    process, served, _ = started
    process.kill()
    rest, grpc = (int(address.split(":")[1]) for address in (served.rest, served.grpc))
    wait_until(lambda: not reachable(rest) and not reachable(grpc), 30)


def test_the_error_of_a_port_in_use_is_one_line(started, models):
    _, served, _ = started
    port = served.rest.split(":")[1]
    done = subprocess.run(
        [sys.executable, "main.py", "serve", "--models", str(models), "--rest-port", port],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "cannot listen" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_error_of_a_missing_folder_is_one_line(tmp_path):
    done = subprocess.run(
        [sys.executable, "main.py", "serve", "--models", str(tmp_path / "no")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert "no such folder" in done.stderr
