"""The loader: splits found and carved, spans checked, repairs counted."""

import json

import pytest

from pipeline.errors import DataError, InputError, RowError
from pipeline.tasks.slot_filling.loader import load, read

TEXT = " fly  to 北京 \u3000now\u00a0👩‍👧"


def row(text, intent="book", *slots, **rest):
    spans = [dict(zip(("slot", "start", "end"), slot, strict=True)) for slot in slots]
    return json.dumps({"text": text, "intent": intent, "slots": spans} | rest) + "\n"


@pytest.fixture
def load_rows(write, make_settings):
    """A function from the lines of `train.jsonl` to the source; other splits are empty files."""

    def load_rows(*rows, on_error=None, **data):
        files = {split: str(write(f"{split}.jsonl", "")) for split in ("valid", "test")}
        files["train"] = str(write("train.jsonl", "".join(rows)))
        settings = make_settings({"files": files} | data).data
        return load(settings, on_error) if on_error else load(settings)

    return load_rows


def spans_of(record):
    return list(zip(*(record["slots"][key] for key in ("slot", "start", "end")), strict=True))


def test_splits_come_in_the_usual_order_with_their_own_files(write, make_settings):
    names = ("handwritten", "test", "train", "a_part", "valid")
    files = {name: str(write(f"{name}.jsonl", row(f"{name} text"))) for name in names}
    source = load(make_settings({"files": files}).data)
    assert list(source.splits) == ["train", "valid", "test", "a_part", "handwritten"]
    found = {name: [record["text"] for record in read()] for name, read in source.splits.items()}
    assert found == {name: [f"{name} text"] for name in names}
    assert sorted(str(file) for file in source.files) == sorted(files.values())


def test_absent_splits_are_carved_out_of_train(write, make_settings):
    texts = [f"text {number}" for number in range(400)]
    train = write("train.jsonl", "".join(map(row, texts)))
    valid = write("valid.jsonl", row("own"))
    both = load(make_settings({"files": {"train": str(train)}}).data)
    assert list(both.splits) == ["train", "valid", "test"]
    found = [record["text"] for read in both.splits.values() for record in read()]
    assert sorted(found) == sorted(texts)
    sizes = {name: len(list(read())) for name, read in both.splits.items()}
    assert 20 < sizes["valid"] < 60
    assert 20 < sizes["test"] < 60

    one = load(make_settings({"files": {"train": str(train), "valid": str(valid)}}).data)
    assert [record["text"] for record in one.splits["valid"]()] == ["own"]
    assert len(list(one.splits["train"]())) + len(list(one.splits["test"]())) == 400


def test_shares_and_seed_are_settings(write, make_settings):
    files = {"train": str(write("train.jsonl", "".join(row(f"text {n}") for n in range(300))))}

    def carved(**split):
        source = load(make_settings({"files": files, "split": split}).data)
        return [record["text"] for record in source.splits["test"]()]

    assert len(carved(test=0.4)) > 90
    assert carved(seed=2) != carved(seed=1)


def test_nothing_is_read_before_a_split_is_and_a_split_can_be_read_again(load_rows):
    source = load_rows("{broken")
    with pytest.raises(DataError):
        list(source.splits["train"]())
    source = load_rows(row("a"), row("b"))
    assert list(source.splits["train"]()) == list(source.splits["train"]())


@pytest.mark.parametrize("files", [{}, {"valid": "valid.jsonl"}])
def test_a_config_without_training_file_is_rejected(make_settings, files):
    names = ", ".join(files) or "nothing"
    with pytest.raises(InputError, match=f"data.files names {names}; expected `train`"):
        load(make_settings({"files": files}).data)


def test_a_missing_file_is_named_at_once(make_settings):
    with pytest.raises(InputError, match=r"no/such\.jsonl: no such file or folder"):
        load(make_settings({"files": {"train": "no/such.jsonl"}}).data)


def test_a_file_where_a_folder_is_expected_is_rejected_and_the_other_way_round(
    write, make_settings
):
    file = write("set/train.jsonl", row("a"))
    with pytest.raises(InputError, match=r"set: a folder; data\.format jsonl expects a file"):
        load(make_settings({"files": {"train": str(file.parent)}}).data)
    with pytest.raises(InputError, match=r"a file; data\.format triples expects a folder"):
        load(make_settings({"format": "triples", "files": {"train": str(file)}}).data)


def test_a_folder_of_triples_is_its_three_files(write, make_settings):
    for name, content in (("seq.in", "to x\n"), ("seq.out", "O B-city\n"), ("label", "book\n")):
        folder = write(f"set/{name}", content).parent
    settings = make_settings(
        {"format": "triples", "files": dict.fromkeys(["train", "valid"], str(folder))}
    )
    source = load(settings.data)
    assert [file.name for file in source.files] == ["seq.in", "seq.out", "label"] * 2
    assert spans_of(next(iter(source.splits["valid"]()))) == [("city", 3, 4)]
    (folder / "label").unlink()
    with pytest.raises(InputError, match="label: no such file"):
        load(settings.data)


# --- checks ---


@pytest.mark.parametrize(
    "slot",
    [
        ("x", 1, 4),
        ("x", 9, 11),
        ("x", 17, len(TEXT)),
        ("x", 17, 18),  # a part of a joined emoji is text like any other
        ("x", 1, len(TEXT)),
        ("x", 1, 11),  # white space inside is fine
    ],
)
def test_spans_up_to_the_edges_are_accepted(load_rows, slot):
    [record] = load_rows(row(TEXT, "i", slot)).splits["train"]()
    assert spans_of(record) == [slot]
    assert record["text"] == TEXT


@pytest.mark.parametrize(
    ("slot", "message"),
    [
        (("x", -1, 3), "span x [-1, 3) in a text of 19; expected 0 <= start < end <= length"),
        (("x", 1, 20), "span x [1, 20) in a text of 19; expected 0 <= start < end <= length"),
        (("x", 4, 4), "span x [4, 4) in a text of 19; expected 0 <= start < end <= length"),
        (("x", 4, 1), "span x [4, 1) in a text of 19; expected 0 <= start < end <= length"),
        (("x", 19, 20), "span x [19, 20) in a text of 19; expected 0 <= start < end <= length"),
        (("x", 10**30, 10**31), f"span x [{10**30}, {10**31}) in a text of 19"),
        (("x", 0, 4), "span x [0, 4) covers ' fly'; expected no whitespace at its edges"),
        (("x", 1, 5), "span x [1, 5) covers 'fly '; expected no whitespace at its edges"),
        (("x", 4, 6), "span x [4, 6) covers '  '; expected no whitespace at its edges"),
        (("x", 12, 16), "span x [12, 16) covers '\\u3000now'; expected no whitespace"),
        (("x", 13, 17), "span x [13, 17) covers 'now\\xa0'; expected no whitespace"),
    ],
)
def test_a_span_that_does_not_fit_is_rejected_with_its_line(load_rows, tmp_path, slot, message):
    text = " fly  to 北京 \u3000now\u00a0👩京"
    source = load_rows(row("a"), row(text, "i", ("y", 1, 4), slot))
    with pytest.raises(DataError) as caught:
        list(source.splits["train"]())
    assert str(caught.value).startswith(f"{tmp_path}/train.jsonl:2: {message}")


@pytest.mark.parametrize(
    "line",
    [
        '{"text": "a \\ud83d", "intent": "i", "slots": []}',
        '{"text": "a", "intent": "\\udc00", "slots": []}',
        '{"text": "a", "intent": "i", "slots": [{"slot": "\\ud800", "start": 0, "end": 1}]}',
        '{"text": "a", "intent": "i", "slots": [], "parts": ["\\ud800"]}',
    ],
)
def test_half_of_a_surrogate_pair_is_rejected_with_its_line(load_rows, line):
    with pytest.raises(
        DataError, match=r"train\.jsonl:1: half of a surrogate pair; expected whole"
    ):
        list(load_rows(line).splits["train"]())


def test_a_whole_surrogate_pair_is_one_character(load_rows):
    line = (
        '{"text": "\\ud83d\\udc69x", "intent": "i", "slots": [{"slot": "s", "start": 1, "end": 2}]}'
    )
    [record] = load_rows(line).splits["train"]()
    assert record["text"] == "👩x"


@pytest.mark.parametrize(
    ("tokens", "wrong"),
    [
        ([[0, 2], [1, 3]], r"\[1, 3\)"),
        ([[2, 3], [0, 1]], r"\[0, 1\)"),
        ([[0, 0]], r"\[0, 0\)"),
        ([[-1, 1]], r"\[-1, 1\)"),
        ([[0, 4]], r"\[0, 4\)"),
    ],
)
def test_tokens_must_stand_in_order_inside_the_text(load_rows, tokens, wrong):
    with pytest.raises(DataError, match=rf":1: token {wrong} in a text of 3; expected tokens in"):
        list(load_rows(row("abc", tokens=tokens)).splits["train"]())
    assert list(load_rows(row("abc", tokens=[[0, 1], [1, 3]])).splits["train"]())


# --- overlaps ---


def test_overlapping_spans_are_rejected(load_rows, tmp_path):
    source = load_rows(row("a"), row("abcd", "i", ("late", 2, 4), ("early", 0, 3)))
    with pytest.raises(DataError) as caught:
        list(source.splits["train"]())
    assert str(caught.value) == (
        f"{tmp_path}/train.jsonl:2: spans early [0, 3) and late [2, 4) overlap;"
        " expected no overlaps (or set data.overlaps to keep_longest)"
    )


def test_an_exact_repeat_is_an_overlap_and_touching_is_none(load_rows):
    with pytest.raises(DataError, match=r"spans x \[0, 1\) and x \[0, 1\) overlap"):
        list(load_rows(row("ab", "i", ("x", 0, 1), ("x", 0, 1))).splits["train"]())
    assert list(load_rows(row("ab", "i", ("x", 0, 1), ("y", 1, 2))).splits["train"]())


def test_keep_longest_repairs_and_counts_split_by_split(load_rows):
    rows = [
        row("abcdef", "i", ("x", 0, 2), ("x", 0, 2), ("x", 0, 2), ("y", 4, 6)),
        row("abcdef", "i", ("short", 0, 2), ("long", 1, 5), ("tail", 4, 6)),
        row("abcdef", "i", ("first", 0, 3), ("second", 2, 5)),
        row("abcdef", "i", ("fine", 0, 1)),
    ]
    source = load_rows(*rows, overlaps="keep_longest")
    assert source.repairs == {}
    records = list(source.splits["train"]())
    assert [spans_of(record) for record in records] == [
        [("x", 0, 2), ("y", 4, 6)],
        [("long", 1, 5)],
        [("first", 0, 3)],
        [("fine", 0, 1)],
    ]
    assert source.repairs == {
        "train: exact repeats dropped": 2,
        "train: shorter overlapping spans dropped": 3,
    }
    assert list(source.splits["valid"]()) == []
    assert len(source.repairs) == 2


def test_a_span_outside_the_text_is_no_matter_of_repair(load_rows):
    source = load_rows(row("ab", "i", ("x", 0, 9), ("y", 0, 1)), overlaps="keep_longest")
    with pytest.raises(DataError, match=r"span x \[0, 9\) in a text of 2"):
        list(source.splits["train"]())


def test_a_collector_gets_every_bad_line_and_good_ones_are_read(load_rows):
    errors = []
    rows = [
        row("a"),
        "{\n",
        row("b", "i", ("x", 0, 5)),
        row("cd", "i", ("x", 0, 2), ("y", 1, 2)),
        row("e", ""),
        row("f"),
    ]
    source = load_rows(*rows, on_error=errors.append)
    assert [record["text"] for record in source.splits["train"]()] == ["a", "f"]
    assert [error.line for error in errors] == [2, 3, 4, 5]


# --- intents, whole files ---


def test_an_utterance_without_an_intent_is_rejected_or_given_one(write, make_settings):
    line = '{"text": "to Oslo", "slots": []}\n'
    files = {split: str(write(f"{split}.jsonl", line)) for split in ("train", "valid", "test")}
    with pytest.raises(DataError, match=r"train\.jsonl:1: it states no intent; expected one \(or"):
        list(load(make_settings({"files": files}).data).splits["train"]())
    given = load(make_settings({"files": files, "intent": "none"}).data)
    assert [record["intent"] for record in given.splits["train"]()] == ["none"]


def test_read_gives_the_training_file_as_it_stands(write, make_settings):
    rows = [row(f"text {n}", "i", ("x", 0, 4), ("y", 2, 6)) for n in range(30)]
    path = write("train.jsonl", "".join([*rows, row("a", "i", ("x", 0, 9))]))
    data = make_settings({"files": {"train": str(path)}, "intent": "none"}).data
    errors = []
    records = list(read(data, errors.append))
    assert [record["text"] for record in records] == [f"text {n}" for n in range(30)]
    assert spans_of(records[0]) == [("x", 0, 4), ("y", 2, 6)]
    assert [error.line for error in errors] == [31]


@pytest.mark.parametrize(
    ("slots", "shown", "fix", "safe"),
    [
        ([("x", 0, 3)], "[to ](x)Oslo", "[0, 2) 'to'", True),
        ([("x", 2, 3)], "to[ ](x)Oslo", "no such span", True),
        ([("x", 3, 9)], "to [Oslo](x)", "[3, 7) 'Oslo', if that is meant", False),
        ([("x", 8, 9)], "to Oslo[](x)", "", False),
        ([("x", 3, 7), ("x", 3, 7)], "to [Oslo](x)", "once x [3, 7)", True),
        ([("x", 3, 7), ("y", 3, 5)], "to [Os](y)lo", "one of the two", False),
    ],
)
def test_an_error_shows_the_span_and_a_fix(load_rows, slots, shown, fix, safe):
    with pytest.raises(RowError) as caught:
        list(load_rows(row("to Oslo", "i", *slots)).splits["train"]())
    error = caught.value
    assert (error.shown, error.fix, error.safe) == (shown, fix, safe)
