"""How fast the server answers: one sentence a request, by REST, from many clients and from one.

    python benchmarks/serve.py saved_models --model flights_slots
    python benchmarks/serve.py saved_models --model flights_slots --peer ray

It starts `main.py serve` on free ports, waits until it is ready, and asks with clients of this
process, each on a connection of its own that stays open. Server and clients share the machine.
`--peer ray` measures Ray Serve with @serve.batch on the same SavedModel in the same run; Ray is no
part of the project: put it into an environment beside it, as README.md says of PyTorch.

Sentences are the model's own exam set. Memory is what is anonymous and resident of all processes
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


def sentences(models: Path, name: str) -> list[str]:
    """The exam texts of the newest version."""
    newest = max(
        (v for v in (models / name).iterdir() if v.name.isdecimal()), key=lambda v: int(v.name)
    )
    with (newest / EXAM).open(encoding="utf-8") as file:
        return [json.loads(line)["text"] for line in file]


def free_port() -> int:
    """A port that nothing listens on just now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


async def ask(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes
) -> tuple[int, bytes]:
    """One request on an open connection: status and body."""
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    fields = dict(line.lower().split(b":", 1) for line in head.split(b"\r\n")[1:] if b":" in line)
    if b"content-length" in fields:
        body = await reader.readexactly(int(fields[b"content-length"]))
    else:
        body = await chunks(reader)
    return int(head.split(b" ", 2)[1]), body


async def chunks(reader: asyncio.StreamReader) -> bytes:
    """A body that comes in chunks, as Ray sends it."""
    body = b""
    while size := int(await reader.readuntil(b"\r\n"), 16):
        body += (await reader.readexactly(size + 2))[:-2]
    await reader.readuntil(b"\r\n")
    return body


def request(port: int, path: str, text: str) -> bytes:
    """The bytes of a predict request."""
    body = json.dumps({"instances": [text]}, ensure_ascii=False).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def load(
    port: int, path: str, texts: Sequence[str], clients: int, seconds: float
) -> dict[str, Any]:
    """Asks from `clients` connections at once for some seconds."""
    spent: list[float] = []
    failed = 0
    requests = [request(port, path, text) for text in texts]
    stop = time.perf_counter() + seconds

    async def client(place: int) -> None:
        nonlocal failed
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while (began := time.perf_counter()) < stop:
            status, _ = await ask(reader, writer, requests[place % len(requests)])
            spent.append(time.perf_counter() - began)
            failed += status != 200
            place += 1
        writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(client(place * 7) for place in range(clients)))
    wall = time.perf_counter() - began
    spent.sort()
    shares = {f"p{p}_ms": round(1e3 * spent[int(len(spent) * p / 100)], 2) for p in (50, 95, 99)}
    return {"clients": clients, "a_second": round(len(spent) / wall, 1), **shares, "failed": failed}


def processes(root: int) -> list[int]:
    """A process and all below it."""
    found = [root]
    for task in Path(f"/proc/{root}/task").glob("*/children"):
        for child in task.read_text().split():
            found += processes(int(child))
    return found


def anonymous_mib(root: int) -> float:
    """Anonymous resident memory of a process and all below it, MiB."""
    total = 0
    for process in processes(root):
        with contextlib.suppress(FileNotFoundError):
            for line in Path(f"/proc/{process}/status").read_text().splitlines():
                if line.startswith("RssAnon:"):
                    total += int(line.split()[1])
    return round(total / 1024, 1)


@contextlib.contextmanager
def started(
    command: Sequence[str], port: int, ready: str
) -> Iterator[tuple[subprocess.Popen[bytes], dict[str, Any]]]:
    """A server; what it took to start it, and its memory when the block ends."""
    facts: dict[str, Any] = {}
    began = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        while not answers(port, ready):
            if process.poll() is not None or time.perf_counter() - began > 120:
                raise RuntimeError(f"not ready: {' '.join(command)}")
            time.sleep(0.05)
        facts["ready_seconds"] = round(time.perf_counter() - began, 2)
        yield process, facts
        facts["anonymous_mib"] = anonymous_mib(process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def answers(port: int, path: str) -> bool:
    """Whether a page says 200."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1) as probe:
        probe.sendall(f"GET {path} HTTP/1.0\r\nHost: x\r\n\r\n".encode())
        return b" 200 " in probe.recv(100)
    return False


def ours(models: Path, port: int) -> list[str]:
    """The command of our server."""
    command = [sys.executable, "main.py", "serve", "--models", str(models.resolve())]
    ports = ["--rest-port", str(port), "--grpc-port", str(free_port())]
    return [*command, *ports, "--set", "log_requests=false"]


def measure(
    name: str, command: Sequence[str], port: int, paths: tuple[str, str], given: Any
) -> dict[str, Any]:
    """One server under all loads."""
    ready, predict = paths
    texts = sentences(given.models, given.model)
    with started(command, port, ready) as (_, facts):
        asyncio.run(load(port, predict, texts, 16, 2))  # warm
        rows = [asyncio.run(load(port, predict, texts, n, given.seconds)) for n in (1, 16)]
    print(json.dumps({"server": name, **facts, "loads": rows}, indent=1))
    return {"server": name, **facts, "loads": rows}


def main() -> None:
    """Measures, prints, and writes `results/serve-<model>.json`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", type=Path)
    parser.add_argument("--model", required=True)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--peer", choices=["ray"], help="Python of its environment: $PEER_PYTHON")
    parser.add_argument("--dry", action="store_true", help="Write no file.")
    given = parser.parse_args()
    port = free_port()
    path = f"/v1/models/{given.model}:predict"
    servers = [measure("ours", ours(given.models, port), port, ("/readyz", path), given)]
    if given.peer:
        python = os.environ.get("PEER_PYTHON", sys.executable)
        peer = [python, str(PEER), str(given.models / given.model), str(port)]
        servers.append(measure("ray", peer, port, ("/-/healthz", "/predict"), given))
    if not given.dry:
        write_result(f"serve-{given.model}", {"servers": servers})


def write_result(name: str, facts: Mapping[str, Any]) -> None:
    """A file of `results/`, with the time and what else kept the machine busy."""
    machine = {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": len(os.sched_getaffinity(0)),
        "load_average": os.getloadavg(),
    }
    (RESULTS / f"{name}.json").write_text(json.dumps({**machine, **facts}, indent=1) + "\n")


if __name__ == "__main__":
    main()
