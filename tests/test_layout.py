"""The house rules, read off the source: which room may import what, and how files look.

`DOORS` is the table of the architecture: one entry a room, from the front of the house to its back.
A room not in the table has no door; add one when you build the room, and say why it is needed.
"""

import ast
import functools
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parent.parent
PROJECT = "pipeline"
LONGEST_FILE = 400
LONGEST_FUNCTION = 60
DIVIDED = {"tasks", "stages", "serving"}  # each of their folders is a room of its own
NAMES_THAT_SAY_NOTHING = {"utils", "helpers", "common"}


class Door(NamedTuple):
    """What a room may import besides itself and the standard library."""

    rooms: frozenset[str] = frozenset()
    packages: frozenset[str] = frozenset()


def door(rooms: str = "", packages: str = "") -> Door:
    """Make a door from two lists of words."""
    return Door(frozenset(rooms.split()), frozenset(packages.split()))


ANY_TASK = "tasks/*"
TF = "tensorflow tensorflow_text"
FOR_TASKS = "errors metrics report layers decoding text datasets userfiles task config"
FOR_STAGES = "errors artifacts config task report stages/data"
STAGES = (
    "stages/data stages/training stages/evaluation stages/experiments stages/publishing"
    " stages/live stages/retraining"
)

DOORS = {
    "errors": door(),
    "start": door("", TF),
    "metrics": door("errors", "numpy sacrebleu"),
    "report": door("", "rich"),
    "layers": door("", "keras numpy"),
    "decoding": door("errors", "tensorflow"),
    "text": door("errors", f"sentencepiece {TF}"),
    "datasets": door("errors", "pyarrow tensorflow tensorflow_datasets"),
    "userfiles": door("errors datasets task", "pydantic"),  # it returns the seam's Advice and Table
    "task": door("errors config", "keras tensorflow typing_extensions"),
    "config": door("errors", "pydantic typing_extensions yaml"),
    "runs": door(),  # names of files, and nothing else
    "artifacts": door("errors runs"),
    "savedmodel": door("errors runs", f"tensorflow_serving {TF}"),
    ANY_TASK: door(  # scikit-learn and sklearn-crfsuite for the baseline, an optional extra
        FOR_TASKS,
        "keras numpy pydantic sklearn sklearn_crfsuite tensorflow tensorflow_datasets yaml",
    ),
    "tasks": door("errors task"),  # the TASKS tuple, the only place that names a task
    "predictor": door("artifacts config runs savedmodel task tasks"),
    # `stages` itself holds a run, which the rooms from evaluation on share.
    "stages": door("errors runs config datasets task tasks stages/data stages/training"),
    "stages/data": door("errors artifacts config datasets task report", "yaml"),
    "stages/training": door(
        f"{FOR_STAGES} datasets runs text stages predictor", "keras numpy tensorflow"
    ),
    "stages/evaluation": door(
        f"{FOR_STAGES} datasets metrics predictor stages stages/training stages/live"
    ),
    "stages/experiments": door(  # optuna for `tune`, an optional extra
        f"{FOR_STAGES} datasets runs metrics stages stages/training stages/evaluation", "optuna"
    ),
    "stages/publishing": door(
        f"{FOR_STAGES} runs metrics text savedmodel predictor stages stages/training"
        " stages/evaluation",
        "numpy tensorflow",
    ),
    "stages/live": door(
        f"{FOR_STAGES} datasets runs metrics predictor stages/training stages/evaluation"
        " stages/publishing",
        "numpy tensorflow",
    ),
    "stages/retraining": door(
        f"{FOR_STAGES} datasets runs metrics savedmodel predictor tasks stages stages/training"
        " stages/evaluation stages/publishing stages/live",
        "keras numpy",
    ),
    "client": door("errors", "httpx"),
    # The server's rooms, from the bottom up. `serving` itself holds both ends: errors, settings and
    # keys at the bottom; state, app and server at the top. `import_cycles` keeps them in order.
    "serving/telemetry": door("errors serving", "opentelemetry orjson"),
    "serving/engine": door("serving serving/telemetry", "numpy tensorflow"),
    "serving/wire": door(
        "serving serving/engine", "google numpy orjson tensorflow tensorflow_serving"
    ),
    "serving/versions": door(
        "errors artifacts runs savedmodel serving serving/telemetry serving/engine serving/wire",
        "numpy orjson tensorflow tensorflow_serving",
    ),
    "serving/grpc": door(
        "errors serving serving/telemetry serving/engine serving/wire serving/versions",
        "grpc grpc_health tensorflow_serving",
    ),
    "serving/http": door(
        "serving serving/telemetry serving/engine serving/wire serving/versions",
        "granian orjson starlette",
    ),
    "serving": door(
        "errors serving/telemetry serving/engine serving/versions serving/grpc serving/http",
        "granian numpy starlette tensorflow",
    ),
    PROJECT: door("predictor"),
    "cli": door(
        f"errors artifacts runs config task tasks report predictor serving start stages {STAGES}",
        "typer",
    ),
    "main": door("cli"),
}

# Files whose door is narrower than their room's: they must not need TensorFlow.
WITHOUT_TENSORFLOW = (
    "pipeline/layers/*.py",
    "pipeline/tasks/*/model.py",
    "pipeline/client/*.py",
)

# The rooms that these may import on their first lines. What else they need they import in the
# function that needs it, so that --help is instant.
AT_ONCE = {
    "main.py": {"cli"},
    "pipeline/__init__.py": {"predictor"},
    "pipeline/cli/*.py": {"config", "errors", "start", "cli"},
}


@dataclass(frozen=True)
class SourceFile:
    """One Python file of the project: where it lies under the root, and what it says."""

    root: Path
    path: Path
    text: str
    tree: ast.Module

    @property
    def room(self) -> str:
        """The room it stands in, such as `metrics`, `tasks/slot_filling` or `main`."""
        parts = [part for part in self.path.with_suffix("").parts if part != "__init__"]
        return room_of(".".join(parts), self.root)


def source_files(root: Path) -> list[SourceFile]:
    """Read `main.py` and all under `pipeline/`, in order; those not written yet are no matter."""
    paths = [path for path in [root / "main.py"] if path.exists()]
    paths += sorted((root / PROJECT).rglob("*.py"))
    texts = [path.read_text(encoding="utf-8") for path in paths]
    return [
        SourceFile(root, path.relative_to(root), text, ast.parse(text))
        for path, text in zip(paths, texts, strict=True)
    ]


def room_of(module: str, root: Path) -> str:
    """Find the room that `pipeline.metrics.spans` or `pipeline.tasks.slot_filling.model` is in.

    The disk decides what is a room: in `from pipeline import load`, `load` is a function.
    """
    first, *parts = module.split(".")
    if first == "main":
        return "main"
    house = root / PROJECT
    if not parts or not ((house / parts[0]).is_dir() or (house / f"{parts[0]}.py").is_file()):
        return PROJECT
    if parts[0] in DIVIDED and len(parts) > 1 and (house / parts[0] / parts[1]).is_dir():
        return f"{parts[0]}/{parts[1]}"
    return parts[0]


def key_of(room: str) -> str:
    """Find the table's word for a room: all tasks share one."""
    return ANY_TASK if room.startswith("tasks/") else room


def imported(nodes: Iterator[ast.AST], file: SourceFile) -> Iterator[tuple[int, str]]:
    """List (line, full name) of what import statements name, relative ones resolved."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = file.path.parts[: len(file.path.parts) - node.level] if node.level else ()
            base = ".".join((*package, *([node.module] if node.module else [])))
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)


def run_on_import(node: ast.AST) -> Iterator[ast.AST]:
    """Walk the statements that run when the module is imported: no bodies of functions."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING"):
            continue
        yield child
        yield from run_on_import(child)


def imports_past_the_door(file: SourceFile) -> Iterator[str]:
    """A room imports only the rooms and packages that its door names."""
    here = DOORS.get(key_of(file.room))
    if here is None:
        yield f"{file.path}: the room {file.room!r} is not in DOORS"
        return
    for line, name in imported(ast.walk(file.tree), file):
        package = name.partition(".")[0]
        if package in (PROJECT, "main"):
            room = room_of(name, file.root)
            if room != file.room and key_of(room) not in here.rooms:
                yield f"{file.path}:{line}: {file.room} may not import {room} ({name})"
        elif package not in sys.stdlib_module_names | here.packages:
            yield f"{file.path}:{line}: {file.room} may not import the package {package}"


def tensorflow_where_any_backend_runs(file: SourceFile) -> Iterator[str]:
    """Layers and models run on every Keras backend; the client runs where TensorFlow is not."""
    if not any(file.path.match(pattern) for pattern in WITHOUT_TENSORFLOW):
        return
    for line, name in imported(ast.walk(file.tree), file):
        if name.startswith("tensorflow"):
            yield f"{file.path}:{line}: must not need TensorFlow ({name})"


def slow_imports(file: SourceFile) -> Iterator[str]:
    """The command line imports what a verb needs in the verb's branch."""
    allowed = next((rooms for path, rooms in AT_ONCE.items() if file.path.match(path)), None)
    if allowed is None:
        return
    for line, name in imported(run_on_import(file.tree), file):
        if name.startswith(f"{PROJECT}.") and room_of(name, file.root) not in allowed:
            yield f"{file.path}:{line}: import {name} inside the function that needs it"


def names_that_say_nothing(file: SourceFile) -> Iterator[str]:
    """A file or folder is called by what is in it."""
    for word in NAMES_THAT_SAY_NOTHING.intersection(file.path.with_suffix("").parts):
        yield f"{file.path}: call it by what it does, not {word!r}"


def long_files(file: SourceFile) -> Iterator[str]:
    """A file is read in one sitting."""
    lines = len(file.text.splitlines())
    if lines > LONGEST_FILE:
        yield f"{file.path}: {lines} lines; at most {LONGEST_FILE}"


def long_functions(file: SourceFile) -> Iterator[str]:
    """A function fits on one screen; its docstring does not count, so that nobody shortens it."""
    for node in ast.walk(file.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if ast.get_docstring(node) is not None:
                docstring = node.body[0]
                lines -= (docstring.end_lineno or docstring.lineno) - docstring.lineno + 1
            if lines > LONGEST_FUNCTION:
                yield (
                    f"{file.path}:{node.lineno}: {node.name} has {lines} lines;"
                    f" at most {LONGEST_FUNCTION}"
                )


def asserts(file: SourceFile) -> Iterator[str]:
    """`python -O` drops asserts, and they tell a user nothing."""
    for node in ast.walk(file.tree):
        if isinstance(node, ast.Assert):
            yield f"{file.path}:{node.lineno}: raise an error that says what to do, not assert"


def unused_doors(files: Sequence[SourceFile], doors: Mapping[str, Door] = DOORS) -> Iterator[str]:
    """A door grants only what some import of its room uses, so that the table tells the truth."""
    used: dict[str, set[str]] = {}
    for file in files:
        for _, name in imported(ast.walk(file.tree), file):
            package = name.partition(".")[0]
            inside = package in (PROJECT, "main")
            word = key_of(room_of(name, file.root)) if inside else package
            used.setdefault(key_of(file.room), set()).add(word)
    for room, here in doors.items():
        for word in sorted((here.rooms | here.packages) - used.get(room, set())):
            yield f"DOORS[{room!r}] grants {word}, which nothing there imports"


def import_cycles(files: Sequence[SourceFile]) -> Iterator[str]:
    """No module needs, to be imported, a module that needs it: one may read from the bottom up.

    Imports inside functions and under TYPE_CHECKING do not count.
    """
    modules = {module_of(file): file for file in files}
    needs = {
        module: {
            target
            for _, name in imported(run_on_import(file.tree), file)
            for target in [name if name in modules else name.rpartition(".")[0]]
            if target in modules and target != module
        }
        for module, file in modules.items()
    }
    while free := [module for module in needs if not needs[module] & needs.keys()]:
        for module in free:
            del needs[module]
    while free := [m for m in needs if not any(m in targets for targets in needs.values())]:
        for module in free:
            del needs[module]
    if needs:
        yield f"modules that import each other, or lie between such: {', '.join(sorted(needs))}"


def module_of(file: SourceFile) -> str:
    """The dotted name under which a file is imported."""
    return ".".join(part for part in file.path.with_suffix("").parts if part != "__init__")


@functools.cache
def this_house() -> list[SourceFile]:
    """The files of this project, read and parsed once for all rules."""
    return source_files(ROOT)


Rule = Callable[[SourceFile], Iterator[str]]
RULES: list[Rule] = [
    imports_past_the_door,
    tensorflow_where_any_backend_runs,
    slow_imports,
    names_that_say_nothing,
    long_files,
    long_functions,
    asserts,
]
HOUSE_RULES = [unused_doors, import_cycles]  # these look at all files at once


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_house_keeps_its_rules(rule):
    offences = [offence for file in this_house() for offence in rule(file)]
    assert not offences, "\n".join(dict.fromkeys(offences))  # one line may import ten names


@pytest.mark.parametrize("rule", HOUSE_RULES, ids=lambda rule: rule.__name__)
def test_the_whole_house_keeps_its_rules(rule):
    offences = list(rule(this_house()))
    assert not offences, "\n".join(offences)


def test_doors_lead_to_rooms_of_the_table():
    assert {room for here in DOORS.values() for room in here.rooms} <= set(DOORS)


@pytest.fixture
def house(tmp_path):
    """An empty house: folders, and one module for a room that is a single file."""
    for room in (
        "metrics",
        "layers",
        "text",
        "tasks/slots",
        "tasks/classes",
        "stages/training",
        "stages/retraining",
        "serving/http",
        "serving/wire",
        "client",
        "cli",
    ):
        (tmp_path / PROJECT / room).mkdir(parents=True)
    (tmp_path / PROJECT / "errors.py").touch()
    (tmp_path / PROJECT / "predictor.py").touch()
    return tmp_path


def offences_of(house, path, text):
    """All that the rules say about one file put into the house."""
    (house / path).parent.mkdir(parents=True, exist_ok=True)
    (house / path).write_text(text, encoding="utf-8")
    return [offence for file in source_files(house) for rule in RULES for offence in rule(file)]


@pytest.mark.parametrize(
    ("path", "text", "offence"),
    [
        ("pipeline/metrics/x.py", "import tensorflow as tf", ":1: metrics may not import the pack"),
        (
            "pipeline/metrics/x.py",
            "def f():\n  import keras",
            ":2: metrics may not import the pack",
        ),
        ("pipeline/metrics/x.py", "from pipeline.text import y", "metrics may not import text"),
        ("pipeline/metrics/x.py", "from pipeline import text", "metrics may not import text"),
        ("pipeline/metrics/x.py", "from ..text import y", "metrics may not import text"),
        ("pipeline/metrics/x.py", "from .. import text", "metrics may not import text"),
        ("pipeline/errors.py", "import pipeline", "errors may not import pipeline"),
        ("pipeline/errors.py", "import main", "errors may not import main"),
        ("pipeline/tasks/slots/x.py", "import pipeline.tasks.classes.y", "import tasks/classes"),
        ("pipeline/tasks/slots/x.py", "from pipeline.tasks import TASKS", "may not import tasks"),
        (
            "pipeline/stages/retraining/x.py",
            "from pipeline.tasks import slots",
            "may not import tasks/slots",
        ),
        (
            "pipeline/stages/training/x.py",
            "from pipeline.stages.retraining import x",
            "stages/training may not import stages/retraining",
        ),
        ("pipeline/serving/wire/x.py", "from ..http import x", "may not import serving/http"),
        ("pipeline/serving/attic/x.py", "", "the room 'serving/attic' is not in DOORS"),
        ("pipeline/tasks/slots/model.py", "import tensorflow as tf", "must not need TensorFlow"),
        ("pipeline/client/client.py", "from tensorflow import io", "must not need TensorFlow"),
        ("pipeline/attic/x.py", "", "the room 'attic' is not in DOORS"),
        ("pipeline/__init__.py", "from pipeline.text import x", "inside the function"),
        (
            "main.py",
            "try:\n  import pipeline.stages.training.train\nfinally: ...",
            "inside the function",
        ),
        ("pipeline/text/utils.py", "", "call it by what it does, not 'utils'"),
        ("pipeline/text/helpers/x.py", "", "call it by what it does, not 'helpers'"),
        ("pipeline/text/x.py", "x = 1\n" * 401, "401 lines; at most 400"),
        ("pipeline/text/x.py", "def f():\n" + "    x = 1\n" * 60, ":1: f has 61 lines; at most 60"),
        ("pipeline/text/x.py", "def f(x):\n    assert x", ":2: raise an error"),
    ],
)
def test_an_offence_is_found(house, path, text, offence):
    assert any(offence in said for said in offences_of(house, path, text))


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("pipeline/metrics/x.py", "import math\nimport numpy as np\nfrom pipeline.errors import E"),
        ("pipeline/metrics/x.py", "from . import spans\nfrom .spans import chunks"),
        ("pipeline/text/x.py", "import tensorflow as tf\n" + "x = 1\n" * 399),
        ("pipeline/tasks/slots/x.py", "import tensorflow as tf\nimport pipeline.tasks.slots.y"),
        ("pipeline/stages/retraining/x.py", "from pipeline.tasks import TASKS"),
        ("pipeline/serving/http/x.py", "from pipeline.serving.wire import x"),
        ("pipeline/text/x.py", "def f():\n    '''Of two\n    lines.'''\n" + "    x = 1\n" * 59),
        ("pipeline/__init__.py", "from pipeline.predictor import load"),
        ("pipeline/__init__.py", "if TYPE_CHECKING:\n    from pipeline.predictor import load"),
        ("main.py", "from pipeline.cli import main"),
        ("pipeline/cli/x.py", "import typer\ndef f(): import pipeline.stages.training.x"),
    ],
)
def test_what_the_rules_allow(house, path, text):
    assert not offences_of(house, path, text)


def put(house, files):
    """Write files into the house and read it back."""
    for path, text in files.items():
        (house / path).parent.mkdir(parents=True, exist_ok=True)
        (house / path).write_text(text, encoding="utf-8")
    return source_files(house)


@pytest.mark.parametrize(
    ("text", "unused"),
    [
        ("from pipeline.errors import E\nimport keras", []),
        ("def f():\n    import keras\n    from .. import errors", []),
        ("import keras", ["errors"]),
        ("from pipeline import errors", ["keras"]),
        ("", ["errors", "keras"]),
    ],
)
def test_a_door_that_nothing_uses_is_found(house, text, unused):
    files = put(house, {"pipeline/layers/x.py": text})
    offences = list(unused_doors(files, {"layers": door("errors", "keras")}))
    expected = [f"DOORS['layers'] grants {word}, which nothing there imports" for word in unused]
    assert offences == expected


@pytest.mark.parametrize(
    ("here", "there", "circle"),
    [
        ("from pipeline.text.b import f", "from pipeline.text.a import g", True),
        ("from pipeline.text import b", "from . import a", True),
        ("import pipeline.text.b", "try:\n    from .a import g\nfinally: ...", True),
        ("from pipeline.text.b import f", "", False),
        ("from pipeline.text.b import f", "def f():\n    from pipeline.text import a", False),
        ("from .b import f", "if TYPE_CHECKING:\n    from .a import g", False),
    ],
)
def test_an_import_cycle_is_found(house, here, there, circle):
    files = put(
        house,
        {
            "pipeline/text/a.py": here,
            "pipeline/text/b.py": there,
            "pipeline/text/c.py": "from pipeline.text import a, b",
            "pipeline/text/__init__.py": "from pipeline.text import c",
        },
    )
    offences = list(import_cycles(files))
    expected = (
        "modules that import each other, or lie between such: pipeline.text.a, pipeline.text.b"
    )
    assert offences == ([expected] if circle else [])
