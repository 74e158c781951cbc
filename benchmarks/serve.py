"""How fast the server answers REST requests of one sentence, from many clients and from one.

    python benchmarks/serve.py saved_models --model flights_slots
    python benchmarks/serve.py saved_models --model flights_slots --peer ray

The script starts `main.py serve` on free ports and waits until it is ready. Clients of this process
then send requests, each on a separate persistent connection. Server and clients share the machine.
`--peer ray` also measures Ray Serve with @serve.batch on the same SavedModel. Ray is not part of
the project: install it in a separate environment, as README.md describes for PyTorch.

Sentences come from the model's exam set. Memory is the anonymous resident memory of all processes
of the server.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
RESULTS = Path(__file__).parent / "results"
EXAM = "assets.extra/exam.jsonl"
PEER = Path(__file__).parent / "serve_ray.py"


def newest_version(home: Path) -> Path:
    """Return the folder of the version with the highest number."""
    versions = (entry for entry in home.iterdir() if entry.name.isdecimal())
    return max(versions, key=lambda entry: int(entry.name))


def sentences(models: Path, name: str) -> list[str]:
    """Return the exam texts of the newest version."""
    with (newest_version(models / name) / EXAM).open(encoding="utf-8") as file:
        return [json.loads(line)["text"] for line in file]


def free_port() -> int:
    """Return a port that is currently free."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


async def send(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes
) -> tuple[int, bytes]:
    """Send a request on an open connection and return the status and the body."""
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    fields = dict(line.lower().split(b":", 1) for line in head.split(b"\r\n")[1:] if b":" in line)
    if b"content-length" in fields:
        body = await reader.readexactly(int(fields[b"content-length"]))
    else:
        body = await read_chunks(reader)
    return int(head.split(b" ", 2)[1]), body


async def read_chunks(reader: asyncio.StreamReader) -> bytes:
    """Read a body with chunked transfer encoding, which Ray uses."""
    body = b""
    while size := int(await reader.readuntil(b"\r\n"), 16):
        body += (await reader.readexactly(size + 2))[:-2]
    await reader.readuntil(b"\r\n")
    return body


def predict_request(port: int, path: str, text: str) -> bytes:
    """Return the bytes of a predict request."""
    body = json.dumps({"instances": [text]}, ensure_ascii=False).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def measure_load(
    port: int, path: str, texts: Sequence[str], clients: int, seconds: float
) -> dict[str, Any]:
    """Send requests on `clients` connections at once for some seconds; return speed and times."""
    latencies: list[float] = []
    failed = 0
    requests = [predict_request(port, path, text) for text in texts]
    stop = time.perf_counter() + seconds

    async def client(index: int) -> None:
        nonlocal failed
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while (start := time.perf_counter()) < stop:
            status, _ = await send(reader, writer, requests[index % len(requests)])
            latencies.append(time.perf_counter() - start)
            failed += status != 200
            index += 1
        writer.close()

    start = time.perf_counter()
    await asyncio.gather(*(client(index * 7) for index in range(clients)))
    wall = time.perf_counter() - start
    latencies.sort()
    percentiles = {
        f"p{p}_ms": round(1e3 * latencies[int(len(latencies) * p / 100)], 2) for p in (50, 95, 99)
    }
    return {
        "clients": clients,
        "a_second": round(len(latencies) / wall, 1),
        **percentiles,
        "failed": failed,
    }


def processes(root: int) -> list[int]:
    """Return a process id and those of all its descendants."""
    pids = [root]
    for task in Path(f"/proc/{root}/task").glob("*/children"):
        for child in task.read_text().split():
            pids += processes(int(child))
    return pids


def anonymous_mib(root: int) -> float:
    """Return the anonymous resident memory of a process and all its descendants, in MiB."""
    total = 0
    for pid in processes(root):
        with contextlib.suppress(FileNotFoundError):
            for line in Path(f"/proc/{pid}/status").read_text().splitlines():
                if line.startswith("RssAnon:"):
                    total += int(line.split()[1])
    return round(total / 1024, 1)


@contextlib.contextmanager
def running_server(
    command: Sequence[str], port: int, ready: str
) -> Iterator[tuple[subprocess.Popen[bytes], dict[str, Any]]]:
    """Run a server; yield its process and its facts: seconds until ready, memory at the end."""
    facts: dict[str, Any] = {}
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        while not is_ready(port, ready):
            if process.poll() is not None or time.perf_counter() - start > 120:
                raise RuntimeError(
                    f"the server ended or was not ready within 120 s: {' '.join(command)}"
                )
            time.sleep(0.05)
        facts["ready_seconds"] = round(time.perf_counter() - start, 2)
        yield process, facts
        facts["anonymous_mib"] = anonymous_mib(process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def is_ready(port: int, path: str) -> bool:
    """Return whether a GET request gets status 200."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1) as probe:
        probe.sendall(f"GET {path} HTTP/1.0\r\nHost: x\r\n\r\n".encode())
        return b" 200 " in probe.recv(100)
    return False


def server_command(models: Path, port: int) -> list[str]:
    """Return the command that starts our server."""
    command = [sys.executable, "main.py", "serve", "--models", str(models.resolve())]
    ports = ["--rest-port", str(port), "--grpc-port", str(free_port())]
    return [*command, *ports, "--set", "log_requests=false"]


def measure(
    name: str, command: Sequence[str], port: int, paths: tuple[str, str], arguments: Any
) -> dict[str, Any]:
    """Measure one server under all loads."""
    ready, predict = paths
    texts = sentences(arguments.models, arguments.model)
    with running_server(command, port, ready) as (_, facts):
        asyncio.run(measure_load(port, predict, texts, 16, 2))  # warm-up
        rows = [
            asyncio.run(measure_load(port, predict, texts, n, arguments.seconds)) for n in (1, 16)
        ]
    print(json.dumps({"server": name, **facts, "loads": rows}, indent=1))
    return {"server": name, **facts, "loads": rows}


def main() -> None:
    """Measure, print, and write `results/serve-<model>.json`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", type=Path)
    parser.add_argument("--model", required=True)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument(
        "--peer", choices=["ray"], help="$PEER_PYTHON is the Python of its environment"
    )
    parser.add_argument("--dry", action="store_true", help="Write no result file.")
    arguments = parser.parse_args()
    port = free_port()
    path = f"/v1/models/{arguments.model}:predict"
    servers = [
        measure("ours", server_command(arguments.models, port), port, ("/readyz", path), arguments)
    ]
    if arguments.peer:
        python = os.environ.get("PEER_PYTHON", sys.executable)
        peer = [python, str(PEER), str(arguments.models / arguments.model), str(port)]
        servers.append(measure("ray", peer, port, ("/-/healthz", "/predict"), arguments))
    if not arguments.dry:
        write_result(f"serve-{arguments.model}", {"servers": servers})


def write_result(name: str, facts: Mapping[str, Any]) -> None:
    """Write a file of `results/`, with the time and the load average of the machine."""
    machine = {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": len(os.sched_getaffinity(0)),
        "load_average": os.getloadavg(),
    }
    (RESULTS / f"{name}.json").write_text(json.dumps({**machine, **facts}, indent=1) + "\n")


if __name__ == "__main__":
    main()
