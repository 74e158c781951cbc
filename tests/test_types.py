"""The types find mistakes: faults planted in a copy of the code, and how much of it is `Any`."""

import ast
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MOST_ANY = 12  # uses for each 1,000 lines, outside the rooms below
UNTYPED = {"keras", "tensorflow", "tensorflow_datasets", "tensorflow_serving", "tensorflow_text"}
SPLIT_ROOMS = ("serving", "stages", "tasks")  # whose folders are rooms of their own

# File, what stands there, the fault in its place, and what mypy says of it.
FAULTS = (
    (  # a misspelt setting in a stage
        "pipeline/stages/publishing/export.py",
        "run.settings.export.parity_rows",
        "run.settings.export.parity_row",
        'has no attribute "parity_row"',
    ),
    (  # swapped arguments of a scoring call
        "pipeline/stages/training/train.py",
        "judge.score(self.run.settings, records, self.answer(records))",
        "judge.score(self.run.settings, self.answer(records), records)",
        '"score" of "JudgeSide" has incompatible type',
    ),
    (  # a misspelt key of a record
        "pipeline/stages/publishing/export.py",
        'record["text"] for record in run.records("train")',
        'record["txet"] for record in run.records("train")',
        'has no key "txet"',
    ),
    (  # tokenizer and model swapped
        "pipeline/stages/training/assembly.py",
        "build_service(tokenizer, model, vocabularies)",
        "build_service(model, tokenizer, vocabularies)",
        '"build_service" of "ModelSide" has incompatible type',
    ),
)


@pytest.fixture(scope="module")
def mypy_of_a_faulty_copy(tmp_path_factory):
    """What mypy prints about a copy of the code with all faults."""
    pytest.importorskip("mypy", reason="mypy, of the extra `lint`")
    copy = tmp_path_factory.mktemp("faulty")
    for name in ("pipeline", "typings"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "main.py"):
        shutil.copy(ROOT / name, copy / name)
    if (ROOT / ".mypy_cache").is_dir():  # saves a minute where `make lint` ran before
        shutil.copytree(ROOT / ".mypy_cache", copy / ".mypy_cache")
    for file, right, wrong, _ in FAULTS:
        text = (copy / file).read_text(encoding="utf-8")
        assert text.count(right) == 1, f"{file}: expected {right!r} once"
        (copy / file).write_text(text.replace(right, wrong), encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary"]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
    return done.stdout


@pytest.mark.parametrize(
    ("file", "message"), [(file, said) for file, _, _, said in FAULTS], ids=lambda part: part[-24:]
)
def test_a_planted_fault_is_found(mypy_of_a_faulty_copy, file, message):
    lines = [line for line in mypy_of_a_faulty_copy.splitlines() if line.startswith(file)]
    assert any(message in line for line in lines), mypy_of_a_faulty_copy


def test_nothing_but_the_planted_faults_is_found(mypy_of_a_faulty_copy):
    files = {line.split(":")[0] for line in mypy_of_a_faulty_copy.splitlines()}
    assert files <= {file for file, *_ in FAULTS}


def rooms() -> Iterator[tuple[str, list[ast.Module], int]]:
    """Each room with its parsed files and its number of lines."""
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "pipeline").rglob("*.py")):
        parts = path.relative_to(ROOT / "pipeline").with_suffix("").parts
        depth = 2 if parts[0] in SPLIT_ROOMS and len(parts) > 2 else 1
        found.setdefault("/".join(parts[:depth]), []).append(path.read_text(encoding="utf-8"))
    for room, texts in found.items():
        yield room, [ast.parse(text) for text in texts], sum(len(t.splitlines()) for t in texts)


def imports_untyped(tree: ast.Module) -> bool:
    """Whether a file imports keras or tensorflow, which have no types."""
    names = [
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    ]
    names += [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return any(name.partition(".")[0] in UNTYPED for name in names)


def test_any_is_rare_where_there_are_types():
    lines, uses = 0, Counter[str]()
    for room, trees, length in rooms():
        if not any(map(imports_untyped, trees)):
            lines += length
            for tree in trees:
                nodes = (node for node in ast.walk(tree) if isinstance(node, ast.Name))
                uses[room] += sum(node.id == "Any" for node in nodes)
    assert 1000 * uses.total() / lines <= MOST_ANY, uses.most_common(5)
