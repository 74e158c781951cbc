"""Parsing of REST paths."""

import pytest

from pipeline.serving.http.paths import parse_path


@pytest.mark.parametrize("sent", ["京".encode().decode("latin-1"), "%E4%BA%AC", "%e4\xba%ac"])
def test_percent_encoding_does_not_change_a_name(sent):
    """Clients send the bytes of a name; the server passes one character per byte."""
    call = parse_path("POST", f"/v1/models/{sent}/labels/{sent}:predict")
    assert (call.target.name, call.target.label) == ("京", "京")
