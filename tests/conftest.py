"""What holds for every test: no network, repeatable draws, a quiet TensorFlow.

And a tiny model of each task, trained and published once for all tests that ask for it.
"""

import dataclasses
import functools
import ipaddress
import json
import os
import random
import re
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import numpy as np
import pytest

# Child processes inherit these; the guards below reach this process only. Nothing listens on port
# 9, so that a child which asks for a web page fails at once instead of fetching it.
DEAD_PROXY = "http://127.0.0.1:9"
for variable in ("http_proxy", "https_proxy", "all_proxy"):
    os.environ[variable] = os.environ[variable.upper()] = DEAD_PROXY
os.environ["no_proxy"] = os.environ["NO_PROXY"] = "localhost,127.0.0.1,::1"
os.environ["NO_GCE_CHECK"] = "true"  # else google clients look for a cloud machine's metadata

# Read once, when TensorFlow starts. They do not silence it wholly; pytest captures the rest.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")  # whatever the user's ~/.keras says

hypothesis.settings.register_profile(
    "repeatable",
    derandomize=True,
    deadline=None,
    database=None,
    print_blob=True,
    # Like the deadline a matter of how busy the machine is, and not of what is tested.
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("repeatable")


class NetworkBlockedError(RuntimeError):
    """A test tried to leave the machine; no OSError, which libraries would swallow."""


def is_local(host: object) -> bool:
    """Tell whether a host as sockets take it (name, address, bytes or None) is this machine."""
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if host in (None, "", "localhost"):
        return True
    try:
        return ipaddress.ip_address(str(host)).is_loopback
    except ValueError:
        return False


def guard(method: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a socket method whose last argument is the address: (host, port, ...), or a path."""

    def guarded(self: socket.socket, *args: Any) -> Any:
        address = args[-1] if args else None
        if isinstance(address, tuple) and not is_local(address[0]):
            raise NetworkBlockedError(
                f"tests may not use the network; {method.__name__} to {address}"
            )
        return method(self, *args)

    return guarded


def pytest_configure() -> None:
    """Block the network before the first test module is imported."""
    for name in ("connect", "connect_ex", "sendto", "sendmsg"):
        setattr(socket.socket, name, guard(getattr(socket.socket, name)))
    lookup = socket.getaddrinfo

    def guarded_lookup(host: Any, *args: Any, **options: Any) -> Any:
        if not is_local(host):
            raise NetworkBlockedError(f"tests may not use the network; getaddrinfo of {host!r}")
        return lookup(host, *args, **options)

    socket.getaddrinfo = guarded_lookup


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Send all files that use the tiny models to one worker of xdist, so each is trained once.

    The tests of any other file share a worker, too (`--dist loadgroup`).
    """
    tiny = {i.location[0] for i in items if "home" in getattr(i, "fixturenames", ())}
    for item in items:
        file = item.location[0]
        item.add_marker(pytest.mark.xdist_group("tiny" if file in tiny else file))


@pytest.fixture(autouse=True)
def seeded() -> None:
    """Give every test the same draws, whichever tests ran before it."""
    if "keras" in sys.modules:  # importing it here would cost every test run its 4 seconds
        sys.modules["keras"].utils.set_random_seed(0)
    random.seed(0)
    np.random.seed(0)


# What `{date}` and the cities stand for below, in the language of the template.
FILLERS = {
    "zh": (("北京", "上海", "西安", "広島"), ("5月1日", "明天", "周五晚上")),
    "en": (("Oslo", "New York", "Rome", "Zürich"), ("tomorrow", "May 1st", "on Friday night")),
}
TEMPLATES = (
    ("zh", "book", "订{date}到{arrival_city}的机票"),
    ("zh", "book", "我想{date}从{departure_city}出发"),
    ("zh", "query", "查一下{departure_city}到{arrival_city}的航班"),
    ("zh", "fare", "从{departure_city}飞{arrival_city}多少钱？"),
    ("zh", "cancel", "取消{date}的票"),
    ("zh", "greet", "你好"),
    ("en", "book", "book a flight to {arrival_city} {date}"),
    ("en", "book", "I leave {departure_city} {date}"),
    ("en", "query", "flights from {departure_city}  to {arrival_city} ✈"),
    ("en", "fare", "how much is {departure_city} to {arrival_city}?"),
    ("en", "cancel", "cancel my ticket for {date}"),
    ("en", "greet", "hello"),
)


def utterance(draw: random.Random, language: str, intent: str, template: str) -> dict[str, Any]:
    """One annotated utterance, in the form of the embedded JSONL."""
    cities, dates = FILLERS[language]
    text, slots = "", []
    for piece in re.split(r"(\{\w+\})", template):
        start = len(text)
        if piece.startswith("{"):
            text += draw.choice(dates if piece == "{date}" else cities)
            slots.append({"slot": piece[1:-1], "start": start, "end": len(text)})
        else:
            text += piece
    return {"text": text, "intent": intent, "slots": slots, "parts": [language]}


def write_utterances(file: Path, seed: int, rounds: int) -> None:
    """A JSONL file with every template `rounds` times."""
    draw = random.Random(seed)
    rows = [utterance(draw, *template) for _ in range(rounds) for template in TEMPLATES]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def tiny_slot_filling(folder: Path) -> dict[str, Any]:
    """Settings of a slot filling model that trains in seconds, its data written to `folder`."""
    files = {split: str(folder / f"{split}.jsonl") for split in ("train", "valid", "test")}
    for seed, (file, rounds) in enumerate(zip(files.values(), (8, 2, 2), strict=True)):
        write_utterances(Path(file), seed, rounds)
    sizes = {"word_dim": 16, "character_dim": 8, "character_filters": 8, "hidden_dim": 16}
    roles = ["departure_city", "arrival_city"]
    return {
        "task": "slot_filling",
        "data": {"format": "jsonl", "files": files, "roles": roles},
        "model": sizes,
        "train": {"epochs": 5, "learning_rate": 0.03, "batch_size": 8},
        "export": {"parity_rows": 8, "replay_rows": 20},
    }


def tiny_text_classification(folder: Path) -> dict[str, Any]:
    """Settings of a text classifier that trains in seconds, on the intents of these utterances."""
    data = tiny_slot_filling(folder)["data"]
    return {
        "task": "text_classification",
        "data": {"format": "jsonl", "files": data["files"], "columns": {"label": "intent"}},
        "tokenizer": {"vocabulary_size": 320},
        "ngrams": {"buckets": 1024},
        "model": {"encoder": "gru", "embedding_dim": 16, "hidden_dim": 16},
        "train": {"epochs": 4, "learning_rate": 0.02, "batch_size": 8},
        "export": {"parity_rows": 8, "replay_rows": 20},
    }


def tiny_translation(folder: Path) -> dict[str, Any]:
    """Settings of a translator that trains in seconds, on a few sentences of a small grammar."""
    files = {split: str(folder / f"{split}.jsonl") for split in ("train", "valid", "test")}
    for seed, (file, count) in enumerate(zip(files.values(), (96, 12, 12), strict=True)):
        draw, rows = random.Random(seed), []
        for _ in range(count):
            (zh_city, en_city), (zh_word, en_word) = draw.choice(CITIES), draw.choice(CUES)
            source = f"请订明天{zh_word}{zh_city}的机票"
            target = f"please book a ticket {en_word} {en_city} for me tomorrow"
            rows.append({"source": source, "target": target})
        Path(file).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return {
        "task": "translation",
        "data": {"format": "jsonl", "files": files, "languages": {"source": "zh", "target": "en"}},
        "tokenizer": {"vocabulary_size": 400, "max_tokens": 40},
        "model": {"embedding_dim": 24, "hidden_dim": 24, "dropout": 0.0},
        "decoding": {"beam_width": 2, "n_best": 2, "max_extra": 60},
        "train": {"epochs": 12, "learning_rate": 0.02, "batch_size": 8, "averaging": 0.5},
        "export": {"parity_rows": 8, "replay_rows": 20},
    }


CITIES = (("北京", "Beijing"), ("上海", "Shanghai"), ("西安", "Xi'an"), ("广州", "Guangzhou"))
CUES = (("去", "to"), ("从", "from"), ("飞", "bound for"), ("离开", "out of"))

TINY = {  # a new task adds a function and a line here
    "slot_filling": tiny_slot_filling,
    "text_classification": tiny_text_classification,
    "translation": tiny_translation,
}


@dataclasses.dataclass(frozen=True)
class Tiny:
    """A task with a config that trains in seconds, and the config's file."""

    task: Any
    config: Any
    file: Path

    def changed(self, *overrides: str, name: str | None = None) -> "Tiny":
        """The same with some settings changed, written as on the command line."""
        from pipeline.config import load_config
        from pipeline.tasks import schema_of

        return dataclasses.replace(self, config=load_config(self.file, schema_of, overrides, name))


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with `prepared`, `runs` and `saved_models` in place of the project's own."""
    from pipeline.stages.data import prepare
    from pipeline.stages.experiments import tune
    from pipeline.stages.publishing import export
    from pipeline.stages.training import train

    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(prepare.run, "__defaults__", (None, folder / "prepared"))
        patch.setattr(train.run, "__defaults__", (folder / "runs", False))
        patch.setattr(tune.run, "__defaults__", (None, folder / "tune"))
        patch.setattr(export.run, "__defaults__", (folder / "saved_models", None))
        yield folder


@pytest.fixture(scope="session")
def tiny_of(home: Path) -> Callable[[str], Tiny]:
    """From a task's name to a config of it that trains in seconds."""
    import yaml

    from pipeline.config import load_config
    from pipeline.tasks import find_task, schema_of

    @functools.cache
    def make(name: str) -> Tiny:
        folder = home / "data" / name
        folder.mkdir(parents=True)
        file = folder / f"tiny_{name}.yaml"
        file.write_text(yaml.safe_dump(TINY[name](folder)), encoding="utf-8")
        return Tiny(find_task(name), load_config(file, schema_of), file)

    return make


@pytest.fixture(scope="session")
def run_of(home: Path, tiny_of: Callable[[str], Tiny]) -> Callable[[str], Any]:
    """From a task's name to a finished `Run`. Tests leave it as it is.

    `home/cut` gets what would have been left of it, had it been killed at the worst moment: between
    the two files that the end of an epoch writes.
    """
    from pipeline.stages.training import epochs, train

    save = epochs.EpochEnd._save

    def copy_and_save(self: Any, file: Path) -> None:
        if (file, self.progress.epoch) == (self.folder.checkpoint, 3):
            path = self.folder.path
            shutil.copytree(path, home / "cut" / path.relative_to(home / "runs"))
        save(self, file)

    def fit(name: str) -> Any:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(epochs.EpochEnd, "_save", copy_and_save)
            return train.run(tiny_of(name).task, tiny_of(name).config)

    return functools.cache(fit)


@pytest.fixture(scope="session")
def twin() -> Callable[..., Any]:
    """A function that copies a `Run`, with changed fields, and shares its model in memory."""

    def copy(run: Any, **changes: Any) -> Any:
        other = dataclasses.replace(run, **changes)
        other.__dict__["best"] = run.best
        return other

    return copy


@pytest.fixture(scope="session")
def assembly_of(run_of: Callable[[str], Any]) -> Callable[[str], Any]:
    """From a task's name to the parts of that run in memory, with its best weights."""
    return lambda name: run_of(name).best


@pytest.fixture(scope="session")
def version_of(run_of: Callable[[str], Any]) -> Callable[[str], Path]:
    """From a task's name to a published version of it. Tests leave it as it is."""
    from pipeline.stages.publishing import export

    return functools.cache(lambda name: export.run(run_of(name)))
