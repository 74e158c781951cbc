"""JSON is parsed as TensorFlow Serving's parser does."""

import contextlib
import json
import math
import time
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.serving.errors import ServingError
from pipeline.serving.wire.json_text import parse_object

SCALARS = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False)
VALUES = st.recursive(
    SCALARS | st.text(), lambda v: st.lists(v) | st.dictionaries(st.text(), v), max_leaves=20
)


@given(st.dictionaries(st.text(), VALUES))
def test_json_written_by_python_is_restored(value):
    assert parse_object(json.dumps(value).encode("utf-8", "surrogatepass")) == value


@given(st.binary())
def test_any_bytes_are_read_or_refused(body):
    with contextlib.suppress(ServingError):
        assert isinstance(parse_object(body), dict)


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"a": 1, "a": 2}', {"a": 1}),
        (b'{"a": {"b": 1, "b": 2}, "c": ":"}', {"a": {"b": 1}, "c": ":"}),
        (b'{"a" : 1, "\\u0061" : 2}', {"a": 1}),
        (b'{"a": ":x", "b": "\\":"}', {"a": ":x", "b": '":'}),
        (b'{"a": "Inf NaN", "b": Inf}', {"a": "Inf NaN", "b": math.inf}),
        (b'{"a": "\\"Inf", "b": -Inf}', {"a": '"Inf', "b": -math.inf}),
        (b' \n{"a": 1} }}]]', {"a": 1}),
        (b'{"a": "\\ud83d\\ude00", "b": NaN, "b": 1}', {"a": "😀", "b": math.nan}),
    ],
)
def test_the_slow_path(body, value):
    read = parse_object(body)
    assert str(read) == str(value)


@pytest.mark.parametrize(
    "body", [b'{"a": "\\ud83d", "b": NaN}', b'{"a": nan}', b"{'a': 1}", b'{"a": Infinit}']
)
def test_invalid_json_is_refused(body):
    with pytest.raises(ServingError, match="JSON Parse error: "):
        parse_object(body)


@pytest.mark.parametrize("end", [b"", b"\\"])
def test_an_unterminated_string_is_scanned_once(end):
    """30,000 escaped quotes took 12 s when each one began another scan."""
    began = time.monotonic()
    with pytest.raises(ServingError, match="JSON Parse error: "):
        parse_object(b'{"a": "' + b'\\"' * 30_000 + end)
    assert time.monotonic() - began < 3


@pytest.mark.parametrize("letters", [b"a", b'\\"'])
def test_a_long_string_takes_linear_memory(letters):
    """It took 118 bytes per character when the pattern kept each one for backtracking."""
    tracemalloc.start()
    parse_object(b'{"a": "' + letters * 500_000 + b'", "b": NaN}')
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 16_000_000
