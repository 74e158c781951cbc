"""What a path names."""

import pytest

from pipeline.serving.http.paths import parse


@pytest.mark.parametrize("sent", ["京".encode().decode("latin-1"), "%E4%BA%AC", "%e4\xba%ac"])
def test_a_name_is_the_same_percent_encoded_or_not(sent):
    """What is typed into curl is sent as its bytes; servers hand them on a letter a byte."""
    call = parse("POST", f"/v1/models/{sent}/labels/{sent}:predict")
    assert (call.target.name, call.target.label) == ("京", "京")
