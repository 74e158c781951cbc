"""Repairs: what is safe is mended, all else stays byte for byte, and the result is well formed."""

import gzip
import json

import pytest

from pipeline.errors import InputError
from pipeline.tasks.slot_filling.loader import load
from pipeline.tasks.slot_filling.repair import repair
from pipeline.userfiles.repair import fixed_name

EDGE = "whitespace at a span's edge removed"
REPEAT = "a repeated span removed"
MOVED = "a span moved to its value"
BLANK = "a span of only whitespace removed"
BRACKETS = "whitespace moved out of the brackets"


@pytest.fixture
def mend(write, make_settings):
    """A function from a format and a file's content to (the copy's bytes, what was mended)."""

    def mend(format_, name, content):
        path = write(name, content)
        before = path.read_bytes()
        data = make_settings({"format": format_, "files": {"train": str(path)}}).data
        found = list(repair(data))
        assert path.read_bytes() == before
        if not found:
            return None, []
        [(source, target, mended)] = found
        assert (source, target) == (path, fixed_name(path))
        return target.read_bytes(), mended

    return mend


def row(*slots, text=" to Oslo  now", **rest):
    return json.dumps({"id": 1, "text": text, "intent": "x", "slots": list(slots), **rest})


@pytest.mark.parametrize(
    ("slot", "fixed", "what"),
    [
        ({"slot": "a", "start": 3, "end": 9}, {"slot": "a", "start": 4, "end": 8}, EDGE),
        ([0, 4, "a"], [1, 3, "a"], EDGE),
        (
            {"label": "a", "start_offset": 4, "end_offset": 10},
            {"label": "a", "start_offset": 4, "end_offset": 8},
            EDGE,
        ),
        (
            {"slot": "a", "start": 3, "end": 7, "value": "Oslo"},
            {"slot": "a", "start": 4, "end": 8, "value": "Oslo"},
            MOVED,
        ),
        (
            {"slot": "a", "start": 3, "end": 8, "value": " Oslo"},
            {"slot": "a", "start": 4, "end": 8, "value": "Oslo"},
            EDGE,
        ),
        (
            {"slot": "a", "start": 70, "end": 80, "value": "Oslo"},
            {"slot": "a", "start": 4, "end": 8, "value": "Oslo"},
            MOVED,
        ),
    ],
)
def test_an_edge_is_mended_in_any_shape(mend, slot, fixed, what):
    good = row([1, 3, "b"])
    content, mended = mend("jsonl", "a.jsonl", f"{good}\n{row(slot)}\n")
    assert mended == [(2, what)]
    first, second = content.decode().splitlines()
    assert first == good
    assert json.loads(second) == json.loads(row(fixed))


@pytest.mark.parametrize(
    "slot",
    [
        {"slot": "a", "start": 4, "end": 8},
        {"slot": "a", "start": 4, "end": 99},  # cut where? nobody can tell
        {"slot": "a", "start": -2, "end": 1},
        {"slot": "a", "start": 0, "end": 1, "value": "o"},  # stands in the text three times
        {"slot": "a", "start": 0, "end": 1, "value": "Rome"},
        {"slot": "a", "start": "4", "end": 9},
        ["a", 4, 9],
        7,
    ],
)
def test_what_is_not_safe_is_left(mend, slot):
    assert mend("jsonl", "a.jsonl", row(slot)) == (None, [])


def test_repeats_and_empty_spans_go_and_all_else_stays_byte_for_byte(mend, make_settings, tmp_path):
    lines = [
        row([4, 8, "a"], [4, 8, "a"], [4, 8, "b"]),
        '{ "broken" ',
        "",
        row([8, 10, "a"], [1, 3, "c"]),
        '{"text":"x",   "slots": []}',
    ]
    content, mended = mend("jsonl", "a.jsonl", "\ufeff" + "\r\n".join(lines))
    assert mended == [(1, REPEAT), (4, BLANK)]
    found = content.decode().removeprefix("\ufeff").split("\r\n")
    assert found[1:3] + found[4:] == lines[1:3] + lines[4:]
    assert json.loads(found[0])["slots"] == [[4, 8, "a"], [4, 8, "b"]]
    assert json.loads(found[3])["slots"] == [[1, 3, "c"]]
    settings = make_settings({"files": {"train": str(tmp_path / "a.jsonl")}})
    with pytest.raises(InputError, match=r"a\.fixed\.jsonl: exists; move it away"):
        list(repair(settings.data))


def test_lists_of_objects_keep_their_layout(mend):
    bad = {"type": "a", "start_idx": 3, "end_idx": 8}
    good = '{"text": "to",\n  "intent": "x", "entities": []}'
    row = f'{{"text": " to Oslo  now", "intent": "x", "entities": [{json.dumps(bad)}]}}'
    task = f"[\n{good},\n{row}\n,7]\n"
    content, mended = mend("smp", "a.json", task)
    assert mended == [(4, EDGE)]
    fixed = json.dumps({**bad, "start_idx": 4, "end_idx": 7})
    assert content.decode() == task.replace(json.dumps(bad), fixed)
    assert mend("smp", "b.json", "{}") == (None, [])


def test_label_studio_and_doccano(mend):
    value = {"start": 3, "end": 8, "text": " Oslo", "labels": ["a"]}
    result = [{"type": "labels", "value": value}, {"type": "choices", "value": {"choices": ["x"]}}]
    task = {"data": {"text": " to Oslo  now"}, "annotations": [{"result": result}]}
    content, mended = mend("label_studio", "a.json", json.dumps([task]))
    assert mended == [(1, EDGE)]
    [fixed] = json.loads(content)
    assert fixed["annotations"][0]["result"][0]["value"] == value | {"start": 4, "text": "Oslo"}
    fire = {"text": "\U0001f525 Oslo ", "label": [[2, 8, "a"]]}
    content, mended = mend("doccano", "d.jsonl", json.dumps(fire))
    assert json.loads(content)["label"] == [[3, 7, "a"]]


def test_brackets(mend):
    content, mended = mend(
        "inline", "a.txt", "x\tto[ Oslo ](city)now [a](b) \\[ c](d)\nx\t[ ](y)\n"
    )
    assert content.decode() == "x\tto [Oslo](city) now [a](b) \\[ c](d)\nx\t[ ](y)\n"
    assert mended == [(1, BRACKETS)]
    content, _ = mend("rasa", "a.yml", '    - to [Oslo ]{"entity": "c"} now\n')
    assert content.decode() == '    - to [Oslo]{"entity": "c"}  now\n'


def test_a_packed_file_is_mended_and_a_damaged_one_left(mend):
    content, _ = mend("jsonl", "a.en.jsonl.gz", gzip.compress(row([3, 8, "a"]).encode()))
    assert json.loads(content)["slots"] == [[4, 8, "a"]]
    assert mend("jsonl", "b.jsonl", row([3, 8, "a"]).encode() + b"\n\xff") == (None, [])
    assert mend("conll", "a.conll", "a O\n") == (None, [])


def test_what_was_mended_loads(mend, make_settings, tmp_path):
    rows = [row([3, 9, "a"], [3, 9, "a"], [0, 4, "b"]), row([8, 10, "a"])]
    mend("jsonl", "train.jsonl", "\n".join(rows))
    path = tmp_path / "train.fixed.jsonl"
    files = {split: str(path) for split in ("train", "valid", "test")}
    assert len(list(load(make_settings({"files": files}).data).splits["train"]())) == 2
