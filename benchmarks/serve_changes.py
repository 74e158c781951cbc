"""Versions that change under load, and a server that is stopped: does a request fail, memory grow?

    python benchmarks/serve_changes.py saved_models --model flights_slots

Clients ask without a pause, each on a connection of its own, while one version after the other
takes over; then a hundred requests are sent at once and the server gets SIGTERM while they are in
flight. It leaves with 1 where a request failed, or memory grew by 5 % or more.

Versions are copies of the model's newest one. Memory is what is anonymous and resident of all
processes of the server, the least of some looks within two seconds (requests in flight come and
go): first after a few changes, since allocators keep what they once had, and then after the last.
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

from serve import anonymous_mib, ask, free_port, ours, request, sentences, started, write_result

MOST_GROWTH = 0.05
FIRST_CHANGES = 10  # before memory is looked at for the first time
IN_FLIGHT = 100


async def settled_mib(pid: int) -> float:
    """Anonymous memory, the least within two seconds."""
    looks = []
    for _ in range(10):
        await asyncio.sleep(0.2)
        looks.append(anonymous_mib(pid))
    return min(looks)


def publish(source: Path, home: Path, number: int) -> None:
    """A copy of a version, there at once, as `export` makes it."""
    aside = home / f".staging-{number}"
    shutil.copytree(source, aside)
    aside.rename(home / str(number))


def available(port: int, model: str, number: int) -> bool:
    """Whether that version serves."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/models/{model}") as answer:
        states = json.load(answer)["model_version_status"]
    return {"version": str(number), "state": "AVAILABLE"}.items() <= states[0].items()


async def change(port: int, home: Path, source: Path, numbers: Sequence[int]) -> list[float]:
    """Publishes these versions, each when the one before serves; seconds that each took."""
    spent = []
    for number in numbers:
        began = time.perf_counter()
        await asyncio.to_thread(publish, source, home, number)
        while not await asyncio.to_thread(available, port, home.name, number):
            await asyncio.sleep(0.05)
        spent.append(round(time.perf_counter() - began, 2))
        await asyncio.to_thread(shutil.rmtree, home / str(number - 1))
    return spent


async def ask_all_the_time(
    port: int, requests: Sequence[bytes], clients: int, stop: asyncio.Event
) -> dict[str, Any]:
    """Asks until `stop`; how often, and what failed."""
    counts: dict[str, int] = {}

    async def client(place: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while not stop.is_set():
            try:
                status, _ = await ask(reader, writer, requests[place % len(requests)])
                outcome = str(status)
            except (OSError, asyncio.IncompleteReadError) as error:
                outcome = type(error).__name__
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
            counts[outcome] = counts.get(outcome, 0) + 1
            place += 1
        writer.close()

    await asyncio.gather(*(client(place * 7) for place in range(clients)))
    return {"answers": counts, "failed": sum(counts.values()) - counts.get("200", 0)}


async def changes_under_load(
    port: int, pid: int, source: Path, home: Path, requests: Sequence[bytes], given: Any
) -> dict[str, Any]:
    """The first part: versions change under load, for at least so many seconds."""
    stop = asyncio.Event()
    loading = asyncio.create_task(ask_all_the_time(port, requests, given.clients, stop))
    await change(port, home, source, range(2, 2 + FIRST_CHANGES))
    first, began = await settled_mib(pid), time.perf_counter()
    numbers = range(2 + FIRST_CHANGES, 2 + FIRST_CHANGES + given.changes)
    pause = given.seconds / given.changes
    spent = []
    for place, number in enumerate(numbers):
        await asyncio.sleep(max(0.0, began + place * pause - time.perf_counter()))
        spent += await change(port, home, source, [number])
    wall = time.perf_counter() - began
    last = await settled_mib(pid)
    stop.set()
    growth = last / first - 1
    return {
        "seconds": round(wall, 1),
        "changes": len(spent),
        "slowest_change_seconds": max(spent),
        "anonymous_mib": [first, last],
        "growth_percent": round(100 * growth, 2),
        **await loading,
    }


async def stop_in_flight(
    port: int, process: subprocess.Popen[bytes], requests: Sequence[bytes]
) -> dict[str, Any]:
    """The second part: SIGTERM while a hundred requests wait for their answers."""
    lines = [await asyncio.open_connection("127.0.0.1", port) for _ in range(IN_FLIGHT)]
    tasks = [
        asyncio.create_task(ask(reader, writer, requests[place % len(requests)]))
        for place, (reader, writer) in enumerate(lines)
    ]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    waiting = sum(not task.done() for task in tasks)
    process.send_signal(signal.SIGTERM)
    results = await asyncio.gather(*tasks, return_exceptions=True)
    answered = sum(isinstance(result, tuple) and result[0] == 200 for result in results)
    for _, writer in lines:
        writer.close()
    status = await asyncio.to_thread(process.wait, 60)
    return {
        "asked": IN_FLIGHT,
        "in_flight_at_sigterm": waiting,
        "answered": answered,
        "exit_status": status,
    }


def main() -> None:
    """Measures, prints, and writes `results/serve-changes-<model>.json`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", type=Path)
    parser.add_argument("--model", required=True)
    parser.add_argument("--seconds", type=float, default=60.0, help="At least.")
    parser.add_argument("--changes", type=int, default=50)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--dry", action="store_true", help="Write no file.")
    given = parser.parse_args()
    texts = sentences(given.models, given.model)
    versions = (entry for entry in (given.models / given.model).iterdir() if entry.name.isdecimal())
    source = max(versions, key=lambda entry: int(entry.name))
    port = free_port()
    requests = [request(port, f"/v1/models/{given.model}:predict", text) for text in texts]
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        home = Path(folder) / given.model
        home.mkdir()
        publish(source, home, 1)
        command = [*ours(Path(folder), port), "--set", "poll_seconds=0.1"]
        process, _ = stack.enter_context(started(command, port, "/readyz"))
        under_load = asyncio.run(
            changes_under_load(port, process.pid, source, home, requests, given)
        )
        stopped = asyncio.run(stop_in_flight(port, process, requests))
    facts = {"under_load": under_load, "stopped": stopped}
    print(json.dumps(facts, indent=1))
    if not given.dry:
        write_result(f"serve-changes-{given.model}", {"model": given.model, **facts})
    grown = under_load["growth_percent"] >= 100 * MOST_GROWTH
    if under_load["failed"] or grown or stopped["answered"] < IN_FLIGHT or stopped["exit_status"]:
        sys.exit(1)


if __name__ == "__main__":
    main()
