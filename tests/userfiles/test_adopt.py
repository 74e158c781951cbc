"""A new file for a trained model: names of columns, and settings that stay."""

import pytest
from pydantic import BaseModel

from pipeline.errors import InputError
from pipeline.userfiles.adopt import known_columns, on_one_file


class Columns(BaseModel, extra="forbid", frozen=True):
    text: tuple[str, ...] = ("text",)
    label: str = "label"


class Data(BaseModel, extra="forbid"):
    format: str
    files: dict[str, str]
    columns: Columns = Columns()
    encoding: str = "utf-8"
    policy: str = "refuse"


def test_columns_are_renamed_one_by_one():
    assert known_columns(Columns(), {}) == {"text": ("text",), "label": "label"}
    assert known_columns(Columns(), {"text": "a"}) == {"text": ("a",), "label": "label"}
    assert known_columns(Columns(), {"text": ["a", "b"], "label": "c"})["label"] == "c"


@pytest.mark.parametrize(
    ("renamed", "message"),
    [
        ({"colour": "x"}, "retrain.columns: colour; expected text, label"),
        ({"label": {"a": 1}}, "retrain.columns.label: Input should be a valid string"),
    ],
)
def test_what_is_no_column_is_rejected(renamed, message):
    with pytest.raises(InputError) as caught:
        known_columns(Columns(), renamed)
    assert str(caught.value) == message


def test_one_file_is_every_split_and_brings_its_own_columns_and_encoding():
    old = Data(
        format="csv",
        files={"train": "a", "new": "b"},
        columns=Columns(label="x"),
        encoding="latin-1",
        policy="keep",
    )
    detected = {"format": "jsonl", "files": {"train": "c", "test": "d"}}
    new = on_one_file(old, detected, "learn")
    assert new.files == {"train": "c", "valid": "c", "test": "c"}
    assert (new.format, new.columns, new.encoding) == ("jsonl", Columns(), "utf-8")
    assert new.policy == "keep"
    assert on_one_file(old, detected, "texts").policy == "refuse"
