"""What is given back when a version leaves."""

import ctypes
import types
import weakref

from pipeline.serving.memory import give_back


class Loop:
    """Refers to itself."""

    def __init__(self):
        self.me = self


def test_what_refers_to_itself_is_freed():
    gone = weakref.ref(Loop())
    give_back()
    assert gone() is None


def test_a_c_library_without_stores_will_do(monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda _: types.SimpleNamespace())
    gone = weakref.ref(Loop())
    give_back()
    assert gone() is None
