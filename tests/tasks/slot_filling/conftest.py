"""What the tests of slot filling share: files to read, settings, records."""

import pytest

from pipeline.tasks.slot_filling.records import Span, Utterance
from pipeline.tasks.slot_filling.settings import SlotFillingSettings


@pytest.fixture
def write(tmp_path):
    """A function from a name and its content, text or bytes, to the file's path."""

    def write(name, content):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.fixture(scope="session")
def make_settings():
    """A function from groups of settings to the whole; the data is a file that is never read."""

    def make(data=None, **groups):
        data = {"format": "jsonl", "files": {"train": "train.jsonl"}} | (data or {})
        return SlotFillingSettings.model_validate({"task": "slot_filling", "data": data, **groups})

    return make


@pytest.fixture(scope="session")
def make_record():
    """A function from a text, an intent and spans (slot, start, end) to a record."""

    def make(text, intent="book", spans=(), **rest):
        return Utterance(text, intent, tuple(Span(*span) for span in spans), **rest).to_record()

    return make
