"""Every format written and read back: the same examples, or an error that says where."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import DataError, InputError
from pipeline.tasks.text_classification.detect import detect
from pipeline.tasks.text_classification.formats.values import label_column
from pipeline.tasks.text_classification.loader import read
from pipeline.tasks.text_classification.records import Example, check, from_record
from pipeline.tasks.text_classification.writer import WRITERS, write

NAMES = {
    "csv": "a.csv",
    "tsv": "a.tsv",
    "jsonl": "a.jsonl",
    "parquet": "a.parquet",
    "fasttext": "a.ft",
    "label_text": "a.txt",
}
PIECES = (
    *("Oslo", "北京", "👩‍👧", "null", "NA", "7", "__label__", "__label__x", "0", "#", "e\u0301"),
    *(" ", "  ", "\t", "\u3000", "\u00a0", "\u2028", "\x85", "\r", "\n", "\r\n", "\ufeff", "\x00"),
    *(",", ";", "|", '"', '""', "'", "\\", "{", "}", "[", "]", ":", "\x1c", "\x0b"),
)
texts = st.lists(st.sampled_from(PIECES), min_size=1, max_size=7).map("".join).filter(str.strip)
labels = st.lists(
    st.sampled_from(
        ("pos", "neg", "Sci/Tech", "two words", "a,b", "北京", "0", "\ufeffx", '"', "a\tb")
    ),
    max_size=3,
    unique=True,
).map(tuple)


def numbered(rows):
    rows = [Example(*row, f"source.x:{number}") for number, row in enumerate(rows, start=7)]
    for row in rows:
        check(row, multi_label=True)
    return rows


def written(rows, folder, format_):
    path = folder / NAMES[format_]
    assert write([row.to_record() for row in rows], path, format_, None) == format_
    return path


def refusal(rows, folder, format_):
    """What was raised instead of writing, if anything."""
    try:
        written(rows, folder, format_)
    except DataError as error:
        return error
    return None


@pytest.mark.parametrize("format_", WRITERS)
@settings(max_examples=60)
@given(rows=st.lists(st.tuples(texts, labels), max_size=4))
def test_what_is_written_is_read_back_or_refused_by_line(
    tmp_path_factory, make_data, format_, rows
):
    rows = numbered(rows)
    path = tmp_path_factory.getbasetemp() / NAMES[format_]
    if (error := refusal(rows, path.parent, format_)) is not None:
        assert format_ not in ("jsonl", "parquet")
        assert error.path == "source.x"
        assert 7 <= error.line < 7 + len(rows)
    if error is not None or not rows:
        return
    multi_label = any(len(row.labels) != 1 for row in rows)
    columns = {"label": label_column(multi_label)}
    data = make_data(format_, {"train": path}, columns=columns, multi_label=multi_label)
    found = [from_record(record) for record in read(data)]
    assert [(row.text, row.labels) for row in found] == [(row.text, row.labels) for row in rows]


PLAIN = [
    ("great film", ("pos",)),
    ("so so", ("neg",)),
    ('北京 it\'s, "fine"', ("pos",)),
    ("bad", ("neg",)),
]
SEVERAL = [
    ("great film", ("pos", "long")),
    ("so so", ()),
    ("fine", ("pos",)),
    ("bad", ("neg", "long")),
]


@pytest.mark.parametrize("format_", WRITERS)
@pytest.mark.parametrize("rows", [PLAIN, SEVERAL])
def test_what_is_written_is_guessed_and_read(tmp_path, make_data, format_, rows):
    if (format_, rows) == ("label_text", SEVERAL):
        return  # it cannot hold a text without labels
    path = written(numbered(rows), tmp_path, format_)
    found, _ = detect(path)
    assert found["format"] == format_
    records = list(read(make_data(found.pop("format"), found.pop("files"), **found)))
    assert [(r["text"], tuple(r["labels"])) for r in records] == rows


@pytest.mark.parametrize(
    ("format_", "row", "wrong"),
    [
        ("fasttext", ("a\nb", ("x",)), "fasttext cannot hold line breaks"),
        ("fasttext", ("a __label__b", ("x",)), "or __label__ in a text"),
        ("fasttext", ("a", ("two words",)), "spaces in a label"),
        ("fasttext", ("a\r", ("x",)), "fasttext cannot hold"),
        ("label_text", ("a\nb", ("x",)), "label_text cannot hold line breaks"),
        ("label_text", ("a", ("two words",)), "spaces in a label"),
        ("label_text", ("a", ()), "missing labels"),
        ("label_text", ("a", ("x,y", "z")), "or `,` in one of several"),
        ("csv", ("a", ("x,y", "z")), "the label 'x,y' holds the separator of labels in a cell"),
        (
            "label_text",
            ("a", ("\ufeffx",)),
            "label_text changes its labels from ['\\ufeffx'] to ['x']",
        ),
    ],
)
def test_what_a_format_cannot_hold_is_rejected_with_its_own_line(tmp_path, format_, row, wrong):
    rows = numbered([row, ("fine", ("x",))])
    with pytest.raises(DataError) as caught:
        written(rows, tmp_path, format_)
    assert wrong in str(caught.value)
    assert str(caught.value).startswith("source.x:7: ")


def test_the_ending_says_the_format_and_the_user_may(tmp_path):
    records = [Example("a b", ("x",), "s:1").to_record()]
    for format_, name in NAMES.items():
        if format_ != "label_text":
            assert write(records, tmp_path / name, None, None) == format_
    write(records, tmp_path / "b.txt", "label_text", None)
    assert (tmp_path / "b.txt").read_bytes() == b"x a b\n"
    assert (tmp_path / "a.csv").read_bytes() == b"text,label\na b,x\n"
    assert (tmp_path / "a.ft").read_bytes() == b"__label__x a b\n"
    assert (tmp_path / "a.jsonl").read_bytes() == b'{"text": "a b", "label": "x"}\n'
    with pytest.raises(
        InputError, match=r"a\.txt: its ending `\.txt` names no format; expected --to"
    ):
        write(records, tmp_path / "a.txt", None, None)
    with pytest.raises(InputError, match="format `folders`; expected --to with one of csv, tsv"):
        write(records, tmp_path / "a", "folders", None)
    with pytest.raises(InputError, match="--tags BIO: text classification has no tags"):
        write(records, tmp_path / "a.csv", None, "BIO")
