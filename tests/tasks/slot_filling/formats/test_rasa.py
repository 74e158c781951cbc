"""Rasa's YAML: both forms of examples, roles, lines of errors; nothing is constructed from it."""

import pytest
import yaml

from pipeline.errors import DataError
from pipeline.tasks.slot_filling.formats.rasa import read, write
from pipeline.tasks.slot_filling.records import Span, Utterance
from pipeline.tasks.slot_filling.settings import ColumnSettings


@pytest.fixture
def read_text(write):
    """A function from a file's content to (utterances, errors)."""

    def read_text(content):
        errors = []
        return list(read(write("a.yml", content), ColumnSettings(), errors.append)), errors

    return read_text


FILE = """\
version: "3.1"
# a comment
nlu:
- intent: book
  examples: |
    - to [Oslo](city)

    - from [Rome]{"entity": "city", "role": "from", "value": "ROM"}
- synonym: Oslo
  examples: |
    - Christiania
- intent: yes
  examples:
  - text: |
      sure, [NYC](city:New York)
    metadata:
      sentiment: good
  - "  two  "
rules: []
"""


def test_both_forms_of_examples(read_text, tmp_path):
    found, errors = read_text(FILE)
    assert errors == []
    file = f"{tmp_path}/a.yml"
    assert found == [
        Utterance("to Oslo", "book", (Span("city", 3, 7),), source=f"{file}:6"),
        Utterance("from Rome", "book", (Span("city.from", 5, 9),), source=f"{file}:8"),
        Utterance("sure, NYC", "yes", (Span("city", 6, 9),), source=f"{file}:14"),
        Utterance("  two  ", "yes", (), source=f"{file}:18"),
    ]


@pytest.mark.parametrize(
    ("content", "line", "wrong"),
    [
        ("nlu:\n- intent: a\n  examples: |\n    - x\n    y\n    - z\n", 5, "'y' in `examples`"),
        (
            "nlu:\n- intent: a\n  examples: |\n    - x\n    - [y](z\n    - z\n",
            5,
            "'[y](z' is an incomplete",
        ),
        (
            "nlu:\n- intent: a\n  examples: |\n    - [y]{z}\n    - x\n    - z\n",
            4,
            "{z} is not valid",
        ),
        (
            "nlu:\n- intent: a\n- intent: b\n  examples: |\n    - x\n    - z\n",
            2,
            "an entry without `ex",
        ),
        (
            "nlu:\n- examples: x\n- intent: b\n  examples: |\n    - x\n    - z\n",
            2,
            "an entry without `int",
        ),
        (
            "nlu:\n- intent: [a]\n  examples: ''\n- intent: b\n  examples:\n  - x\n  - z\n",
            2,
            "a YAML list",
        ),
        (
            "nlu:\n- intent: b\n  examples:\n  - text: x\n  - metadata: {}\n  - z\n",
            5,
            "an example without",
        ),
    ],
)
def test_a_bad_example_is_rejected_with_its_line_and_the_others_are_read(
    read_text, content, line, wrong
):
    found, [error] = read_text(content)
    assert [each.text for each in found] == ["x", "z"]
    assert (error.line, error.wrong[: len(wrong)]) == (line, wrong)


@pytest.mark.parametrize(
    ("content", "line", "wrong"),
    [
        (b"nlu:\n- intent: a\n  examples: |\n    - \xff\n    - b\n", 4, "byte 0xff at column 7"),
        ("nlu:\n- intent: a\n  examples: |\n    - x\u2028\n", 4, "U+2028 is a line break"),
        ("nlu:\n- intent: a\n  examples: |\n    - x\n  foo", 6, "not valid YAML"),
        ("nlu:\n- intent: a\x00\n", 2, "not valid YAML"),
        ("nlu: 7\n", 1, "a YAML scalar"),
        ("- nlu\n", 1, "a YAML list"),
        ("[" * 5000, 1, "not valid YAML"),
    ],
)
def test_a_damaged_file_is_rejected_with_its_line(write, content, line, wrong):
    with pytest.raises(DataError) as caught:
        list(read(write("a.yml", content), ColumnSettings()))
    assert caught.value.wrong.startswith(wrong)
    assert caught.value.line == line


def test_nothing_is_constructed(read_text, tmp_path):
    bad = f'nlu: !!python/object/apply:os.mkdir ["{tmp_path}/made"]\n'
    read_text(bad)
    assert not (tmp_path / "made").exists()


def test_what_is_written_by_hand_reads_as_yaml_with_rasa_s_shape(tmp_path):
    rows = [
        Utterance("to Oslo", "book", (Span("city", 3, 7),)),
        Utterance(" hi ", "on", (), (), ("cue",)),
        Utterance("b: c", "book", (Span("a:b", 0, 2),)),
    ]
    write(rows, tmp_path / "a.yml")
    text = (tmp_path / "a.yml").read_text()
    assert text.splitlines()[:5] == [
        'version: "3.1"',
        "nlu:",
        "- intent: book",
        "  examples: |",
        "    - to [Oslo](city)",
    ]
    assert yaml.safe_load(text)["nlu"] == [
        {"intent": "book", "examples": '- to [Oslo](city)\n- [b:]{"entity": "a:b"} c\n'},
        {"intent": "on", "examples": [{"text": " hi ", "metadata": {"parts": '["cue"]'}}]},
    ]
    write([], tmp_path / "empty.yml")
    assert list(read(tmp_path / "empty.yml", ColumnSettings())) == []


@pytest.mark.parametrize(
    "row",
    [Utterance("x", "", ()), Utterance("abc", "x", (Span("s", 0, 2), Span("t", 1, 3)))],
)
def test_what_it_cannot_hold_is_rejected(tmp_path, row):
    with pytest.raises(DataError, match=r"it has no intent|two spans overlap"):
        write([row], tmp_path / "a.yml")
