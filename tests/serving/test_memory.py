"""Memory that is released when a version is unloaded."""

import ctypes
import os
import subprocess
import sys
import types
import weakref
from pathlib import Path

import pytest

from pipeline.serving.memory import release_memory


class Loop:
    """An object in a reference cycle."""

    def __init__(self):
        self.me = self


def test_reference_cycles_are_freed():
    gone = weakref.ref(Loop())
    release_memory()
    assert gone() is None


def test_a_c_library_without_malloc_trim_works(monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda _: types.SimpleNamespace())
    gone = weakref.ref(Loop())
    release_memory()
    assert gone() is None


COUNT_ARENAS = """
import ctypes, sys, threading
from pipeline.serving.memory import limit_arenas
limit_arenas()
library, gate = ctypes.CDLL(None), threading.Barrier(13)
def hold():
    library.malloc(5000)
    gate.wait()
    gate.wait()
threads = [threading.Thread(target=hold) for _ in range(12)]
for thread in threads:
    thread.start()
gate.wait()
library.fdopen.restype = ctypes.c_void_p
library.malloc_info(0, ctypes.c_void_p(out := library.fdopen(1, b"w")))
library.fflush(ctypes.c_void_p(out))
gate.wait()
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="needs the GNU C library")
@pytest.mark.parametrize(("given", "arenas"), [({}, 2), ({"MALLOC_ARENA_MAX": "3"}, 3)])
def test_twelve_threads_share_few_arenas(given, arenas):
    kept = {key: value for key, value in os.environ.items() if key != "MALLOC_ARENA_MAX"}
    command = [sys.executable, "-c", COUNT_ARENAS]
    root = Path(__file__).parents[2]
    done = subprocess.run(
        command, env={**kept, **given}, cwd=root, capture_output=True, check=True, text=True
    )
    assert done.stdout.count("<heap nr=") == arenas
