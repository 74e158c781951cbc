"""Version changes and shutdown under load: whether requests fail and whether memory grows.

    python benchmarks/serve_changes.py saved_models --model flights_slots

Clients send requests without a pause, each on a separate connection, while one version after the
other is published. Then a hundred requests are sent at once, and the server gets SIGTERM while they
are in flight. The exit status is 1 if a request failed or memory grew by 5 % or more.

All versions are copies of the model's newest one. Memory is the anonymous resident memory of all
processes of the server: the minimum of several samples within two seconds, because requests in
flight make it vary. It is measured after a few changes, because allocators keep what they once had,
and again after the last change.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from serve import (
    anonymous_mib,
    free_port,
    newest_version,
    predict_request,
    running_server,
    send,
    sentences,
    server_command,
    write_result,
)

MAX_GROWTH = 0.05
WARM_UP_CHANGES = 10  # changes before the first memory measurement
IN_FLIGHT = 100


async def settled_mib(pid: int) -> float:
    """Return the minimum of the anonymous memory within two seconds, in MiB."""
    samples = []
    for _ in range(10):
        await asyncio.sleep(0.2)
        samples.append(anonymous_mib(pid))
    return min(samples)


def publish(source: Path, home: Path, number: int) -> None:
    """Publish a copy of a version by renaming a complete folder, as `export` does."""
    staging = home / f".staging-{number}"
    shutil.copytree(source, staging)
    staging.rename(home / str(number))


def available(port: int, model: str, number: int) -> bool:
    """Return whether the server answers with that version."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/models/{model}") as response:
        states = json.load(response)["model_version_status"]
    return {"version": str(number), "state": "AVAILABLE"}.items() <= states[0].items()


async def publish_all(port: int, home: Path, source: Path, numbers: Sequence[int]) -> list[float]:
    """Publish versions, each once the previous one serves; return the seconds of each change."""
    durations = []
    for number in numbers:
        start = time.perf_counter()
        await asyncio.to_thread(publish, source, home, number)
        while not await asyncio.to_thread(available, port, home.name, number):
            await asyncio.sleep(0.05)
        durations.append(round(time.perf_counter() - start, 2))
        await asyncio.to_thread(shutil.rmtree, home / str(number - 1))
    return durations


async def send_until_stopped(
    port: int, requests: Sequence[bytes], clients: int, stop: asyncio.Event
) -> dict[str, Any]:
    """Send requests until `stop` is set; return the number of each outcome and of failures."""
    counts: dict[str, int] = {}

    async def client(index: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while not stop.is_set():
            try:
                status, _ = await send(reader, writer, requests[index % len(requests)])
                outcome = str(status)
            except (OSError, asyncio.IncompleteReadError) as error:
                outcome = type(error).__name__
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
            counts[outcome] = counts.get(outcome, 0) + 1
            index += 1
        writer.close()

    await asyncio.gather(*(client(index * 7) for index in range(clients)))
    return {"answers": counts, "failed": sum(counts.values()) - counts.get("200", 0)}


async def changes_under_load(
    port: int, pid: int, source: Path, home: Path, requests: Sequence[bytes], arguments: Any
) -> dict[str, Any]:
    """Change versions under load, spread over at least `seconds` of the arguments."""
    stop = asyncio.Event()
    loading = asyncio.create_task(send_until_stopped(port, requests, arguments.clients, stop))
    await publish_all(port, home, source, range(2, 2 + WARM_UP_CHANGES))
    first, start = await settled_mib(pid), time.perf_counter()
    numbers = range(2 + WARM_UP_CHANGES, 2 + WARM_UP_CHANGES + arguments.changes)
    pause = arguments.seconds / arguments.changes
    durations = []
    for index, number in enumerate(numbers):
        await asyncio.sleep(max(0.0, start + index * pause - time.perf_counter()))
        durations += await publish_all(port, home, source, [number])
    wall = time.perf_counter() - start
    last = await settled_mib(pid)
    stop.set()
    growth = last / first - 1
    return {
        "seconds": round(wall, 1),
        "changes": len(durations),
        "slowest_change_seconds": max(durations),
        "anonymous_mib": [first, last],
        "growth_percent": round(100 * growth, 2),
        **await loading,
    }


async def stop_in_flight(
    port: int, process: subprocess.Popen[bytes], requests: Sequence[bytes]
) -> dict[str, Any]:
    """Send SIGTERM while a hundred requests are in flight; return how many were answered."""
    connections = [await asyncio.open_connection("127.0.0.1", port) for _ in range(IN_FLIGHT)]
    tasks = [
        asyncio.create_task(send(reader, writer, requests[index % len(requests)]))
        for index, (reader, writer) in enumerate(connections)
    ]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    waiting = sum(not task.done() for task in tasks)
    process.send_signal(signal.SIGTERM)
    results = await asyncio.gather(*tasks, return_exceptions=True)
    answered = sum(isinstance(result, tuple) and result[0] == 200 for result in results)
    for _, writer in connections:
        writer.close()
    status = await asyncio.to_thread(process.wait, 60)
    return {
        "asked": IN_FLIGHT,
        "in_flight_at_sigterm": waiting,
        "answered": answered,
        "exit_status": status,
    }


def main() -> None:
    """Measure, print, and write `results/serve-changes-<model>.json`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", type=Path)
    parser.add_argument("--model", required=True)
    parser.add_argument("--seconds", type=float, default=60.0, help="Minimum duration.")
    parser.add_argument("--changes", type=int, default=50)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--dry", action="store_true", help="Write no result file.")
    arguments = parser.parse_args()
    texts = sentences(arguments.models, arguments.model)
    source = newest_version(arguments.models / arguments.model)
    port = free_port()
    requests = [
        predict_request(port, f"/v1/models/{arguments.model}:predict", text) for text in texts
    ]
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        home = Path(folder) / arguments.model
        home.mkdir()
        publish(source, home, 1)
        command = [*server_command(Path(folder), port), "--set", "poll_seconds=0.1"]
        process, _ = stack.enter_context(running_server(command, port, "/readyz"))
        under_load = asyncio.run(
            changes_under_load(port, process.pid, source, home, requests, arguments)
        )
        stopped = asyncio.run(stop_in_flight(port, process, requests))
    facts = {"under_load": under_load, "stopped": stopped}
    print(json.dumps(facts, indent=1))
    if not arguments.dry:
        write_result(f"serve-changes-{arguments.model}", {"model": arguments.model, **facts})
    memory_grew = under_load["growth_percent"] >= 100 * MAX_GROWTH
    if (
        under_load["failed"]
        or memory_grew
        or stopped["answered"] < IN_FLIGHT
        or stopped["exit_status"]
    ):
        sys.exit(1)


if __name__ == "__main__":
    main()
